// How other threads wake the one that waits for messages.
using System.Runtime.InteropServices;

namespace AdEMAMix.Notebooks;

/// <summary>A Linux event counter: one thread polls <see cref="Descriptor"/>, any thread may <see cref="Ring"/>.</summary>
sealed partial class WakeUp : IDisposable
{
    const int NonBlocking = 0x800;
    const int CloseOnExec = 0x80000;

    readonly Lock _gate = new();
    bool _closed;

    public WakeUp() => Descriptor = EventFd(0, NonBlocking | CloseOnExec);

    public int Descriptor { get; }

    public void Ring()
    {
        // A cell may still write when the kernel ends; the descriptor's number may by then be another file's.
        lock (_gate)
            if (!_closed) _ = Write(Descriptor, BitConverter.GetBytes(1L), sizeof(long));
    }

    /// <summary>Forgets the rings so far.</summary>
    public void Clear() => _ = Read(Descriptor, new byte[sizeof(long)], sizeof(long));

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_closed) _ = Close(Descriptor);
            _closed = true;
        }
    }

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int EventFd(uint start, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int descriptor, ReadOnlySpan<byte> data, nuint count);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, Span<byte> data, nuint count);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
