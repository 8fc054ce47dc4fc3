// One ZeroMQ socket, for one thread: whole messages in, whole messages out.
using System.Globalization;
using System.Runtime.InteropServices;

namespace AdEMAMix.Notebooks;

/// <summary>A socket. All calls come from one thread, as ZeroMQ demands.</summary>
sealed class ZmqSocket : IDisposable
{
    /// <summary>What one message may hold in all. A cell's text or a widget's state is far below; ZeroMQ itself would take anything.</summary>
    public const int ByteLimit = 64 << 20;

    // Past this a peer is cut off by the library, before the bytes are in memory.
    const long PartLimit = 256L << 20;
    const int FrameLimit = 1024;

    // What is still to be sent when the process ends, for example the reply to a shutdown, gets this long.
    static readonly TimeSpan SendOff = TimeSpan.FromSeconds(1);

    public ZmqSocket(nint context, int kind)
    {
        Handle = ZeroMq.NewSocket(context, kind);
        if (Handle == 0) throw Failed("open a socket");
        Set(ZeroMq.Linger, (int)SendOff.TotalMilliseconds);
        Set(ZeroMq.IPv6, 1);
        // A front end that reads slowly must not lose the message that says that the cell ended.
        Set(ZeroMq.SendHighWater, 0);
        Set(ZeroMq.MaxMessageSize, PartLimit);
        if (kind == ZeroMq.Router) Set(ZeroMq.RouterHandover, 1);
    }

    /// <summary>The native handle, for a poll.</summary>
    public nint Handle { get; private set; }

    /// <summary>Listens.</summary>
    /// <exception cref="NotebookException">The address is taken or not to be had.</exception>
    public void Bind(string address)
    {
        if (ZeroMq.Bind(Handle, address) != 0) throw Failed($"listen at {address}");
    }

    /// <summary>Connects, as a front end does.</summary>
    public void Connect(string address)
    {
        if (ZeroMq.Connect(Handle, address) != 0) throw Failed($"connect to {address}");
    }

    public void Set(int option, int value)
    {
        if (ZeroMq.SetOption(Handle, option, BitConverter.GetBytes(value), sizeof(int)) != 0) throw Failed($"set option {option.ToString(CultureInfo.InvariantCulture)}");
    }

    void Set(int option, long value)
    {
        if (ZeroMq.SetOption(Handle, option, BitConverter.GetBytes(value), sizeof(long)) != 0) throw Failed($"set option {option.ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>Takes every message of a SUB socket's peers.</summary>
    public void SubscribeToAll()
    {
        if (ZeroMq.SetOption(Handle, ZeroMq.Subscribe, [], 0) != 0) throw Failed("subscribe");
    }

    /// <summary>Sends a message. Peers that are gone lose theirs, which is no error here.</summary>
    public void Send(IReadOnlyList<byte[]> frames)
    {
        for (var i = 0; i < frames.Count; i++)
        {
            var flags = i + 1 < frames.Count ? ZeroMq.SendMore : 0;
            while (ZeroMq.Send(Handle, frames[i], (nuint)frames[i].Length, flags) < 0)
                if (Marshal.GetLastPInvokeError() != ZeroMq.Interrupted) return;
        }
    }

    /// <summary>The next message, or false where none is there yet. <paramref name="frames"/> is null for one that is too large to look at.</summary>
    public unsafe bool TryReceive(out List<byte[]>? frames)
    {
        frames = [];
        long bytes = 0;
        for (var first = true; ; first = false)
        {
            var part = default(ZeroMq.Part);
            _ = ZeroMq.InitPart(ref part);
            try
            {
                while (ZeroMq.ReceivePart(ref part, Handle, ZeroMq.DontWait) < 0)
                    if (Marshal.GetLastPInvokeError() != ZeroMq.Interrupted) return !first;
                var size = ZeroMq.PartSize(ref part);
                bytes += (long)size;
                if (bytes > ByteLimit || frames?.Count == FrameLimit) frames = null;
                frames?.Add(new ReadOnlySpan<byte>((void*)ZeroMq.PartData(ref part), (int)size).ToArray());
                if (ZeroMq.PartMore(ref part) == 0) return true;
            }
            finally
            {
                _ = ZeroMq.ClosePart(ref part);
            }
        }
    }

    public void Dispose()
    {
        if (Handle != 0) _ = ZeroMq.Close(Handle);
        Handle = 0;
    }

    static NotebookException Failed(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        var remedy = error == ZeroMq.AddressInUse ? "start the kernel again, which chooses other ports" : "start the kernel again";
        return new NotebookException($"The kernel could not {what} ({ZeroMq.Message(error)}): {remedy}.");
    }
}
