// The kernel: requests in, a table that says who answers each, replies and outputs out.
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace AdEMAMix.Notebooks;

/// <summary>Serves one front end's connection with a C# session, by Jupyter's messaging protocol 5.3.</summary>
/// <remarks>
/// Cells run one at a time in the order of their requests; interrupts and shutdowns come on a channel of their own and are served meanwhile.
/// The kernel ends when it is asked to, when the process that started it has ended, and on SIGTERM.
/// </remarks>
public sealed class JupyterKernel : IDisposable
{
    readonly KernelSockets _sockets;
    readonly CSharpSession _session;
    readonly CellExecution _execution;
    readonly ExecutionHistory _history = new();
    readonly Dictionary<string, Func<JupyterRequest, Task<JsonObject?>>> _shell;
    readonly Dictionary<string, Func<JupyterRequest, Task<JsonObject?>>> _control;
    readonly Channel<JupyterRequest> _shellQueue = Queue();
    readonly Channel<JupyterRequest> _controlQueue = Queue();
    readonly TaskCompletionSource _shutdown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly ConcurrentDictionary<string, TaskCompletionSource<string>> _questions = new(StringComparer.Ordinal);
    readonly Action<string> _log;

    /// <summary>Opens the sockets of a connection.</summary>
    /// <param name="connection">Where to listen, and the key.</param>
    /// <param name="directory">The notebook's folder.</param>
    /// <param name="log">Takes a line on every message that could not be used.</param>
    /// <exception cref="NotebookException">ZeroMQ is missing, or an address is taken.</exception>
    public JupyterKernel(ConnectionFile connection, string directory, Action<string> log)
    {
        ArgumentNullException.ThrowIfNull(connection);
        _log = log;
        _session = new CSharpSession(directory);
        _sockets = new KernelSockets(connection, Receive, log);
        _execution = new CellExecution(_session, _history, Publish, Asking, _sockets.Session);
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
        var assistance = new CodeAssistance(_session);
        _shell = new(StringComparer.Ordinal)
        {
            ["execute_request"] = async request => await _execution.RunAsync(request).ConfigureAwait(false),
            ["complete_request"] = Answered(request => assistance.Complete(request.Content)),
            ["inspect_request"] = Answered(request => assistance.Inspect(request.Content)),
            ["is_complete_request"] = Answered(request => assistance.IsComplete(request.Content)),
            ["history_request"] = Answered(request => _history.Answer(request.Content)),
            ["kernel_info_request"] = Answered(_ => KernelInfo.Reply()),
            ["comm_info_request"] = Answered(_ => new JsonObject { ["status"] = "ok", ["comms"] = new JsonObject() }),
            ["comm_open"] = Answered(RefuseComm),
            ["comm_msg"] = Answered(_ => null),
            ["comm_close"] = Answered(_ => null),
            ["interrupt_request"] = Answered(Interrupt),
            ["shutdown_request"] = Answered(Shutdown),
        };
        _control = new(StringComparer.Ordinal)
        {
            ["interrupt_request"] = _shell["interrupt_request"],
            ["shutdown_request"] = _shell["shutdown_request"],
            ["kernel_info_request"] = _shell["kernel_info_request"],
            ["debug_request"] = Answered(RefuseDebugging),
        };
    }

