// The five sockets of a kernel, and the one thread that touches them.
using System.Collections.Concurrent;

namespace AdEMAMix.Notebooks;

/// <summary>The channels on which messages go in or out. (The fifth socket, the heartbeat, only echoes.)</summary>
enum KernelChannel
{
    Shell,
    Control,
    Stdin,
    IOPub,
}

/// <summary>Listens, hands on what is signed and whole, drops the rest with a line in the log, and sends what any thread gives it.</summary>
sealed class KernelSockets : IDisposable
{
    // A flood on one socket must not keep the others waiting.
    const int TurnLimit = 64;

    readonly nint _context;
    readonly ZmqSocket[] _sockets;
    readonly ZmqSocket _heartbeat;
    readonly MessageFormat _format;
    readonly Action<KernelChannel, JupyterRequest> _receive;
    readonly Action<string> _log;
    readonly ConcurrentQueue<(KernelChannel Channel, JupyterAnswer Answer)> _outgoing = new();
    readonly WakeUp _wake = new();
    readonly Thread _thread;
    volatile bool _ending;
    bool _disposed;

    /// <summary>Opens the sockets; messages come in from <see cref="Start"/> on.</summary>
    /// <param name="connection">Where, and the key.</param>
    /// <param name="receive">Takes requests on the sockets' thread; it must be quick.</param>
    /// <param name="log">Takes a line on every message that was dropped.</param>
    /// <exception cref="NotebookException">ZeroMQ is missing or an address is taken.</exception>
    public KernelSockets(ConnectionFile connection, Action<KernelChannel, JupyterRequest> receive, Action<string> log)
    {
        _format = new MessageFormat(connection.Key);
        _receive = receive;
        _log = log;
        _context = ZeroMq.NewContext();
        _sockets = [Listen(ZeroMq.Router, connection.ShellPort), Listen(ZeroMq.Router, connection.ControlPort), Listen(ZeroMq.Router, connection.StdinPort), Listen(ZeroMq.Pub, connection.IOPubPort)];
        _heartbeat = Listen(ZeroMq.Rep, connection.HeartbeatPort);
        _thread = new Thread(Run) { Name = "jupyter sockets", IsBackground = true };

        ZmqSocket Listen(int kind, int port)
        {
            var socket = new ZmqSocket(_context, kind);
            socket.Bind(connection.Address(port));
            return socket;
        }
    }

    /// <summary>The kernel's own id.</summary>
    public string Session => _format.Session;

    /// <summary>Begins to receive and send.</summary>
    public void Start() => _thread.Start();

    /// <summary>Sends a message; from any thread, in the order of the calls.</summary>
    public void Send(KernelChannel channel, JupyterAnswer answer)
    {
        _outgoing.Enqueue((channel, answer));
        _wake.Ring();
    }

    /// <summary>Sends what is waiting and closes.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true)) return;
        _ending = true;
        _wake.Ring();
        if (_thread.IsAlive) _thread.Join();
        foreach (var socket in _sockets) socket.Dispose();
        _heartbeat.Dispose();
        _ = ZeroMq.EndContext(_context);
        _wake.Dispose();
    }

    void Run()
    {
        KernelChannel[] incoming = [KernelChannel.Control, KernelChannel.Shell, KernelChannel.Stdin];
        var items = new ZeroMq.PollItem[incoming.Length + 2];
        for (var i = 0; i < incoming.Length; i++) items[i] = new ZeroMq.PollItem { Socket = _sockets[(int)incoming[i]].Handle, Events = ZeroMq.PollIn };
        items[^2] = new ZeroMq.PollItem { Socket = _heartbeat.Handle, Events = ZeroMq.PollIn };
        items[^1] = new ZeroMq.PollItem { Descriptor = _wake.Descriptor, Events = ZeroMq.PollIn };
        while (true)
        {
            _ = ZeroMq.Poll(items, items.Length, -1);
            // The order matters: a message that is queued after the last look rings again.
            _wake.Clear();
            var ending = _ending;
            while (_outgoing.TryDequeue(out var item)) _sockets[(int)item.Channel].Send(_format.Write(item.Answer));
            if (ending) return;
            if (items[^2].Returned != 0) Echo();
            for (var i = 0; i < incoming.Length; i++)
                if (items[i].Returned != 0) Receive(incoming[i]);
        }
    }

    void Echo()
    {
        if (_heartbeat.TryReceive(out var frames)) _heartbeat.Send(frames is { Count: > 0 } ? frames : [[]]);
    }

    void Receive(KernelChannel channel)
    {
        for (var i = 0; i < TurnLimit && _sockets[(int)channel].TryReceive(out var frames); i++)
        {
            try
            {
                if (frames is null) throw new MessageException($"it is larger than {ZmqSocket.ByteLimit >> 20} MB");
                _receive(channel, _format.Parse(frames));
            }
            catch (MessageException problem)
            {
                _log($"dropped a message on {channel.ToString().ToLowerInvariant()}: {problem.Message}");
            }
        }
    }
}
