using System.Text.Json.Nodes;

namespace AdEMAMix.Cli.Tests;

public class PlanTests : IDisposable
{
    readonly TemporaryWorkbook workbook = new();

    public void Dispose() => workbook.Dispose();

    [Fact]
    public void A_preset_is_planned_with_its_lengths_and_as_JSON()
    {
        var file = Path.Combine(workbook.Root, "plan.json");
        var outcome = workbook.Run("plan", "1.3B", "--gpus", "8", "--shard-states", "--gpu-memory", "80", "--json", file);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("1,341,329,408", outcome.Output);
        Assert.Contains("770,000", outcome.Output);
        Assert.Contains("sent per step", outcome.Output);
        Assert.Equal(8, (int)JsonNode.Parse(File.ReadAllText(file))!["gpus"]!);
    }

    [Fact]
    public void A_configuration_is_written_that_is_planned_alike_and_its_shards_are_the_readers()
    {
        var outcome = workbook.Run("plan", "330M", "--gpus", "4", "--recompute", "--micro-batch", "12", "--write", "run.json");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("train run.json --ranks 4", outcome.Output);
        var again = workbook.Run("plan", "run.json", "--gpus", "4");
        Assert.Contains("12 at a time", again.Output);
        Assert.Contains("blocks recomputed", again.Output);
        var trained = workbook.Run("train", "run.json");
        Assert.Equal(1, trained.ExitCode);
        Assert.Contains("data/shards/redpajama-v2", trained.Sentence);
    }

    [Fact]
    public void What_cannot_fit_is_refused_in_one_sentence_with_what_would()
    {
        var outcome = workbook.Run("plan", "330M", "--micro-batch", "96", "--precision", "float32", "--gpu-memory", "80");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Matches("what would fit: --micro-batch [0-9]+ \\([0-9]+ GiB\\), or ", outcome.Sentence);
        Assert.Contains("It does not fit", outcome.Output);
    }

    [Theory]
    [InlineData("120M", "choose 110M, 330M or 1.3B")]
    [InlineData("missing.json", "missing.json")]
    [InlineData("110M --gpus 0", "must be at least 1")]
    [InlineData("110M --gpus -8", "must be at least 1")]
    [InlineData("110M --gpus 99999999999", "--gpus")]
    [InlineData("110M --gpu-memory 0", "positive number of GiB")]
    [InlineData("110M --mfu 40", "(0, 1]")]
    [InlineData("110M --precision int4", "float32 or bfloat16")]
    [InlineData("110M --optimizer Lion", "AdamW or AdEMAMix")]
    [InlineData("110M --steps -1", "more steps")]
    [InlineData("110M --micro-batch 0", "from 1 to the 64 sequences")]
    [InlineData("110M --gpus 65", "more than the 64 sequences")]
    public void A_wrong_call_is_one_sentence_and_exit_code_2(string arguments, string part)
    {
        var outcome = workbook.Run(["plan", .. arguments.Split(' ')]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(part, outcome.Sentence);
    }
}
