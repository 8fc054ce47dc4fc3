using System.Text.Json;

namespace AdEMAMix.Cli.Tests;

public class RunTests : IDisposable
{
    readonly TemporaryWorkbook workbook = new();

    public void Dispose() => workbook.Dispose();

    string Notebook(params string[] cells) => workbook.Write("notebooks/test.ipynb", JsonSerializer.Serialize(new
    {
        cells = cells.Select((source, i) => new
        {
            cell_type = "code",
            execution_count = (int?)null,
            id = $"cell{i}",
            metadata = new { tags = source.StartsWith("int steps", StringComparison.Ordinal) ? new[] { "parameters" } : [] },
            outputs = Array.Empty<object>(),
            source,
        }),
        metadata = new { kernelspec = new { display_name = ".NET (C#)", language = "C#", name = ".net-csharp" } },
        nbformat = 4,
        nbformat_minor = 5,
    }));

    [Fact]
    public void A_notebook_is_executed_saved_and_rendered_with_its_parameter()
    {
        var file = Notebook("int steps = 3;   // how many", "Console.WriteLine(steps * 1.5);");
        var outcome = workbook.Run("run", file, "--param", "steps=5");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        var saved = File.ReadAllText(file);
        Assert.Contains("int steps = 5;   // how many", saved);
        Assert.Contains("7.5\\n", saved);
        Assert.Contains("7.5", File.ReadAllText(Path.Combine(workbook.Root, "notebooks", "rendered", "test.html")));
    }

    [Fact]
    public void A_preset_for_several_notebooks_is_for_those_that_have_one()
    {
        var without = Path.Combine(workbook.Root, "notebooks", "without.ipynb");
        File.Move(Notebook("int steps = 3;", "Console.WriteLine(steps);"), without);
        var with = Notebook("int steps = 3; string preset = \"desk\";", "Console.WriteLine(preset);");
        var outcome = workbook.Run("run", without, with, "--preset", "smoke");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("It has no presets and runs as it is.", outcome.Error);
        Assert.Contains("smoke\\n", File.ReadAllText(with));
        Assert.Equal(2, workbook.Run("run", without, "--preset", "smoke").ExitCode);
    }

    [Fact]
    public void A_failing_cell_ends_the_run_with_1_and_keeps_what_came_before()
    {
        var file = Notebook("Console.WriteLine(\"before\");", "throw new InvalidOperationException(\"boom\");", "Console.WriteLine(\"after\");");
        var outcome = workbook.Run("run", file);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("2", outcome.Sentence);
        Assert.Contains("boom", outcome.Sentence);
        using var saved = JsonDocument.Parse(File.ReadAllText(file));
        var outputs = saved.RootElement.GetProperty("cells").EnumerateArray().Select(c => c.GetProperty("outputs").GetArrayLength()).ToArray();
        Assert.Equal([1, 1, 0], outputs);
    }

    [Theory]
    [InlineData("steps=many", 2)]
    [InlineData("step=5", 2)]
    [InlineData("steps", 2)]
    public void A_parameter_that_does_not_fit_is_refused_before_anything_runs(string parameter, int code)
    {
        var file = Notebook("int steps = 3;", "System.IO.File.WriteAllText(\"ran.txt\", \"\");");
        var before = File.ReadAllText(file);
        var outcome = workbook.Run("run", file, "--param", parameter);
        Assert.Equal(code, outcome.ExitCode);
        Assert.NotEmpty(outcome.Sentence);
        Assert.Equal(before, File.ReadAllText(file));
        Assert.False(File.Exists(Path.Combine(workbook.Root, "notebooks", "ran.txt")));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{\"nbformat\": 3, \"nbformat_minor\": 0, \"metadata\": {}, \"worksheets\": []}")]
    [InlineData("{\"nbformat\": 4, \"cells\": [")]
    public void A_file_that_is_no_notebook_is_named_and_left_alone(string content)
    {
        var file = workbook.Write("notebooks/bad.ipynb", content);
        var outcome = workbook.Run("run", file);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("bad.ipynb", outcome.Sentence);
        Assert.Equal(content, File.ReadAllText(file));
    }

    [Fact]
    public void A_missing_notebook_is_named()
    {
        var outcome = workbook.Run("run", "notebooks/none.ipynb");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("none.ipynb", outcome.Sentence);
    }

    [Fact]
    public void Continue_runs_the_rest_and_names_every_failing_cell()
    {
        var file = Notebook("throw new Exception(\"first\");", "Console.WriteLine(\"between\");", "throw new Exception(\"second\");");
        var outcome = workbook.Run("run", file, "--continue");
        Assert.Equal(1, outcome.ExitCode);
        var named = outcome.Error.Split('\n').Where(line => line.StartsWith("workbook: ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, named.Length);
        Assert.Contains("cell 1", named[0]);
        Assert.Contains("cell 3", named[1]);
        Assert.Contains("between", File.ReadAllText(file));
    }

    [Theory]
    [InlineData("Environment.Exit(0);", "A cell ended the process itself (exit code 0)")]
    [InlineData("Environment.FailFast(\"gone\");", "The process in which the cells run died")]
    [InlineData("int Deep(int n) => Deep(n + 1) + 1;\nDeep(0);", "died of a stack overflow")]
    public void A_cell_that_ends_the_process_fails_the_run_and_loses_no_earlier_output(string code, string reason)
    {
        var file = Notebook("Console.WriteLine(\"before\");", "Console.WriteLine(\"in\");\n" + code, "Console.WriteLine(\"after\");");
        var outcome = workbook.Run("run", file);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(reason, Assert.Single(outcome.Error.Split('\n'), line => line.StartsWith("workbook: ", StringComparison.Ordinal)));
        using var saved = JsonDocument.Parse(File.ReadAllText(file));
        var cells = saved.RootElement.GetProperty("cells").EnumerateArray().Select(cell => cell.GetProperty("outputs").ToString()).ToArray();
        Assert.Contains("before", cells[0]);
        Assert.Contains("the process ended while cell 2 ran", cells[1]);
        Assert.Equal("[]", cells[2]);
    }

    [Fact]
    public void A_cell_that_never_ends_is_stopped_at_its_time()
    {
        var outcome = workbook.Run("run", Notebook("Console.WriteLine(1);\nwhile (true) { }"), "--timeout", "6");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("did not end within 6 s", outcome.Sentence);
        Assert.Equal(2, workbook.Run("run", "--timeout", "-1").ExitCode);
    }

    [Fact]
    public void Two_runs_give_the_same_bytes_whatever_the_machine_speaks()
    {
        var file = Notebook("int steps = 3;", "Console.WriteLine(steps / 2.0);\nConsole.WriteLine(new DateTime(2024, 10, 6));", "new[] { new { A = 1.5, B = \"x\" } }", "display(new Dictionary<string, double> { [\"a\"] = 0.25 });");
        var page = Path.Combine(workbook.Root, "notebooks", "rendered", "test.html");
        Assert.Equal(0, workbook.RunWith(new() { ["LC_ALL"] = "C.UTF-8" }, "run", file).ExitCode);
        var (first, shown) = (File.ReadAllBytes(file), File.ReadAllBytes(page));
        Assert.Equal(0, workbook.RunWith(new() { ["LC_ALL"] = "fr_FR.UTF-8", ["LANG"] = "fr_FR.UTF-8", ["TZ"] = "Asia/Tokyo" }, "run", file).ExitCode);
        Assert.Equal(first, File.ReadAllBytes(file));
        Assert.Equal(shown, File.ReadAllBytes(page));
        Assert.Contains("1.5", System.Text.Encoding.UTF8.GetString(first));
    }
}
