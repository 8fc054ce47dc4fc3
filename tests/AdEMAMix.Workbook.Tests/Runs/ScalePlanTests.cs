using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class ScalePlanTests
{
    const long GiB = 1L << 30;

    static ScalePlan Plan(string model, ScaleLayout layout, double gib = 80, string kind = OptimizerConfig.AdEMAMix) =>
        Plan(PaperModel.Find(model)!.Config(kind), layout, gib);

    static ScalePlan Plan(RunConfig config, ScaleLayout layout, double gib = 80) =>
        new(config, RunEstimate.Of(config, PaperModel.Vocabulary), layout, Accelerator.Assumed with { MemoryBytes = (long)(gib * GiB) });

    static ScaleLayout BFloat16(int gpus = 1) => new(gpus) { BFloat16 = true };

    // With V = 32,000 tokens, width W, L blocks, context T: 2 V W + T W + L (12 W^2 + 4 W) + 2 W values; 6 operations for each but the
    // looked-up ones, and 12 L W T for attention's two products; 256,000 steps of B x T tokens.
    [Theory]
    [InlineData("110M", 110, 134_911_488, 770_540_544, 16_777_216_000, 28.8)]
    [InlineData("330M", 330, 368_674_816, 2_311_139_328, 25_165_824_000, 129.5)]
    [InlineData("1.3B", 1300, 1_341_329_408, 8_246_157_312, 33_554_432_000, 615.9)]
    public void The_papers_models_have_the_figures_worked_out_by_hand(string name, double millions, long parameters, double flopsPerToken, long tokens, double hours)
    {
        var plan = Plan(name, BFloat16());
        Assert.Equal(parameters, plan.Parameters);
        Assert.InRange(plan.ParametersWithoutHead / 1e6, 0.95 * millions, 1.05 * millions);
        Assert.Equal(flopsPerToken, plan.FlopsPerToken, 1.0);
        Assert.Equal(tokens, plan.Tokens);
        Assert.Equal(2 * tokens, plan.ShardBytes);
        Assert.Equal(4 * parameters, plan.WeightBytes);
        Assert.Equal(4 * parameters, plan.GradientBytes);
        Assert.Equal(12 * parameters, plan.StateBytes);
        Assert.Equal(16 * parameters, plan.CheckpointBytes);
        Assert.Equal(8 * parameters, Plan(name, BFloat16(), kind: OptimizerConfig.AdamW).StateBytes);
        // At 40 % of 312 TFLOP/s.
        Assert.Equal(hours, plan.Days * 24, 0.1);
        Assert.Equal(plan.Days / 8, Plan(name, BFloat16(8)).Days, 1e-9);
    }

    [Fact]
    public void Ranks_send_what_a_ring_sends_and_shards_divide_the_states()
    {
        const long Parameters = 134_911_488;
        Assert.Equal(0, Plan("110M", BFloat16()).SentBytesPerStep);
        Assert.Equal(2 * 7 * 4 * Parameters / 8, Plan("110M", BFloat16(8)).SentBytesPerStep);
        var sharded = Plan("110M", BFloat16(8) with { ShardStates = true });
        Assert.Equal(3 * 7 * 4 * Parameters / 8, sharded.SentBytesPerStep);
        Assert.Equal(12 * Parameters / 8, sharded.StateBytes);
        Assert.Equal(4 * Parameters, sharded.BucketBytes);
        Assert.Equal(0, Plan("110M", BFloat16()).BucketBytes);
        Assert.Equal(16 * Parameters, sharded.CheckpointBytes);
    }

    [Fact]
    public void Where_a_batch_cannot_be_divided_evenly_the_largest_part_counts()
    {
        var plan = Plan("110M", BFloat16(7));
        Assert.Equal(10, plan.RankBatch);
        Assert.Equal(Plan("110M", BFloat16()).Days * 10 / 64, plan.Days, 1e-9);
    }

    [Fact]
    public void The_planned_run_is_trained_as_it_was_planned()
    {
        var plan = Plan("330M", new ScaleLayout(4) { BFloat16 = true, Recompute = true, MicroBatch = 8 });
        Assert.Equal((ComputeConfig.BFloat16, true, 8), (plan.Config.Compute!.Precision, plan.Config.Compute.Recompute, plan.Config.Training.MicroBatchSize));
        Assert.Equal(DataConfig.ShardsSource, plan.Config.Data.Source);
        Assert.Equal(plan.Config.RunId, RunConfig.Parse(plan.Config.ToJson()).RunId);
        Assert.Null(Plan("110M", BFloat16() with { MicroBatch = 64 }).Config.Training.MicroBatchSize);
        Assert.Null(Plan(new RunConfig(), new ScaleLayout()).Config.Compute);
    }

    [Fact]
    public void A_micro_batch_left_open_is_the_largest_that_fits()
    {
        var plan = Plan("1.3B", BFloat16());
        var micro = plan.Layout.MicroBatch!.Value;
        Assert.Equal((128 + micro - 1) / micro, plan.Accumulation);
        Assert.True(plan.Fits);
        Assert.InRange(micro, 2, 64);
        // The next larger one is that of one micro-batch less.
        Assert.False(Plan("1.3B", BFloat16() with { MicroBatch = (128 + plan.Accumulation - 2) / (plan.Accumulation - 1) }).Fits);
    }

    [Theory]
    [InlineData("330M", 1, 80, 96, false)]
    [InlineData("110M", 4, 12, 16, true)]
    [InlineData("1.3B", 8, 24, 16, true)]
    [InlineData("1.3B", 1, 24, null, true)]
    public void What_is_said_to_fit_fits_and_nothing_smaller_does(string model, int gpus, double gib, int? micro, bool bfloat16)
    {
        var layout = new ScaleLayout(gpus) { BFloat16 = bfloat16, MicroBatch = micro };
        var plan = Plan(model, layout, gib);
        Assert.False(plan.Fits);
        var remedies = plan.Remedies();
        Assert.NotEmpty(remedies);
        foreach (var remedy in remedies)
        {
            var options = remedy[..remedy.IndexOf(" (", StringComparison.Ordinal)].Split(" --").Select(o => o.TrimStart('-')).ToList();
            Assert.True(Plan(model, Applied(options), gib).Fits, remedy);
            foreach (var option in options.Where(o => !o.StartsWith("gpus", StringComparison.Ordinal)))
                Assert.False(Goes([.. options.Where(o => o != option)]), $"{remedy} without {option}");
        }
        var error = Assert.Throws<CapacityException>(plan.RequireRoom);
        Assert.Equal(1, error.ExitCode);
        Assert.Contains($"what would fit: {remedies[0]}", error.Message);

        // The wished micro-batch may be more than a part of the batch for more GPUs.
        bool Goes(IReadOnlyList<string> options)
        {
            try
            {
                return Plan(model, Applied(options), gib).Fits;
            }
            catch (ConfigException)
            {
                return false;
            }
        }

        ScaleLayout Applied(IReadOnlyList<string> options) => options.Aggregate(layout, (l, option) => option.Split(' ') switch
        {
            ["gpus", var n] => l with { Gpus = int.Parse(n, CultureInfo.InvariantCulture) },
            ["micro-batch", var n] => l with { MicroBatch = int.Parse(n, CultureInfo.InvariantCulture) },
            ["precision", _] => l with { BFloat16 = true },
            ["recompute"] => l with { Recompute = true },
            ["shard-states"] => l with { ShardStates = true },
            _ => throw new InvalidOperationException(option),
        });
    }

    [Fact]
    public void Where_nothing_would_fit_the_memory_that_would_is_named()
    {
        var error = Assert.Throws<CapacityException>(Plan("1.3B", BFloat16(), gib: 4).RequireRoom);
        var needed = double.Parse(System.Text.RegularExpressions.Regex.Match(error.Message, "GPUs of at least ([0-9.]+) GiB").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(Plan("1.3B", BFloat16(128) with { Recompute = true, ShardStates = true }, needed + 0.5).Fits);
        Assert.False(Plan("1.3B", BFloat16(128) with { Recompute = true, ShardStates = true }, needed - 1).Fits);
    }

    [Theory]
    [InlineData(0, null, "the number of GPUs is 0")]
    [InlineData(-2, null, "the number of GPUs is -2")]
    [InlineData(65, null, "65 GPUs are more than the 64 sequences")]
    [InlineData(8, 9, "must be from 1 to the 8 sequences that a GPU has")]
    [InlineData(8, 0, "A micro-batch of 0")]
    public void A_batch_that_cannot_be_spread_so_is_refused(int gpus, int? micro, string part) =>
        Assert.Contains(part, Assert.Throws<ConfigException>(() => Plan("110M", new ScaleLayout(gpus) { MicroBatch = micro })).Message);

    [Theory]
    [InlineData(0)]
    [InlineData(-0.1)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void An_impossible_share_of_the_peak_is_refused(double mfu)
    {
        var config = PaperModel.All[0].Config();
        Assert.Throws<ConfigException>(() => new ScalePlan(config, RunEstimate.Of(config, 32_000), BFloat16(), Accelerator.Assumed, mfu));
    }

    [Fact]
    public void The_table_and_the_JSON_hold_the_same_figures()
    {
        var plan = Plan("330M", BFloat16(4) with { ShardStates = true });
        var json = JsonNode.Parse(plan.ToJson())!;
        Assert.Equal(368_674_816, (long)json["parameters"]!);
        Assert.Equal(plan.RankBytes, (long)json["rankBytes"]!);
        Assert.Equal(plan.Days, (double)json["days"]!);
        Assert.True((bool)json["fits"]!);
        var table = plan.ToTable().ToString();
        Assert.Contains("368,674,816", table);
        Assert.Contains(RunEstimate.Text(plan.SentBytesPerStep), table);
        Assert.Contains("1/4 of them", table);
    }

    [Fact]
    public void A_papers_run_is_the_full_presets()
    {
        var run = PaperModel.Find("110m")!.Config(OptimizerConfig.AdEMAMix, 400_000, seed: 2);
        Assert.Contains(new TokenEfficiency("full").Plan.Runs, r => r.RunId == run.RunId);
        Assert.Null(PaperModel.Find("120M"));
        Assert.Throws<ConfigException>(() => PaperModel.All[0].Config("Lion"));
        Assert.Throws<ConfigException>(() => PaperModel.All[0].Config(steps: 3000));
    }

    [Fact]
    public void Nvidia_smi_is_read_and_an_unknown_GPU_has_assumed_peaks()
    {
        var found = Accelerator.Parse("NVIDIA H100 80GB HBM3, 81559\nSome Other GPU, 24576\nno device, [N/A]\n");
        Assert.Equal([("NVIDIA H100 80GB HBM3", 81559L << 20, 989e12), ("Some Other GPU", 24L << 30, 312e12)], found.Select(d => (d.Name, d.MemoryBytes, d.BFloat16Flops)));
    }
}
