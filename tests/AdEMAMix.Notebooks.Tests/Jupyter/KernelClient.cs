// A front end in small: its own signing and framing, written from the protocol's description and not from the kernel's code.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks.Tests.Jupyter;

/// <summary>A message that the kernel sent.</summary>
sealed record Received(string Type, string? Parent, JsonObject Content);

/// <summary>A kernel in this process and a client connected to it.</summary>
sealed class KernelClient : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    const string KeyText = "a key of this test";

    readonly string _folder = Directory.CreateTempSubdirectory("kernel-").FullName;
    readonly nint _context;
    readonly JupyterKernel _kernel;
    readonly Dictionary<string, ZmqSocket> _sockets = [];
    readonly List<string> _log = [];
    int _count;

    public KernelClient(string transport = "tcp")
    {
        _context = ZeroMq.NewContext();
        var ports = transport == "tcp" ? FreePorts(5) : [1, 2, 3, 4, 5];
        var connection = ConnectionFile.Parse(new JsonObject
        {
            ["transport"] = transport,
            ["ip"] = transport == "tcp" ? "127.0.0.1" : Path.Combine(_folder, "socket"),
            ["shell_port"] = ports[0],
            ["iopub_port"] = ports[1],
            ["stdin_port"] = ports[2],
            ["control_port"] = ports[3],
            ["hb_port"] = ports[4],
            ["key"] = KeyText,
            ["signature_scheme"] = "hmac-sha256",
        }.ToJsonString(), "kernel.json");
        _kernel = new JupyterKernel(connection, _folder, line =>
        {
            lock (_log) _log.Add(line);
        });
        Ended = _kernel.RunAsync();
        foreach (var (name, kind, port) in new[] { ("shell", ZeroMq.Dealer, ports[0]), ("iopub", ZeroMq.Sub, ports[1]), ("stdin", ZeroMq.Dealer, ports[2]), ("control", ZeroMq.Dealer, ports[3]), ("heartbeat", 3, ports[4]) })
        {
            var socket = new ZmqSocket(_context, kind);
            // The front end's stdin and shell sockets carry one identity: that is how an answer finds the question.
            if (kind == ZeroMq.Dealer) ZeroMq.SetOption(socket.Handle, 5, "client"u8, 6);
            if (kind == ZeroMq.Sub) socket.SubscribeToAll();
            socket.Connect(connection.Address(port));
            _sockets[name] = socket;
        }
        // A subscription takes a moment to arrive; the first answer that is heard on iopub shows that it has.
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var id = Send("shell", "kernel_info_request", []);
            Reply(id);
            if (TryReceive("iopub", TimeSpan.FromMilliseconds(100)) is not null) break;
            Assert.True(clock.Elapsed < Patience, "the kernel is not heard on iopub");
        }
        while (TryReceive("iopub", TimeSpan.FromMilliseconds(50)) is not null) { }
    }

    /// <summary>Completes when the kernel has stopped serving.</summary>
    public Task Ended { get; }

    public string[] Log
    {
        get
        {
            lock (_log) return [.. _log];
        }
    }

    public string Send(string channel, string type, JsonObject content)
    {
        var id = $"message-{++_count}";
        SendFrames(channel, Request(id, type, content));
        return id;
    }

    public static List<byte[]> Request(string id, string type, JsonObject content)
    {
        byte[][] parts =
        [
            Encoding.UTF8.GetBytes(new JsonObject { ["msg_id"] = id, ["msg_type"] = type, ["session"] = "test", ["username"] = "test", ["date"] = "2026-01-01T00:00:00Z", ["version"] = "5.3" }.ToJsonString()),
            "{}"u8.ToArray(), "{}"u8.ToArray(), Encoding.UTF8.GetBytes(content.ToJsonString()),
        ];
        return ["<IDS|MSG>"u8.ToArray(), Encoding.ASCII.GetBytes(Sign(parts)), .. parts];
    }

    public void SendFrames(string channel, IReadOnlyList<byte[]> frames) => _sockets[channel].Send(frames);

    static string Sign(IEnumerable<byte[]> parts) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(KeyText), parts.SelectMany(part => part).ToArray()));

    public Received? TryReceive(string channel, TimeSpan patience)
    {
        if (TryReceiveFrames(channel, patience) is not { } frames) return null;
        var start = frames.FindIndex(frame => frame.AsSpan().SequenceEqual("<IDS|MSG>"u8)) + 1;
        Assert.Equal(Sign(frames.Skip(start + 1).Take(4)), Encoding.ASCII.GetString(frames[start]));
        var header = JsonNode.Parse(frames[start + 1])!;
        return new Received(header["msg_type"]!.ToString(), JsonNode.Parse(frames[start + 2])?["msg_id"]?.ToString(), JsonNode.Parse(frames[start + 4])!.AsObject());
    }

    public List<byte[]>? TryReceiveFrames(string channel, TimeSpan patience)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (_sockets[channel].TryReceive(out var frames)) return frames;
            var left = patience - clock.Elapsed;
            if (left <= TimeSpan.Zero) return null;
            _ = ZeroMq.Poll([new ZeroMq.PollItem { Socket = _sockets[channel].Handle, Events = ZeroMq.PollIn }], 1, (nint)left.TotalMilliseconds + 1);
        }
    }

    public Received Receive(string channel) => TryReceive(channel, Patience) ?? throw new TimeoutException($"nothing came on {channel}; the kernel's log: {string.Join(" | ", Log)}");

    /// <summary>The reply to one request.</summary>
    public JsonObject Reply(string id, string channel = "shell")
    {
        while (true)
            if (Receive(channel) is { } message && message.Parent == id) return message.Content;
    }

    /// <summary>The next output of one request that <paramref name="wanted"/> describes.</summary>
    public Received Output(string id, Func<Received, bool> wanted)
    {
        while (true)
            if (Receive("iopub") is { } message && message.Parent == id && wanted(message)) return message;
    }

    /// <summary>Everything that one request puts out, from busy to idle.</summary>
    public List<Received> Outputs(string id)
    {
        var outputs = new List<Received>();
        while (true)
        {
            var message = Receive("iopub");
            if (message.Parent != id) continue;
            if (message is { Type: "status" } && message.Content["execution_state"]!.ToString() == "idle") return outputs;
            if (message.Type != "status") outputs.Add(message);
        }
    }

    public string Execute(string code, JsonObject? more = null)
    {
        var content = new JsonObject { ["code"] = code, ["silent"] = false, ["store_history"] = true, ["user_expressions"] = new JsonObject(), ["allow_stdin"] = true, ["stop_on_error"] = true };
        foreach (var (name, value) in more ?? []) content[name] = value?.DeepClone();
        return Send("shell", "execute_request", content);
    }

    /// <summary>Runs a cell to its end.</summary>
    public (JsonObject Reply, List<Received> Outputs) Run(string code, JsonObject? more = null)
    {
        var id = Execute(code, more);
        return (Reply(id), Outputs(id));
    }

    public JsonObject Ask(string type, JsonObject content, string channel = "shell") => Reply(Send(channel, type, content), channel);

    public void Dispose()
    {
        if (!Ended.IsCompleted)
        {
            Send("control", "interrupt_request", []);
            Send("control", "shutdown_request", new JsonObject { ["restart"] = false });
            Assert.True(Ended.Wait(Patience));
        }
        _kernel.Dispose();
        foreach (var socket in _sockets.Values) socket.Dispose();
        _ = ZeroMq.EndContext(_context);
        Directory.Delete(_folder, recursive: true);
    }

    static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners) listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners) listener.Dispose();
        return ports;
    }
}
