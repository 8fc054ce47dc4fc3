// Threads over chunks. Which thread does a chunk never changes its result.
namespace AdEMAMix;

/// <summary>
/// Work on numbered chunks, shared by the calling thread and the thread pool. The caller works too and waits only for
/// chunks that somebody has begun, so a busy pool slows a step down but never stops it.
/// </summary>
sealed class ChunkCrew : IThreadPoolWorkItem
{
    /// <summary>Under this many elements per thread, waking a second thread costs more than it saves.</summary>
    const long ElementsPerThread = 32 * 1024;

    readonly Action<int> work;
    readonly int count;
    int next;
    int done;

    ChunkCrew(Action<int> work, int count) => (this.work, this.count) = (work, count);

    /// <summary>Runs <paramref name="work"/> for every chunk in [0, <paramref name="count"/>).</summary>
    public static void Run(Action<int> work, int count, long elements, int threads)
    {
        threads = (int)Math.Min(Math.Min(threads, count), elements / ElementsPerThread);
        if (threads <= 1)
        {
            for (var i = 0; i < count; i++)
                work(i);
            return;
        }

        var crew = new ChunkCrew(work, count);
        for (var i = 1; i < threads; i++)
            ThreadPool.UnsafeQueueUserWorkItem(crew, preferLocal: false);
        crew.Execute();
        var spin = new SpinWait();
        while (Volatile.Read(ref crew.done) < count)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    /// <inheritdoc/>
    public void Execute()
    {
        for (var i = Interlocked.Increment(ref next) - 1; i < count; i = Interlocked.Increment(ref next) - 1)
        {
            work(i);
            Interlocked.Increment(ref done);
        }
    }
}
