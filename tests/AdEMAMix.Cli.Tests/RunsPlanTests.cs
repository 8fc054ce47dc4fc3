using AdEMAMix.Workbook;

namespace AdEMAMix.Cli.Tests;

public class RunsPlanTests : IDisposable
{
    readonly TemporaryWorkbook workbook = new();

    public void Dispose() => workbook.Dispose();

    [Fact]
    public void A_plan_is_written_as_numbered_configurations_and_the_array_is_named()
    {
        var outcome = workbook.Run("runs", "plan", "token-efficiency", "smoke", "--out", "sweep");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        var files = Directory.EnumerateFiles(Path.Combine(workbook.Root, "sweep")).Select(f => Path.GetFileName(f)).Order().ToList();
        Assert.Contains($"--array=0-{files.Count - 1} environment/cluster/sweep.sbatch sweep", outcome.Output);
        foreach (var (file, number) in files.Select((f, i) => (f, i)))
        {
            Assert.StartsWith(number.ToString("0000-", System.Globalization.CultureInfo.InvariantCulture), file);
            Assert.Equal($"{RunConfig.Load(Path.Combine(workbook.Root, "sweep", file)).RunId}.json", file[5..]);
        }
        Assert.Contains("new folder", workbook.Run("runs", "plan", "forgetting", "smoke", "--out", "sweep").Sentence);
    }

    [Theory]
    [InlineData("token-efficency", "smoke", "token-efficiency")]
    [InlineData("token-efficiency", "smok", "smoke")]
    [InlineData("state-formats", "smoke", "only desk")]
    public void A_wrong_name_is_refused_with_the_right_ones(string experiment, string preset, string part)
    {
        var outcome = workbook.Run("runs", "plan", experiment, preset, "--out", "sweep");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(part, outcome.Sentence);
        Assert.False(Directory.Exists(Path.Combine(workbook.Root, "sweep")));
    }
}
