// One optimizer's steps on one GPU: at most three launches each, and no waiting.
using System.Runtime.InteropServices;

namespace AdEMAMix;

/// <summary>
/// Gathers the tensors of a step, then: sums of squares per chunk, the clipping factor, the update. The first two only where
/// the step clips. Everything is queued on libtorch's stream; the program goes on at once.
/// </summary>
/// <remarks>Proven by running the kernels as plain C++ under a stand-in for the driver; never run on a device so far.</remarks>
sealed unsafe class CudaStep(CudaDevice device) : IDisposable
{
    // BLOCK and REDUCE_BLOCK of ademamix.cu.
    internal const int Block = 256;
    internal const int ReduceBlock = 1024;

    readonly CudaTable table = new();
    readonly DeviceTable rows = new(device);
    readonly DeviceTable chunks = new(device);
    readonly HashSet<CudaKind> refused = [];
    CudaKernels? kernels;
    int compiled;
    double[] hostSums = [];
    ulong sums;
    ulong clip;
    int sumsCapacity;
    bool clipped;

    /// <summary>Frees what was not disposed.</summary>
    ~CudaStep() => Free();

    /// <summary>Rows of the step in hand.</summary>
    public int Count => table.Count;

    /// <summary>Launches so far, of all steps.</summary>
    public long Launches { get; private set; }

    /// <summary>Times that a table was sent to the device.</summary>
    public long Uploads { get; private set; }

    /// <summary>Appends a tensor; false where its kind did not compile before.</summary>
    public bool TryAdd(in StepEntry entry, string rule, out int row)
    {
        row = -1;
        var kind = CudaKind.Of(entry, rule);
        if (refused.Contains(kind))
            return false;
        row = table.Add(entry, kind);
        return true;
    }

    /// <summary>Compiles what is new among the rows; once for all of them, as a rule in the first step.</summary>
    /// <exception cref="CudaException">It does not compile; the new kinds will be refused from now on.</exception>
    public void Compile()
    {
        if (table.Kinds.Count == compiled)
            return;
        try
        {
            kernels = device.Compile(table.Kinds);
            compiled = table.Kinds.Count;
        }
        catch (CudaException)
        {
            refused.UnionWith(table.Kinds.Skip(compiled));
            table.Clear();
            table.KeepKinds(compiled);
            throw;
        }
    }

    /// <summary>Brings the tables to the device.</summary>
    /// <exception cref="CudaException">There is no memory for them.</exception>
    public void Upload()
    {
        clipped = false;
        if (Count == 0)
            return;
        using var entered = device.Enter();
        Uploads += rows.Upload(MemoryMarshal.AsBytes(table.Rows)) ? 1 : 0;
        Uploads += chunks.Upload(MemoryMarshal.AsBytes(table.Chunks)) ? 1 : 0;
        if (clip == 0)
            clip = device.Driver.Allocate(2 * sizeof(double));
        if (sumsCapacity >= table.ChunkCount)
            return;
        device.Driver.Synchronize();
        if (sums != 0)
            device.Driver.Free(sums);
        (sums, sumsCapacity) = (0, 0);
        var capacity = Math.Max(1024, 2 * table.ChunkCount);
        sums = device.Driver.Allocate(capacity * sizeof(double));
        sumsCapacity = capacity;
    }

    /// <summary>Queues the sums of squares of all gradients, per chunk.</summary>
    public void Measure()
    {
        var (rowTable, chunkTable, result) = (rows.Address, chunks.Address, sums);
        var arguments = stackalloc void*[] { &rowTable, &chunkTable, &result };
        Launch(kernels!.SumSquares, table.ChunkCount, Block, arguments);
    }

    /// <summary>Queues the clipping factor, for the update to read on the device.</summary>
    public void Clip(double limit)
    {
        var (partial, count, result) = (sums, table.ChunkCount, clip);
        var arguments = stackalloc void*[] { &partial, &count, &limit, &result };
        Launch(kernels!.ClipFactor, 1, ReduceBlock, arguments);
        clipped = true;
    }

    /// <summary>Queues the update; gradients are scaled by what <see cref="Clip"/> left on the device, or else by <paramref name="scale"/>.</summary>
    public void Update(double scale)
    {
        var (rowTable, chunkTable, factor) = (rows.Address, chunks.Address, clipped ? clip : 0);
        var arguments = stackalloc void*[] { &rowTable, &chunkTable, &factor, &scale };
        Launch(kernels!.Update, table.ChunkCount, Block, arguments);
    }

    /// <summary>Waits for the sums of <see cref="Measure"/> and adds them up per row, in the order of the chunks.</summary>
    public double[] ReadRowSums()
    {
        if (hostSums.Length < table.ChunkCount)
            hostSums = new double[Math.Max(table.ChunkCount, 2 * hostSums.Length)];
        using (device.Enter())
            fixed (double* target = hostSums)
                device.Driver.CopyToHost(target, sums, (long)table.ChunkCount * sizeof(double));
        var result = new double[Count];
        for (var i = 0; i < table.ChunkCount; i++)
            result[table.Chunks[i].Row] += hostSums[i];
        return result;
    }

    /// <summary>Waits for the norm that the last <see cref="Clip"/> computed; null where the last step did not clip on the device.</summary>
    public double? ReadNorm()
    {
        if (!clipped)
            return null;
        var values = stackalloc double[2];
        using (device.Enter())
            device.Driver.CopyToHost(values, clip, 2 * sizeof(double));
        return values[1];
    }

    /// <summary>Forgets the rows; the norm stays readable.</summary>
    public void Clear() => table.Clear();

    /// <summary>Frees the device's memory, after it has done what was queued.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void Free()
    {
        try
        {
            using var entered = device.Enter();
            rows.Free();
            chunks.Free();
            foreach (var address in (ulong[])[sums, clip])
                if (address != 0)
                    device.Driver.Free(address);
        }
        catch (CudaException)
        {
            // A device that has failed frees nothing any more; the step that failed has said so.
        }
        (sums, clip, sumsCapacity, clipped) = (0, 0, 0, false);
    }

    void Launch(nint kernel, int blocks, int threads, void** arguments)
    {
        using var entered = device.Enter();
        device.Driver.Launch(kernel, blocks, threads, arguments);
        Launches++;
    }
}
