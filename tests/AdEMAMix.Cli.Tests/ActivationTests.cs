using System.Text.Json.Nodes;

namespace AdEMAMix.Cli.Tests;

public class ActivationTests : IDisposable
{
    readonly TemporaryWorkbook workbook = new();

    public void Dispose() => workbook.Dispose();

    [Fact]
    public void Recomputation_and_chunks_lower_the_peak_to_what_is_foreseen()
    {
        var file = Path.Combine(workbook.Root, "activations.json");
        var outcome = workbook.Run("bench", "activations", "--layers", "6", "--width", "96", "--heads", "4", "--context", "128", "--batch", "16", "--vocabulary", "4000", "--json", file);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("recomputed", outcome.Output);
        var rows = JsonNode.Parse(File.ReadAllText(file))!.AsArray();
        Assert.Equal(8, rows.Count);
        foreach (var row in rows)
        {
            double Field(string name) => (double)row![name]!;
            // A watch may come too late for the highest point but never sees too much; the process itself grows by more than its tensors.
            Assert.InRange(Field("peak_mebibytes"), 0, 1.1 * Field("estimated_mebibytes"));
            Assert.InRange(Field("resident_mebibytes"), 0.9 * Field("estimated_mebibytes"), double.MaxValue);
        }
        foreach (var precision in new[] { "float32", "bfloat16" })
        {
            double Peak(bool recompute, bool chunks) => (double)rows.Single(row => (string?)row!["compute"]!["precision"] == precision
                && ((bool?)row["compute"]!["recompute"] == true) == recompute && (row["compute"]!["loss_chunk"] is not null) == chunks)!["resident_mebibytes"]!;
            Assert.True(Peak(true, false) < 0.8 * Peak(false, false), outcome.Output);
            Assert.True(Peak(false, true) < 0.8 * Peak(false, false), outcome.Output);
            Assert.True(Peak(true, true) < 0.8 * Math.Min(Peak(true, false), Peak(false, true)), outcome.Output);
        }
    }
}
