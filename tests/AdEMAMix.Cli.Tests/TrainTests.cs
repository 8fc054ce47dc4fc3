namespace AdEMAMix.Cli.Tests;

public class TrainTests : IDisposable
{
    const string Small = """
        {
          "name": "small",
          "data": { "source": "file", "path": "text.txt" },
          "model": { "layers": 1, "width": 16, "heads": 2, "context": 16 },
          "optimizer": { "kind": "AdEMAMix", "learningRate": 0.002, "beta3": 0.99, "alpha": 4, "alphaWarmup": 0 },
          "training": { "steps": 20, "batchSize": 4, "warmupSteps": 2, "evaluationInterval": 10, "evaluationWindows": 4, "checkpointInterval": 10 }
        }
        """;

    readonly TemporaryWorkbook workbook = new();

    public TrainTests() => workbook.Write("text.txt", string.Join('\n', Enumerable.Range(0, 400).Select(i => $"line {i} of a text that is long enough")));

    public void Dispose() => workbook.Dispose();

    [Fact]
    public void A_run_is_trained_once_listed_and_shown()
    {
        var config = workbook.Write("run.json", Small);
        var first = workbook.Run("train", config);
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Contains("Finished", first.Output);
        var second = workbook.Run("train", config);
        Assert.Equal(0, second.ExitCode);
        Assert.Contains("is finished", second.Output);

        var list = workbook.Run("runs", "list").Output;
        Assert.Contains("finished", list);
        var id = list.Split('\n').Single(l => l.Contains("small", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        Assert.Contains("\"beta3\": 0.99", workbook.Run("runs", "show", id).Output);

        Assert.Equal(0, workbook.Run("runs", "export").ExitCode);
        File.Delete(Path.Combine(workbook.Root, "data", "runs.db"));
        Assert.Contains("1 run", workbook.Run("runs", "import").Output);
        Assert.Contains(id, workbook.Run("runs", "list").Output);
    }

    [Theory]
    [InlineData("\"learningRate\": 0.002", "\"learningRate\": -1", "learningRate")]
    [InlineData("\"beta3\": 0.99", "\"beta3\": 1.0", "beta3")]
    [InlineData("\"beta3\": 0.99", "\"beta4\": 0.99", "beta4")]
    [InlineData("\"steps\": 20", "\"steps\": 0", "steps")]
    [InlineData("\"width\": 16", "\"width\": 15", "width")]
    [InlineData("\"kind\": \"AdEMAMix\"", "\"kind\": \"Adam\"", "kind")]
    [InlineData("\"layers\": 1,", "\"layers\": 1", "run.json")]
    public void A_wrong_configuration_names_the_field_and_exits_with_2(string right, string wrong, string named)
    {
        Assert.Contains(right, Small);
        var outcome = workbook.Run("train", workbook.Write("run.json", Small.Replace(right, wrong, StringComparison.Ordinal)));
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(named, outcome.Sentence, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_text_shorter_than_the_context_is_refused_with_both_numbers()
    {
        workbook.Write("text.txt", "too short");
        var outcome = workbook.Run("train", workbook.Write("run.json", Small));
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("16", outcome.Sentence);
    }

    [Fact]
    public void A_diverging_run_is_marked_with_its_step()
    {
        var outcome = workbook.Run("train", workbook.Write("run.json", Small.Replace("\"learningRate\": 0.002", "\"learningRate\": 1e18", StringComparison.Ordinal)));
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("not finite at step", outcome.Output);
        Assert.Contains("diverged", workbook.Run("runs", "list").Output);
    }
}
