// A stop ends any cell, its state survives, and nothing else is stopped with it.
using System.Diagnostics;
using System.Globalization;

namespace AdEMAMix.Notebooks.Tests;

public sealed class StopTests : IDisposable
{
    // A stop takes well under a second; a machine that runs other things at the same time gets more.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    readonly string _folder = Directory.CreateTempSubdirectory("notebook-stop-").FullName;
    readonly CSharpSession _session;
    int _cells;

    public StopTests() => _session = new CSharpSession(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    async Task<string?> Value(string code)
    {
        var outputs = new List<CellOutput>();
        var result = await _session.ExecuteAsync(code, $"cell {++_cells}", outputs.Add, TestContext.Current.CancellationToken);
        Assert.True(result.Succeeded, string.Join('\n', result.Error?.Traceback ?? []));
        return outputs.OfType<ResultOutput>().SingleOrDefault()?.Data["text/plain"];
    }

    /// <summary>Runs a cell until it has said that it started, stops it, and gives the time that took.</summary>
    /// Stops a cell once it runs: when it displays something, which it does first unless its code does so itself.
    async Task<TimeSpan> Stop(string code, bool displays = false)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var started = new TaskCompletionSource();
        var run = _session.ExecuteAsync(displays ? code : "display(\"started\");\n" + code, $"cell {++_cells}", output =>
        {
            if (output is DisplayOutput) started.TrySetResult();
        }, stop.Token);
        await Task.WhenAny(started.Task, run);
        Assert.False(run.IsCompleted, run.IsCompleted ? (await run).Error?.Value ?? "the cell ran to its end" : "");
        var clock = Stopwatch.StartNew();
        await stop.CancelAsync();
        var result = await run.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal("Stopped", result.Error?.Name);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalMilliseconds:F0} ms: {code.ReplaceLineEndings(" ")}"));
        return clock.Elapsed;
    }

    [Theory]
    [InlineData("while (true) { }")]
    [InlineData("while (true);")]
    [InlineData("for (;;) kept++;")]
    [InlineData("do { kept++; } while (kept > 0 || kept <= 0);")]
    [InlineData("again: kept++; goto again;")]
    [InlineData("foreach (var i in Endless()) { }\nIEnumerable<int> Endless() { while (true) yield return 1; }")]
    [InlineData("int Fib(int n) => n < 2 ? n : Fib(n - 1) + Fib(n - 2);\nFib(60)")]
    [InlineData("Func<int, int> fib = null; fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2);\nfib(60)")]
    [InlineData("Enumerable.Range(0, int.MaxValue).Select(x => (long)x * x).Where(x => x < 0).Count()")]
    [InlineData("Enumerable.Range(0, int.MaxValue).SelectMany(i => Enumerable.Range(0, 1000)).Where(x => x < 0).Count()")]
    [InlineData("(from x in Enumerable.Range(0, int.MaxValue) from y in Enumerable.Range(0, 1000) where x + y < 0 select x).Count()")]
    [InlineData("Parallel.For(0, long.MaxValue, i => { });")]
    [InlineData("await Parallel.ForEachAsync(Enumerable.Range(0, int.MaxValue), async (i, stop) => await Task.Yield());")]
    [InlineData("ParallelEnumerable.Range(0, int.MaxValue).SelectMany(i => Enumerable.Range(0, 1000)).Where(x => x < 0).Count()")]
    [InlineData("await Task.Run(() => { while (true) { } });")]
    [InlineData("Task.Run(() => { while (true) { } }).Wait();")]
    [InlineData("while (true) { try { while (true) { } } catch (Exception) { } finally { kept++; } }")]
    [InlineData("class Walker { int n; public Walker() { while (true) n++; } }\nnew Walker();")]
    [InlineData("record struct Counter(int N) { public int Up { get { var i = N; while (true) i++; } } }\nnew Counter(1).Up")]
    [InlineData("var list = new List<int> { 3, 1, 2 }; list.Sort((a, b) => { while (true) { } });")]
    [InlineData("while (true) await Task.Yield();")]
    [InlineData("await foreach (var x in Endless()) { }\nasync IAsyncEnumerable<int> Endless() { while (true) { await Task.Yield(); yield return 1; } }")]
    [InlineData("unsafe { int* p = stackalloc int[1]; while (true) (*p)++; }")]
    public async Task A_busy_cell_notices_by_itself(string code)
    {
        await Value("var kept = 5;");
        await Stop(code);
        Assert.Equal("2", await Value("1 + 1"));
        Assert.NotNull(await Value("kept"));
    }

    [Theory]
    [InlineData("await new TaskCompletionSource().Task;")]
    [InlineData("await Task.Delay(-1);")]
    [InlineData("System.Threading.Thread.Sleep(60_000);")]
    [InlineData("new System.Threading.ManualResetEvent(false).WaitOne(60_000);")]
    [InlineData("System.Net.Sockets.TcpListener l = new(System.Net.IPAddress.Loopback, 0); l.Start(); l.AcceptTcpClient();")]
    [InlineData("Enumerable.Range(0, int.MaxValue).Concat(Enumerable.Repeat(1, int.MaxValue)).Distinct().Sum(x => 0)")]
    [InlineData("System.Diagnostics.Process.Start(\"sleep\", \"60\").WaitForExit();")]
    public async Task A_blocked_cell_is_left_to_itself(string code)
    {
        await Value("var kept = 5;");
        await Stop("kept = 6;\n" + code);
        Assert.Equal("6", await Value("kept"));
    }

    [Fact]
    public async Task A_function_of_an_earlier_cell_stops_with_the_cell_that_called_it()
    {
        await Value("var steps = 0L;\nvoid Spin() { while (true) if (steps++ == 0) display(\"spinning\"); }\nclass Engine { public void Run() { for (;;) { } } }");
        await Stop("Spin();", displays: true);
        await Stop("new Engine().Run();");
        Assert.Equal("True", await Value("(steps > 0).ToString()"));
    }

    [Fact]
    public async Task What_was_left_behind_dies_at_its_next_check_and_the_next_cell_runs_on()
    {
        await Value("var gate = new System.Threading.ManualResetEventSlim();\nvar after = 0;\nvar passed = new System.Threading.ManualResetEventSlim();");
        await Stop("gate.Wait();\npassed.Set();\nfor (var i = 0; i < 1; i++) after++;\nConsole.WriteLine(\"never\");");
        // The same loop in a cell that nobody stopped, while the stopped one wakes up and dies.
        Assert.Equal("1000000 0", await Value("gate.Set();\npassed.Wait();\nvar n = 0;\nfor (var i = 0; i < 1_000_000; i++) n++;\nawait Task.Delay(50);\n$\"{n} {after}\""));
    }

    [Fact]
    public async Task Background_work_of_a_stopped_cell_ends_and_of_an_ended_cell_goes_on()
    {
        await Value("""
            var mine = 0L;
            var goOn = true;
            var worker = new System.Threading.Thread(() => { while (goOn) mine++; });
            worker.Start();
            """);
        await Value("var other = 0L; System.Threading.Thread left = null; Task task = null; System.Threading.Timer timer = null;");
        await Stop("""
            left = new System.Threading.Thread(() => { while (true) other++; });
            left.Start();
            task = Task.Run(async () => { while (true) { await Task.Delay(1); other++; } });
            timer = new System.Threading.Timer(_ => { other++; }, null, 1, 1);
            while (true) { }
            """);
        Assert.Equal("True Canceled", await Value("left.Join(); await Task.WhenAny(task); $\"{!left.IsAlive} {task.Status}\""));
        Assert.Equal("True", await Value("timer.Dispose(); var before = mine; while (mine == before) await Task.Yield(); goOn = false; worker.Join(); (mine > before).ToString()"));
    }

    [Fact]
    public async Task An_exception_on_a_thread_of_a_cell_is_told_and_the_process_lives_on()
    {
        var outputs = new List<CellOutput>();
        await _session.ExecuteAsync("var thread = new System.Threading.Thread(() =>\n  throw new InvalidOperationException(\"lost\"));\nthread.Start();\nthread.Join();\nasync void Fire() { await Task.Yield(); throw new Exception(\"void\"); }\nFire();", "cell 1", output =>
        {
            lock (outputs) outputs.Add(output);
        }, TestContext.Current.CancellationToken);
        var text = "";
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience && !text.Contains("Exception: void", StringComparison.Ordinal); await Task.Yield())
        {
            lock (outputs) text = Errors(outputs);
        }
        Assert.Contains("Unhandled in the background: InvalidOperationException: lost\n   at a lambda in cell 1, line 2, column 3\n", text);
        Assert.Contains("Unhandled in the background: Exception: void", text);
        Assert.Equal("2", await Value("1 + 1"));
    }

    static string Errors(List<CellOutput> outputs) => string.Concat(outputs.OfType<StreamOutput>().Where(stream => stream.Name == "stderr").Select(stream => stream.Text));

    [Fact]
    public async Task A_cell_that_ends_by_its_own_token_is_stopped_too_and_its_own_errors_are_told()
    {
        await Stop("var token = Microsoft.DotNet.Interactive.KernelInvocationContext.Current.CancellationToken;\ntry { while (true) token.ThrowIfCancellationRequested(); } catch (OperationCanceledException) { }");
        using var stop = new CancellationTokenSource();
        var result = await _session.ExecuteAsync("display(1);\ntry { while (true) { } } catch (OperationCanceledException) { throw new InvalidOperationException(\"clean-up failed\"); }", "cell 9", _ => stop.Cancel(), stop.Token);
        Assert.Equal("InvalidOperationException", result.Error!.Name);
        // A token of the reader's own has nothing to do with a stop of the cell.
        var own = await _session.ExecuteAsync("var source = new System.Threading.CancellationTokenSource(1);\nawait Task.Delay(-1, source.Token);", "cell 10", _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal("TaskCanceledException", own.Error!.Name);
    }

    [Fact]
    public async Task A_stop_before_the_cell_runs_compiles_and_runs_nothing()
    {
        await Value("var ran = 0;");
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _session.ExecuteAsync("ran = 1;", "cell 2", _ => { }, stop.Token));
        Assert.Equal("0", await Value("ran"));
    }
}
