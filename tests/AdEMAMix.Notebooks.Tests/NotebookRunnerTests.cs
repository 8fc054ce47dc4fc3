// Headless runs: outputs, counts and durations in the file, the first failing cell, parameters, what is refused.
using System.Globalization;

namespace AdEMAMix.Notebooks.Tests;

public sealed class NotebookRunnerTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("notebook-runner-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    Task<NotebookRunResult> Run(NotebookDocument document, params (string, string)[] parameters) =>
        new NotebookRunner(document, _folder, new NotebookRunnerOptions { Parameters = parameters.ToDictionary(p => p.Item1, p => p.Item2) })
            .RunAsync(cancellationToken: TestContext.Current.CancellationToken);

    [Fact]
    public async Task Outputs_counts_and_ids_are_written_and_prose_is_left_alone()
    {
        var document = Notebooks.Of(("#", "# Title\n```csharp\n#!time\n```"), ("", "var x = 2;"), ("", " "), ("", "Console.Write(\"a\");\nConsole.WriteLine(\"b\");\ndisplay(\"c\");\nx"));
        var prose = document.Cells[0].Source;
        var result = await Run(document);
        Assert.True(result.Succeeded, result.Error);
        Assert.Null(result.FailedCell);
        Assert.True(result.Duration > TimeSpan.Zero);
        Assert.Equal([null, 1, null, 2], document.Cells.Select(cell => cell.ExecutionCount));
        Assert.Equal(prose, document.Cells[0].Source);
        var outputs = document.Cells[3].Outputs;
        Assert.Equal(["stream", "display_data", "execute_result"], outputs.Select(output => output!["output_type"]!.GetValue<string>()));
        Assert.Equal(["ab\n", "c", "2"], outputs.Select(output => output.Text()));
        Assert.Equal(2, outputs[2]!["execution_count"]!.GetValue<int>());
        Assert.All(document.Cells, cell => Assert.NotNull(cell.Id));
        Assert.NotNull(document.Cells[1].Duration);
        NotebookDocument.Parse(document.ToString());
    }

    [Fact]
    public async Task Running_twice_gives_the_same_bytes()
    {
        var before = CultureInfo.CurrentCulture;
        var document = Notebooks.Of("record R(double X);\nvar rows = new[] { new R(0.5), new R(1e-9) };", "rows", "display(HTML(\"<b>é😀</b>\")).Update(HTML(\"<i>x</i>\"));\nConsole.WriteLine(1.5);", "new Dictionary<string, double> { [\"a\"] = 0.25 }");
        await Run(document);
        Assert.All(document.Cells.SelectMany(cell => cell.Outputs), output => Assert.NotEqual("error", output!["output_type"]!.GetValue<string>()));
        var first = document.ToString();
        try
        {
            CultureInfo.CurrentCulture = Notebooks.French;
            await Run(document);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
        Assert.Equal(first, document.ToString());
        Assert.DoesNotContain("1,5", first);
        Assert.Equal("<i>x</i>", document.Cells[2].Outputs[0].Text("text/html"));
    }

    [Fact]
    public async Task Durations_and_the_date_change_with_the_outputs_only()
    {
        var document = Notebooks.Of("1", "System.Diagnostics.Stopwatch.GetTimestamp()");
        await Run(document);
        foreach (var cell in document.Cells) cell.RecordDuration(TimeSpan.FromSeconds(77));
        document.RecordExecution(new DateOnly(2020, 1, 2));
        var same = Notebooks.Of("1");
        await Run(same);
        same.Cells[0].RecordDuration(TimeSpan.FromSeconds(77));
        same.RecordExecution(new DateOnly(2020, 1, 2));
        await Run(document);
        await Run(same);
        Assert.Equal([77, 77], new[] { document.Cells[0], same.Cells[0] }.Select(cell => cell.Duration!.Value.TotalSeconds));
        Assert.InRange(document.Cells[1].Duration!.Value.TotalSeconds, 0, 60);
        Assert.Equal(new DateOnly(2020, 1, 2), same.Executed);
        Assert.NotEqual(new DateOnly(2020, 1, 2), document.Executed);
    }

    [Fact]
    public async Task A_cell_over_its_time_is_stopped_and_with_continue_all_failing_cells_are_named()
    {
        var document = Notebooks.Of("1", "Console.WriteLine(\"waiting\");\nawait System.Threading.Tasks.Task.Delay(-1, Microsoft.DotNet.Interactive.KernelInvocationContext.Current.CancellationToken);", "2", "throw new Exception(\"x\");", "3");
        var result = await new NotebookRunner(document, _folder, new NotebookRunnerOptions { CellTimeout = TimeSpan.FromSeconds(15), Continue = true }).RunAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(result.Succeeded);
        Assert.Equal([2, 4], result.Failures.Select(failure => failure.Cell));
        Assert.Equal("Cell 2 did not end within 15 s: give it more time with --timeout or less to do.", result.Error);
        Assert.Equal(["stream", "error"], document.Cells[1].Outputs.Select(output => output!["output_type"]!.GetValue<string>()));
        Assert.Equal("TimedOut", document.Cells[1].Outputs[1]!["ename"]!.GetValue<string>());
        Assert.Equal([1, 2, 3, 4, 5], document.Cells.Select(cell => cell.ExecutionCount));
        Assert.Equal("3", document.Cells[4].Outputs[0].Text());
    }

    [Fact]
    public async Task A_failing_cell_stops_the_run_and_the_outputs_so_far_are_kept()
    {
        var path = Path.Combine(_folder, "failing.ipynb");
        Notebooks.Of("Console.WriteLine(\"one\");", "Console.WriteLine(\"two\");\nvar zero = 0;\nConsole.WriteLine(1 / zero);", "Console.WriteLine(\"three\");").Save(path);
        var document = NotebookDocument.Load(path);
        var result = await new NotebookRunner(document, _folder, new NotebookRunnerOptions { SaveTo = path }).RunAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(result.Succeeded);
        Assert.Equal(2, result.FailedCell);
        Assert.Equal("DivideByZeroException in cell 2, line 3, column 1: Attempted to divide by zero.", result.Error);
        var saved = NotebookDocument.Load(path);
        Assert.Equal(["one\n", "two\n"], saved.Cells.Take(2).Select(cell => cell.Outputs[0].Text()));
        Assert.Equal("error", saved.Cells[1].Outputs[1]!["output_type"]!.GetValue<string>());
        Assert.Equal("cell 2, line 3, column 1: Attempted to divide by zero.", saved.Cells[1].Outputs[1]!["evalue"]!.GetValue<string>());
        Assert.Empty(saved.Cells[2].Outputs);
        Assert.Null(saved.Cells[2].ExecutionCount);
    }

    [Fact]
    public async Task Parameters_are_written_into_the_cell_and_used()
    {
        var document = Notebooks.Of(("", "var before = 1;"), ("parameters", "int steps = 100; // optimizer steps\nstring preset = \"smoke\";"), ("", "$\"{preset} {steps}\""));
        Assert.True((await Run(document, ("steps", "7"), ("preset", "desk"))).Succeeded);
        Assert.Equal("int steps = 7; // optimizer steps\nstring preset = \"desk\";", document.Cells[1].Source);
        Assert.Equal("desk 7", document.Cells[2].Outputs[0].Text());
        await Assert.ThrowsAsync<ParameterException>(() => Run(document, ("stepz", "7")));
        Assert.Equal("desk 7", document.Cells[2].Outputs[0].Text());
    }

    [Theory]
    [InlineData("1\n#!pwsh\nls", null, "Cell 2 of the notebook uses the directive #!pwsh in line 2, and the workbook's engine does not run PowerShell")]
    [InlineData("#!html\n<b>x</b>\n#!csharp\n#!share --from fsharp x", null, "uses the directive #!share in line 4")]
    [InlineData("let x = 1", "fsharp", "Cell 2 of the notebook is written in 'fsharp', which cannot run here")]
    [InlineData("SELECT 1", "sql", "is written in 'sql'")]
    public async Task What_cannot_run_here_is_refused_before_anything_runs(string source, string? kernel, string message)
    {
        var document = Notebooks.Of("Console.WriteLine(\"ran\");", source);
        if (kernel is not null) document.Cells[1].Json["metadata"]!["polyglot_notebook"] = new System.Text.Json.Nodes.JsonObject { ["kernelName"] = kernel };
        var before = document.ToString();
        Assert.Contains(message, (await Assert.ThrowsAsync<NotebookException>(() => Run(document))).Message);
        Assert.Equal(before, document.ToString());
    }

    [Fact]
    public async Task A_Python_notebook_is_refused()
    {
        var document = NotebookDocument.Parse("{\"cells\": [{\"cell_type\": \"code\", \"source\": \"print(1)\", \"metadata\": {}, \"outputs\": []}], \"metadata\": {\"kernelspec\": {\"name\": \"python3\", \"language\": \"python\"}}, \"nbformat\": 4, \"nbformat_minor\": 2}");
        Assert.Contains("is written in 'python'", (await Assert.ThrowsAsync<NotebookException>(() => Run(document))).Message);
    }

    [Fact]
    public async Task A_reference_to_a_missing_file_fails_its_cell()
    {
        var result = await Run(Notebooks.Of("#r \"../lib/dist/None.dll\""));
        Assert.Equal(1, result.FailedCell);
        Assert.StartsWith("Cell 1: line 1 refers to '../lib/dist/None.dll', which does not exist", result.Error);
    }

    [Fact]
    public async Task Progress_is_told_in_order_and_may_write_to_the_console()
    {
        var events = new List<string>();
        var document = Notebooks.Of("using System.Text;\n// first\nConsole.WriteLine(\"a\");\nConsole.Error.WriteLine(\"b\");", "throw new Exception(\"x\");", "3");
        var result = await new NotebookRunner(document, _folder).RunAsync(item =>
        {
            Console.Error.Write("");
            events.Add(item switch
            {
                CellStarted s => $"start {s.Number}/{s.Count} {s.Title}",
                CellStreamed s => $"{s.Name} {s.Text.Trim()}",
                CellFinished f => $"end {f.Number} {f.Succeeded}",
                _ => "?",
            });
        }, TestContext.Current.CancellationToken);
        Assert.Equal(2, result.FailedCell);
        Assert.Equal(["start 1/3 // first", "stdout a", "stderr b", "end 1 True", "start 2/3 throw new Exception(\"x\");", "end 2 False"], events);
        Assert.Equal(2, document.Cells[0].Outputs.Count);
    }

    [Fact]
    public async Task A_stop_from_outside_keeps_what_was_shown()
    {
        using var stop = new CancellationTokenSource();
        var document = Notebooks.Of("var token = Microsoft.DotNet.Interactive.KernelInvocationContext.Current.CancellationToken;\nConsole.WriteLine(\"waiting\");\nawait Task.Delay(-1, token);", "2");
        var result = await new NotebookRunner(document, _folder).RunAsync(item =>
        {
            if (item is CellStreamed) stop.Cancel();
        }, stop.Token);
        Assert.Equal(1, result.FailedCell);
        Assert.Equal("The run was stopped in cell 1: run it again to go on.", result.Error);
        Assert.Equal("waiting\n", document.Cells[0].Outputs[0].Text());
        Assert.Empty(document.Cells[1].Outputs);
    }
}
