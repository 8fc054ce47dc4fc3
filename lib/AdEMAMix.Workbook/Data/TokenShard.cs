using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AdEMAMix.Workbook;

/// <summary>One token file, mapped into memory: nothing is read before it is asked for.</summary>
sealed unsafe partial class TokenShard
{
    const int RandomAccessAdvice = 1; // MADV_RANDOM
    const int DontNeed = 4; // MADV_DONTNEED

    readonly SafeFileHandle handle;
    readonly MemoryMappedViewAccessor view;
    readonly byte* start;

    public TokenShard(string file)
    {
        Path = file;
        try
        {
            handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
            Bytes = RandomAccess.GetLength(handle);
            Span<byte> head = stackalloc byte[TokenFile.HeaderBytes];
            Layout = TokenFile.Read(file, Bytes, head[..RandomAccess.Read(handle, head, 0)]);
            using var map = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            view = map.CreateViewAccessor(0, Bytes, MemoryMappedFileAccess.Read);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The token file '{file}' cannot be read ({problem.Message.TrimEnd('.')}): make it readable, or correct the path.", problem);
        }
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        // Windows lie anywhere: reading ahead of each would fetch many times what is used.
        if (OperatingSystem.IsLinux()) _ = Advise((nint)start, (nuint)Bytes, RandomAccessAdvice);
    }

    // Unmapped when nothing refers to it any more: spans may be in use as long as something does.
    ~TokenShard()
    {
        if (start is not null) view.SafeMemoryMappedViewHandle.ReleasePointer();
    }

    public string Path { get; }

    public long Bytes { get; }

    public TokenFile Layout { get; }

    public long Length => Layout.Tokens;

    public ReadOnlySpan<ushort> Tokens(long first, int count)
    {
        // A page beyond the end of a file that has been cut kills the process; asking costs less than a microsecond.
        if (RandomAccess.GetLength(handle) != Bytes)
            throw new DataException($"The token file '{Path}' was changed while it was being read: put the old file back, or start a new run.");
        return new ReadOnlySpan<ushort>((ushort*)(start + Layout.Start) + first, count);
    }

    /// <summary>Gives the mapped pages back; the system's cache keeps what it likes, and what is read again is mapped again.</summary>
    public void Release()
    {
        if (OperatingSystem.IsLinux()) _ = Advise((nint)start, (nuint)Bytes, DontNeed);
    }

    /// <summary>Reads bytes past the mapping.</summary>
    public int Read(Span<byte> bytes, long offset) => RandomAccess.Read(handle, bytes, offset);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
