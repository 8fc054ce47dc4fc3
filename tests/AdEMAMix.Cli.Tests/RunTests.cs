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
}
