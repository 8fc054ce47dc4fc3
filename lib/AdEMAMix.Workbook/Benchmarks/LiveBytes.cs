using System.Runtime.InteropServices;

namespace AdEMAMix.Workbook;

/// <summary>The most that glibc's allocator, libtorch's on the CPU, had given out since this began, looked at about once a millisecond.</summary>
sealed partial class LiveBytes : IDisposable
{
    readonly long before = Now();
    readonly CancellationTokenSource over = new();
    readonly Thread watch;
    long most;

    public LiveBytes()
    {
        watch = new Thread(() =>
        {
            while (!over.IsCancellationRequested)
            {
                most = Math.Max(most, Now());
                Thread.Sleep(1);
            }
        })
        { IsBackground = true };
        watch.Start();
    }

    /// <summary>The most since the beginning, less what was given out then; it ends the watch.</summary>
    public long Growth()
    {
        over.Cancel();
        watch.Join();
        return most - before;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        over.Cancel();
        watch.Join();
        over.Dispose();
    }

    static long Now()
    {
        var info = Mallinfo();
        return (long)(info.UsedInHeap + info.Mapped);
    }

    // struct mallinfo2 of malloc.h.
    [StructLayout(LayoutKind.Sequential)]
    struct MallocInfo
    {
        public nuint Heap, FreeChunks, FastChunks, MappedChunks, Mapped, Unused, FastBytes, UsedInHeap, FreeInHeap, Top;
    }

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    private static partial MallocInfo Mallinfo();
}
