using System.Text.Json;

namespace AdEMAMix.Cli.Tests;

public class ParityTests : IDisposable
{
    readonly TemporaryWorkbook workbook = new();

    public void Dispose() => workbook.Dispose();

    [Fact]
    public void Every_implementation_agrees_with_the_golden_trajectories_and_the_rows_are_written_as_json()
    {
        var json = Path.Combine(workbook.Root, "parity.json");
        var outcome = workbook.Run("parity", Path.Combine(TemporaryWorkbook.Repository, "tests", "fixtures", "ademamix.json"), "--json", json);
        Assert.Equal(0, outcome.ExitCode);
        using var rows = JsonDocument.Parse(File.ReadAllText(json));
        Assert.Contains(rows.RootElement.EnumerateArray(), r => r.GetProperty("implementation").GetString() == "AdEMAMix");
        foreach (var row in rows.RootElement.EnumerateArray())
        {
            Assert.Equal(["implementation", "device", "dtype", "mode", "cases", "max_relative_error"], row.EnumerateObject().Select(p => p.Name));
            Assert.True(row.GetProperty("cases").GetInt32() > 0);
            Assert.InRange(row.GetProperty("max_relative_error").GetDouble(), 0, row.GetProperty("dtype").GetString() == "float64" ? 1e-12 : 1e-5);
        }
    }

    [Fact]
    public void A_trajectory_that_no_implementation_follows_fails()
    {
        var golden = File.ReadAllText(Path.Combine(TemporaryWorkbook.Repository, "tests", "fixtures", "ademamix.json"));
        var file = workbook.Write("wrong.json", golden.Replace("\"alpha\": 5.0", "\"alpha\": 5.5", StringComparison.Ordinal));
        var outcome = workbook.Run("parity", file);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("is off by", outcome.Error);
    }

    [Theory]
    [InlineData("{ \"cases\": [")]
    [InlineData("[]")]
    [InlineData("{ \"cases\": [] }")]
    public void A_file_that_holds_no_trajectories_is_refused(string content)
    {
        var outcome = workbook.Run("parity", workbook.Write("bad.json", content));
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("bad.json", outcome.Sentence);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var outcome = workbook.Run("parity", "missing.json");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("missing.json", outcome.Sentence);
    }
}
