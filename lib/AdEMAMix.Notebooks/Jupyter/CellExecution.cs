// execute_request: runs cells one after the other on the session, publishes what they put out, and stops them.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>Runs the cells of one kernel.</summary>
/// <param name="session">The C# that they run on.</param>
/// <param name="history">Remembers them.</param>
/// <param name="publish">Sends a message on iopub under a request's header.</param>
/// <param name="ask">Asks the front end of a request.</param>
/// <param name="kernelId">The kernel's own id.</param>
sealed class CellExecution(
    CSharpSession session,
    ExecutionHistory history,
    Action<JupyterRequest, string, JsonObject> publish,
    Func<JupyterRequest, AskReader> ask,
    string kernelId)
{
    readonly Lock _gate = new();
    CancellationTokenSource? _running;
    CellPublisher? _publisher;
    long _failed;
    int _count;

    /// <summary>Stops the cell that runs, if one does.</summary>
    public void Interrupt()
    {
        lock (_gate) _running?.Cancel();
    }

    /// <summary>Sends what the running cell has written so far: the process ends.</summary>
    public void Flush() => _publisher?.Flush();

    /// <summary>Runs a cell; the result is the reply's content.</summary>
    public async Task<JsonObject> RunAsync(JupyterRequest message)
    {
        var request = ExecuteRequest.Read(message.Content);
        // What was waiting when a cell failed is not run; its reader sees the failure first.
        if (message.Arrived < _failed) return new JsonObject { ["status"] = "aborted", ["execution_count"] = _count };
        if (request.StoreHistory) _count++;
        var count = _count;
        if (!request.Silent) publish(message, "execute_input", new JsonObject { ["code"] = request.Code, ["execution_count"] = count });

        using var stop = new CancellationTokenSource();
        lock (_gate) _running = stop;
        try
        {
            var publisher = new CellPublisher((type, content) => publish(message, type, content), kernelId[..8] + "-", count, request.Silent);
            _publisher = publisher;
            AskReader reader = request.AllowStdin ? ask(message) : (_, _, _) => throw new InvalidOperationException("This front end takes no input for a running cell.");
            var (error, value) = await ExecuteAsync(request.Code, Name(count), publisher.Add, reader, stop.Token).ConfigureAwait(false);
            publisher.Flush();
            if (request.StoreHistory) history.Add(count, request.Code, value);
            if (error is not null)
            {
                if (request.StopOnError) _failed = Stopwatch.GetTimestamp();
                var reply = ErrorJson.Reply(error);
                reply["execution_count"] = count;
                return reply;
            }
            var expressions = new JsonObject();
            foreach (var (name, code) in request.UserExpressions) expressions[name] = await EvaluateAsync(code, reader, stop.Token).ConfigureAwait(false);
            return new JsonObject { ["status"] = "ok", ["execution_count"] = count, ["user_expressions"] = expressions, ["payload"] = new JsonArray() };
        }
        finally
        {
            lock (_gate) _running = null;
        }
    }

    async Task<(ErrorOutput? Error, string? Value)> ExecuteAsync(string code, string name, Action<CellOutput> output, AskReader reader, CancellationToken stop)
    {
        string? value = null;
        CellInput.Enter(reader, stop);
        try
        {
            var result = await session.ExecuteAsync(code, name, item =>
            {
                if (item is ResultOutput { Data: var data }) value = data["text/plain"];
                output(item);
            }, stop).ConfigureAwait(false);
            return (result.Error, value);
        }
        catch (OperationCanceledException)
        {
            // Stopped before the session took it up.
            var error = CellErrors.OfStop(name);
            output(error);
            return (error, null);
        }
    }

    async Task<JsonObject> EvaluateAsync(string code, AskReader reader, CancellationToken stop)
    {
        MimeBundle? data = null;
        var (error, _) = await ExecuteAsync(code, "user expression", item => data = item is ResultOutput result ? result.Data : data, reader, stop).ConfigureAwait(false);
        return error is not null ? ErrorJson.Reply(error)
            : new JsonObject { ["status"] = "ok", ["data"] = data is null ? new JsonObject() : BundleJson.Of(data), ["metadata"] = new JsonObject() };
    }

    static string Name(int count) => string.Create(CultureInfo.InvariantCulture, $"cell {count}");
}
