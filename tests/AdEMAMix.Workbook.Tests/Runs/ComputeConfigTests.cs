using TorchSharp;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class ComputeConfigTests
{
    [Theory]
    [InlineData("""{ "compute": { "precision": "fp16" } }""", "compute.precision is 'fp16', but must be float32 or bfloat16.")]
    [InlineData("""{ "compute": { "lossChunk": 0 } }""", "compute.lossChunk is 0, but must be at least 1.")]
    [InlineData("""{ "compute": { "recompute": "yes" } }""", "'compute.recompute' must be true or false, not \"yes\".")]
    public void A_wrong_value_is_refused_by_name(string json, string part)
    {
        Assert.Contains(part, Assert.Throws<ConfigException>(() => RunConfig.Parse(json)).Message);
    }

    [Fact]
    public void Defaults_written_out_are_the_run_without_them()
    {
        var plain = new RunConfig();
        Assert.Equal(plain.RunId, RunConfig.Parse("""{ "compute": { "precision": "float32", "recompute": false } }""").RunId);
        var ids = new[] { plain, With(new() { Precision = "bfloat16" }), With(new() { Recompute = true }), With(new() { LossChunk = 8 }) }.Select(c => c.RunId);
        Assert.Equal(4, ids.Distinct().Count());

        RunConfig With(ComputeConfig compute) => plain with { Compute = compute };
    }

    [Theory]
    [InlineData("flags\t\t: fpu avx2 avx512f amx_bf16 amx_tile", true)]
    [InlineData("flags\t\t: fpu avx2 avx512f avx512_bf16", true)]
    [InlineData("flags\t\t: fpu avx2 avx512f avx512bw", false)]
    [InlineData("Features\t: fp asimd", false)]
    public void BFloat16_is_where_the_kernel_lists_its_instructions(string line, bool there) => Assert.Equal(there, BFloat16Support.HasInstructions(["processor\t: 0", line]));

    [Fact]
    public void A_device_without_bfloat16_computes_in_float32_and_says_so()
    {
        var asked = new ComputeConfig { Precision = "bfloat16" };
        using var without = new Gpt(SmallRun.Config.Model, 11, asked, hasBFloat16: false);
        Assert.Equal("float32", without.Precision);
        Assert.Equal("compute.precision is bfloat16, but this processor has no instructions for it (amx_bf16 or avx512_bf16): computing in float32 instead.", without.Notice);
        using var with = new Gpt(SmallRun.Config.Model, 11, asked, hasBFloat16: true);
        Assert.Equal(("bfloat16", null), (with.Precision, with.Notice));
        using var plain = new Gpt(SmallRun.Config.Model, 11, seed: 1);
        Assert.Equal(("float32", null), (plain.Precision, plain.Notice));
    }

    [Fact]
    public void A_result_says_what_was_really_computed_in()
    {
        using var folder = new TemporaryFolder();
        var config = SmallRun.Config with { Compute = new() { Precision = "bfloat16", LossChunk = 20 }, Training = SmallRun.Config.Training with { Steps = 6, WarmupSteps = 1 } };
        File.WriteAllText(folder["run.json"], config.ToJson());
        var output = new StringWriter();
        Assert.Equal(0, TrainWorker.Run(folder["run.json"], folder["runs.db"], output: output));
        var there = BFloat16Support.On(torch.CPU);
        using var store = RunStore.Open(folder["runs.db"]);
        Assert.Equal(there ? "bfloat16" : "float32", store.Find(config.RunId)!.Environment!.Precision);
        Assert.Equal(there, !output.ToString().Contains("computing in float32 instead", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_that_recomputes_is_the_run_that_keeps_bit_for_bit()
    {
        Assert.Equal(Trained(null), Trained(new ComputeConfig { Recompute = true }));

        static string Trained(ComputeConfig? compute)
        {
            using var trainer = new Trainer(SmallRun.Config with { Compute = compute }, SmallRun.Text);
            trainer.Train();
            return trainer.ParametersSha256;
        }
    }
}
