// The rows of a step on one device and their division into chunks, as the kernels will read them. Plain memory, no device.
namespace AdEMAMix;

/// <summary>Rows, chunks and the kinds among them; reused from step to step.</summary>
sealed unsafe class CudaTable
{
    /// <summary>
    /// Elements per thread block: CHUNK of ademamix.cu. Small enough that 25 million elements make many waves of blocks and
    /// leave no processor idle at the end, and a multiple of a quantization block.
    /// </summary>
    public const int ChunkLength = 4096;

    readonly List<CudaKind> kinds = [];
    TensorRow[] rows = [];
    DeviceChunk[] chunks = [];

    /// <summary>Rows in use.</summary>
    public int Count { get; private set; }

    /// <summary>Chunks of all rows.</summary>
    public int ChunkCount { get; private set; }

    /// <summary>The kinds met so far, in this step or an earlier one.</summary>
    public IReadOnlyList<CudaKind> Kinds => kinds;

    /// <summary>The rows.</summary>
    public ReadOnlySpan<TensorRow> Rows => rows.AsSpan(0, Count);

    /// <summary>The chunks, in the order of the rows.</summary>
    public ReadOnlySpan<DeviceChunk> Chunks => chunks.AsSpan(0, ChunkCount);

    /// <summary>Forgets the rows; the kinds stay.</summary>
    public void Clear() => (Count, ChunkCount) = (0, 0);

    /// <summary>Forgets all but the first kinds.</summary>
    public void KeepKinds(int count) => kinds.RemoveRange(count, kinds.Count - count);

    /// <summary>Appends an entry and returns its row.</summary>
    public int Add(in StepEntry entry, CudaKind kind)
    {
        var number = kinds.IndexOf(kind);
        if (number < 0)
        {
            number = kinds.Count;
            kinds.Add(kind);
        }
        if (Count == rows.Length)
            Array.Resize(ref rows, Math.Max(16, 2 * Count));
        for (long start = 0; start < entry.Length; start += ChunkLength)
        {
            if (ChunkCount == chunks.Length)
                Array.Resize(ref chunks, Math.Max(64, 2 * ChunkCount));
            chunks[ChunkCount++] = new DeviceChunk { Start = start, Row = Count, Length = (int)Math.Min(ChunkLength, entry.Length - start) };
        }
        rows[Count] = new TensorRow
        {
            Theta = ToDevice(entry.Theta),
            Gradient = ToDevice(entry.Gradient),
            A = ToDevice(entry.A),
            B = ToDevice(entry.B),
            C = ToDevice(entry.C),
            Scalars = entry.Scalars,
            Length = entry.Length,
            Kind = number,
        };
        return Count++;
    }

    static DeviceArray ToDevice(in ArrayView view) => new() { Data = view.Data, Scales = view.Scales, RandomKey = view.RandomKey, Format = (uint)view.Format };
}
