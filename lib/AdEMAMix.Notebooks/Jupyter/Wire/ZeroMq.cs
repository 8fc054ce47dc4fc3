// The part of libzmq's C interface that a kernel needs, as the library declares it.
using System.Runtime.InteropServices;

namespace AdEMAMix.Notebooks;

/// <summary>Calls into the system's libzmq.</summary>
static partial class ZeroMq
{
    const string Library = "libzmq.so.5";

    // Kinds of sockets.
    public const int Pub = 1;
    public const int Sub = 2;
    public const int Rep = 4;
    public const int Dealer = 5;
    public const int Router = 6;

    // Options of sockets.
    public const int Subscribe = 6;
    public const int Linger = 17;
    public const int MaxMessageSize = 22;
    public const int SendHighWater = 23;
    public const int ReceiveHighWater = 24;
    public const int IPv6 = 42;
    public const int RouterHandover = 56;

    // Flags of sends and receives, and the event of a poll.
    public const int DontWait = 1;
    public const int SendMore = 2;
    public const short PollIn = 1;

    // Values of errno.
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int AddressInUse = 98;

    /// <summary>One message part; the size and alignment that zmq.h promises.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct Part
    {
        fixed ulong _opaque[8];
    }

    /// <summary>What a poll watches: a socket, or a file descriptor where <see cref="Socket"/> is 0.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollItem
    {
        public nint Socket;
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    /// <summary>A new context; says what to install where the library is missing.</summary>
    /// <exception cref="NotebookException">libzmq is not on this machine.</exception>
    public static nint NewContext()
    {
        try
        {
            return zmq_ctx_new();
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new NotebookException($"ZeroMQ ({Library}), over which a Jupyter kernel talks, is not installed: run 'environment/workbook kernel install', or install Debian's package libzmq5.", e);
        }
    }

    /// <summary>The library's words for an errno.</summary>
    public static string Message(int errno) => Marshal.PtrToStringUTF8(zmq_strerror(errno)) ?? $"error {errno}";

    [LibraryImport(Library)]
    private static partial nint zmq_ctx_new();

    [LibraryImport(Library)]
    private static partial nint zmq_strerror(int errno);

    [LibraryImport(Library, EntryPoint = "zmq_ctx_term")]
    public static partial int EndContext(nint context);

    [LibraryImport(Library, EntryPoint = "zmq_socket", SetLastError = true)]
    public static partial nint NewSocket(nint context, int kind);

    [LibraryImport(Library, EntryPoint = "zmq_close")]
    public static partial int Close(nint socket);

    [LibraryImport(Library, EntryPoint = "zmq_bind", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Bind(nint socket, string address);

    [LibraryImport(Library, EntryPoint = "zmq_connect", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Connect(nint socket, string address);

    [LibraryImport(Library, EntryPoint = "zmq_setsockopt", SetLastError = true)]
    public static partial int SetOption(nint socket, int option, ReadOnlySpan<byte> value, nuint length);

    [LibraryImport(Library, EntryPoint = "zmq_send", SetLastError = true)]
    public static partial int Send(nint socket, ReadOnlySpan<byte> data, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "zmq_poll", SetLastError = true)]
    public static partial int Poll(Span<PollItem> items, int count, nint milliseconds);

    [LibraryImport(Library, EntryPoint = "zmq_msg_init")]
    public static partial int InitPart(ref Part part);

    [LibraryImport(Library, EntryPoint = "zmq_msg_recv", SetLastError = true)]
    public static partial int ReceivePart(ref Part part, nint socket, int flags);

    [LibraryImport(Library, EntryPoint = "zmq_msg_data")]
    public static partial nint PartData(ref Part part);

    [LibraryImport(Library, EntryPoint = "zmq_msg_size")]
    public static partial nuint PartSize(ref Part part);

    [LibraryImport(Library, EntryPoint = "zmq_msg_more")]
    public static partial int PartMore(ref Part part);

    [LibraryImport(Library, EntryPoint = "zmq_msg_close")]
    public static partial int ClosePart(ref Part part);
}
