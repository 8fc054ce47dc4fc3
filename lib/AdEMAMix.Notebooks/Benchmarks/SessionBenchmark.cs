// What a reader waits for: the first result of a new process, a round trip, a completion, a stop; and what the woven checks cost.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace AdEMAMix.Notebooks;

/// <summary>Figures of one run of <see cref="SessionBenchmark"/>; times are medians in milliseconds.</summary>
/// <param name="FirstResultMs">From the start of a process to the value of its first cell, <c>1 + 1</c>.</param>
/// <param name="RoundTripMs">A cell <c>1 + 1</c>, from its text to its value.</param>
/// <param name="RoundTrip95Ms">The same for the slowest of twenty.</param>
/// <param name="RoundTripCpuMs">The processor time of one, of all threads: what a busy machine does not change.</param>
/// <param name="CompletionMs">Completions behind <c>Console.</c>.</param>
/// <param name="StopBusyMs">From a stop of <c>while (true) { }</c> to the end of the cell.</param>
/// <param name="StopBlockedMs">From a stop of a sleeping thread to the end of the cell.</param>
/// <param name="LoopNs">One turn of a loop that adds an int, with its check.</param>
/// <param name="PlainLoopNs">The same without.</param>
/// <param name="LoopAfterStopNs">The same with, while a stopped cell still has a thread.</param>
public sealed record SessionFigures(
    double FirstResultMs, double RoundTripMs, double RoundTrip95Ms, double RoundTripCpuMs, double CompletionMs, double StopBusyMs, double StopBlockedMs, double LoopNs, double PlainLoopNs, double LoopAfterStopNs)
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>The figures as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Indented);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        first result of a process   {FirstResultMs,8:F0} ms   (limit 3000)
        round trip of 1 + 1         {RoundTripMs,8:F1} ms   (limit 30; 95 %: {RoundTrip95Ms:F1}, processor time {RoundTripCpuMs:F1})
        completion                  {CompletionMs,8:F1} ms
        stop of a busy cell         {StopBusyMs,8:F1} ms   (limit 1000)
        stop of a blocked cell      {StopBlockedMs,8:F1} ms   (limit 1000)
        one turn of a loop          {LoopNs,8:F2} ns   (without checks {PlainLoopNs:F2}; after a stop {LoopAfterStopNs:F2})
        """);
}

/// <summary>Measures sessions.</summary>
public static class SessionBenchmark
{
    const int Rounds = 100;
    const int WarmUp = 3;
    const int Turns = 200_000_000;

    /// <summary>Measures everything; takes about half a minute.</summary>
    /// <param name="startProcess">Starts a process that calls <see cref="FirstResultAsync"/> and then writes a line; it is started five times, and the first is not counted.</param>
    public static async Task<SessionFigures> RunAsync(Func<Process> startProcess)
    {
        ArgumentNullException.ThrowIfNull(startProcess);
        var first = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var clock = Stopwatch.StartNew();
            using var process = startProcess();
            if (await process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is null) throw new NotebookException("The process that was to run a first cell has ended without a result: run the command again with --verbose.");
            first.Add(clock.Elapsed.TotalMilliseconds);
            await process.WaitForExitAsync().ConfigureAwait(false);
        }
        var session = new CSharpSession(Environment.CurrentDirectory);
        await RepeatAsync(Rounds, () => RunAsync(session, "1 + 1")).ConfigureAwait(false);
        var before = Environment.CpuUsage.TotalTime;
        var trips = await RepeatAsync(Rounds, () => RunAsync(session, "1 + 1")).ConfigureAwait(false);
        var processor = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / (Rounds + WarmUp);
        var completions = await RepeatAsync(20, () => Task.FromResult(session.Complete("Console.", 8))).ConfigureAwait(false);
        var plain = await LoopAsync(new CSharpSession(Environment.CurrentDirectory, new SessionOptions { HasChecks = false })).ConfigureAwait(false);
        var loop = await LoopAsync(session).ConfigureAwait(false);
        var busy = await RepeatAsync(5, () => StopAsync(session, "while (true) { }")).ConfigureAwait(false);
        var blocked = await RepeatAsync(3, () => StopAsync(session, "System.Threading.Thread.Sleep(20_000);")).ConfigureAwait(false);
        return new SessionFigures(Median(first[1..]), Median(trips), trips.Order().ElementAt(Rounds * 19 / 20), processor, Median(completions), Median(busy), Median(blocked), loop, plain, await LoopAsync(session).ConfigureAwait(false));
    }

    /// <summary>Runs the first cell of a process.</summary>
    public static Task FirstResultAsync() => RunAsync(new CSharpSession(Environment.CurrentDirectory), "1 + 1");

    static async Task<double> RunAsync(CSharpSession session, string code)
    {
        var clock = Stopwatch.StartNew();
        string? value = null;
        var result = await session.ExecuteAsync(code, "benchmark", output => value ??= (output as ResultOutput)?.Data["text/plain"]).ConfigureAwait(false);
        if (!result.Succeeded || value is null) throw new NotebookException($"A cell of the benchmark failed ({result.Error?.Value ?? "no value"}): run it again.");
        return double.TryParse(value, CultureInfo.InvariantCulture, out var number) && code != "1 + 1" ? number : clock.Elapsed.TotalMilliseconds;
    }

    static async Task<double> StopAsync(CSharpSession session, string code)
    {
        using var stop = new CancellationTokenSource();
        var clock = new Stopwatch();
        await session.ExecuteAsync($"display(1);\n{code}", "benchmark", output =>
        {
            if (output is not DisplayOutput) return;
            clock.Start();
            stop.CancelAfter(1);
        }, stop.Token).ConfigureAwait(false);
        return clock.Elapsed.TotalMilliseconds - 1;
    }

    // The loop is in a function of its own and runs twice, so that what is timed is compiled code.
    static Task<double> LoopAsync(CSharpSession session) => RunAsync(session, $$"""
        static int Loop(int turns) { var sum = 0; for (var i = 0; i < turns; i++) sum += i & 3; return sum; }
        for (var i = 0; i < 40; i++) Loop(100_000);
        await Task.Delay(300);
        var best = double.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            Loop({{Turns}});
            best = Math.Min(best, clock.Elapsed.TotalNanoseconds / {{Turns}});
        }
        best
        """);

    static async Task<List<double>> RepeatAsync<T>(int count, Func<Task<T>> action)
    {
        var times = new List<double>();
        for (var i = -WarmUp; i < count; i++)
        {
            var clock = Stopwatch.StartNew();
            var own = await action().ConfigureAwait(false);
            if (i >= 0) times.Add(own is double ms ? ms : clock.Elapsed.TotalMilliseconds);
        }
        return times;
    }

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
