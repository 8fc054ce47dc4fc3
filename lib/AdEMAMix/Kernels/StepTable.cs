// All tensors of a step as one list of chunks, so that 200 small tensors cost one dispatch, not 200.
namespace AdEMAMix;

/// <summary>The rows of one step and their division into chunks; reused from step to step.</summary>
sealed class StepTable
{
    /// <summary>
    /// Elements per chunk: a multiple of a staged block; large enough that handing it out costs nothing,
    /// small enough that 25 million elements balance over any number of threads.
    /// </summary>
    public const int ChunkLength = 64 * StagedKernel.Block;

    StepEntry[] entries = [];
    Chunk[] chunks = [];

    /// <summary>Rows in use.</summary>
    public int Count { get; private set; }

    /// <summary>Chunks of all rows.</summary>
    public int ChunkCount { get; private set; }

    /// <summary>Elements of all rows.</summary>
    public long Elements { get; private set; }

    /// <summary>A row.</summary>
    public ref StepEntry this[int row] => ref entries[row];

    /// <summary>A chunk.</summary>
    public ref readonly Chunk ChunkAt(int index) => ref chunks[index];

    /// <summary>Forgets all rows.</summary>
    public void Clear() => (Count, ChunkCount, Elements) = (0, 0, 0);

    /// <summary>Appends an empty row of the given length, cut into chunks.</summary>
    public ref StepEntry Add(long length)
    {
        if (Count == entries.Length)
            Array.Resize(ref entries, Math.Max(16, 2 * Count));
        for (long start = 0; start < length; start += ChunkLength)
        {
            if (ChunkCount == chunks.Length)
                Array.Resize(ref chunks, Math.Max(64, 2 * ChunkCount));
            chunks[ChunkCount++] = new Chunk(Count, start, (int)Math.Min(ChunkLength, length - start));
        }
        Elements += length;
        entries[Count] = default;
        entries[Count].Length = length;
        return ref entries[Count++];
    }

    /// <summary>Runs the update of one chunk.</summary>
    public unsafe void Update(int index)
    {
        ref readonly var chunk = ref chunks[index];
        ref readonly var entry = ref entries[chunk.Row];
        entry.Kernel(in entry, chunk.Start, chunk.Length);
    }
}

/// <summary>Elements [Start, Start + Length) of a row.</summary>
readonly record struct Chunk(int Row, long Start, int Length);
