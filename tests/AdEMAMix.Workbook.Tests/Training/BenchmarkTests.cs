using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class BenchmarkTests
{
    [Fact]
    public void Resident_memory_is_flat_over_three_thousand_steps()
    {
        // A leak shows every time; a compiler thread that a busy machine let wait, and that compiles only now, does not.
        var growths = new List<double>();
        while (growths.Count < 3 && !growths.Exists(growth => growth < 0.02)) growths.Add(MeasureInAProcessOfItsOwn());
        Assert.InRange(growths.Min(), -0.5, 0.02);
    }

    static double MeasureInAProcessOfItsOwn()
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, WorkerProcess.MemoryArgument) { RedirectStandardOutput = true })!;
        var growth = double.Parse(process.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture);
        process.WaitForExit();
        return growth;
    }

    [Fact]
    public void The_training_benchmark_compares_with_PyTorch_or_says_why_not()
    {
        var result = TrainBenchmark.Run(WorkbookPaths.Find(), blocks: 1, stepsPerBlock: 1);
        var json = JsonDocument.Parse(result.ToJson()).RootElement;
        Assert.True(json.GetProperty("tokens_per_second").GetDouble() > 0);
        Assert.Equal(113_408, json.GetProperty("parameters").GetInt64());
        Assert.Equal(1, json.GetProperty("threads").GetInt32());
        Assert.NotEqual("not loaded", json.GetProperty("libtorch").GetString());
        Assert.SkipWhen(result.Skipped is not null, result.Skipped ?? "");
        Assert.Equal(result.PeerTorch![..4], result.Libtorch[..4]);
        Assert.True(json.GetProperty("peer_tokens_per_second").GetDouble() > 0);
        Assert.True(json.GetProperty("ratio_to_peer").GetDouble() > 0);
        Assert.True(json.GetProperty("forward_backward_ratio_to_peer").GetDouble() > 0);
    }
}
