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
        var start = new ProcessStartInfo(Environment.ProcessPath!, WorkerProcess.MemoryArgument) { RedirectStandardOutput = true };
        // Code that the compiler makes anew once it is known to run often takes memory at a moment of its own choice: here all of it is made once.
        start.Environment["DOTNET_TieredCompilation"] = "0";
        using var process = Process.Start(start)!;
        var growth = double.Parse(process.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture);
        process.WaitForExit();
        Assert.InRange(growth, -0.5, 0.02);
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