    /// <summary>Serves until the kernel is to end.</summary>
    public async Task RunAsync()
    {
        var terminal = Console.In;
        Console.SetIn(new CellInput());
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            _execution.Interrupt();
        });
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            _shutdown.TrySetResult();
        });
        using var ended = new CancellationTokenSource();
        try
        {
            _sockets.Start();
            _sockets.Send(KernelChannel.IOPub, new JupyterAnswer("status", new JsonObject { ["execution_state"] = "starting" }, null, Topic("status")));
            // The compiler loads while the front end still introduces itself. It is the session's own first cell: two compilations at
            // once would each make their own picture of the referenced assemblies, and later cells find every name twice.
            var ready = _session.ExecuteAsync("1", "warm-up", _ => { }, CancellationToken.None);
            var shell = Task.Run(() => ServeAsync(KernelChannel.Shell, _shellQueue.Reader, _shell, ready), CancellationToken.None);
            var control = Task.Run(() => ServeAsync(KernelChannel.Control, _controlQueue.Reader, _control, Task.CompletedTask), CancellationToken.None);
            await await Task.WhenAny(_shutdown.Task, ParentProcess.GoneAsync(ended.Token), shell, control).ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            Console.SetIn(terminal);
        }
    }

    /// <summary>Sends what is waiting and closes the sockets. A cell that still runs ends with the process.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        _sockets.Dispose();
    }

    // A cell that calls Environment.Exit: its last words are still sent.
    void OnProcessExit(object? sender, EventArgs e)
    {
        _session.Flush();
        _execution.Flush();
        _sockets.Dispose();
    }

    void Receive(KernelChannel channel, JupyterRequest request)
    {
        switch (channel)
        {
            case KernelChannel.Stdin when request.Header.Type == "input_reply":
                foreach (var (_, question) in _questions) question.TrySetResult(new ContentReader(request.Content).Text("value"));
                break;
            case KernelChannel.Shell when _shell.ContainsKey(request.Header.Type):
                _shellQueue.Writer.TryWrite(request);
                break;
            case KernelChannel.Control when _control.ContainsKey(request.Header.Type):
                _controlQueue.Writer.TryWrite(request);
                break;
            default:
                var type = request.Header.Type;
                throw new MessageException($"its type '{(type.Length > 40 ? type[..40] + "..." : type).ReplaceLineEndings(" ")}' is unknown here");
        }
    }

    async Task ServeAsync(KernelChannel channel, ChannelReader<JupyterRequest> requests, Dictionary<string, Func<JupyterRequest, Task<JsonObject?>>> handlers, Task ready)
    {
        await foreach (var request in requests.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            Publish(request, "status", new JsonObject { ["execution_state"] = "busy" });
            JsonObject? reply;
            try
            {
                if (request.Header.Type != "kernel_info_request") await ready.ConfigureAwait(false);
                reply = await handlers[request.Header.Type](request).ConfigureAwait(false);
            }
            catch (Exception problem) when (problem is not OutOfMemoryException)
            {
                // Whatever one request does to its handler, the next one is served.
                _log($"could not answer a {request.Header.Type}: {problem.Message}");
                reply = ErrorJson.Reply(CellErrors.OfEngine("the kernel", problem.Message));
            }
            if (reply is not null) _sockets.Send(channel, new JupyterAnswer(ReplyType(request.Header.Type), reply, request.Header, request.Peers));
            Publish(request, "status", new JsonObject { ["execution_state"] = "idle" });
            if (request.Header.Type == "shutdown_request") _shutdown.TrySetResult();
        }
    }

    static string ReplyType(string request) => request.Replace("_request", "_reply", StringComparison.Ordinal);

    void Publish(JupyterRequest cause, string type, JsonObject content) =>
        _sockets.Send(KernelChannel.IOPub, new JupyterAnswer(type, content, cause.Header, Topic(type)));

    byte[][] Topic(string type) => [Encoding.ASCII.GetBytes($"kernel.{_sockets.Session}.{type}")];

    AskReader Asking(JupyterRequest cell) => async (prompt, secret, cancellation) =>
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var id = Guid.NewGuid().ToString();
        _questions[id] = answer;
        try
        {
            _sockets.Send(KernelChannel.Stdin, new JupyterAnswer("input_request", new JsonObject { ["prompt"] = prompt, ["password"] = secret }, cell.Header, cell.Peers));
            return await answer.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _questions.TryRemove(id, out _);
        }
    };

    JsonObject Interrupt(JupyterRequest request)
    {
        _execution.Interrupt();
        return new JsonObject { ["status"] = "ok" };
    }

    static JsonObject Shutdown(JupyterRequest request) => new() { ["status"] = "ok", ["restart"] = new ContentReader(request.Content).Flag("restart", false) };

    JsonObject? RefuseComm(JupyterRequest request)
    {
        // The protocol's answer to a target that nobody registered.
        Publish(request, "comm_close", new JsonObject { ["comm_id"] = new ContentReader(request.Content).Text("comm_id"), ["data"] = new JsonObject() });
        return null;
    }

    static JsonObject RefuseDebugging(JupyterRequest request) => new()
    {
        ["type"] = "response",
        ["request_seq"] = request.Content["seq"]?.DeepClone() ?? 0,
        ["success"] = false,
        ["command"] = request.Content["command"]?.DeepClone() ?? "",
        ["message"] = "This kernel has no debugger.",
    };

    static Func<JupyterRequest, Task<JsonObject?>> Answered(Func<JupyterRequest, JsonObject?> answer) => request => Task.FromResult(answer(request));

    static Channel<JupyterRequest> Queue() => Channel.CreateUnbounded<JupyterRequest>(new UnboundedChannelOptions { SingleReader = true });
}
