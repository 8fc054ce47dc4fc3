using Xunit;

namespace AdEMAMix.Workbook.Tests;

/// <summary>Every optimizer of a configuration trains, resumes bit for bit, and switches as the paper does.</summary>
public sealed class OptimizersInTrainingTests
{
    static RunConfig With(OptimizerConfig optimizer, SwitchConfig? change = null) => SmallRun.Config with { Optimizer = optimizer, Switch = change };

    static OptimizerConfig Of(string kind) => new() { Kind = kind, LearningRate = kind is "Lion" ? 1e-3 : kind is "SGD" ? 0.1 : kind is "SimplifiedAdEMAMix" ? 1e-3 : 1e-2 };

    static (string Hash, double Loss) Train(RunConfig config)
    {
        using var trainer = new Trainer(config, SmallRun.Text);
        trainer.Train();
        return (trainer.ParametersSha256, trainer.Points[^1].ValidationLoss!.Value);
    }

    [Theory]
    [InlineData("AdamW")]
    [InlineData("AdEMAMix")]
    [InlineData("SimplifiedAdEMAMix")]
    [InlineData("Ad3EMAMix")]
    [InlineData("Lion")]
    [InlineData("Muon")]
    [InlineData("SGD")]
    public void Every_optimizer_lowers_the_loss_and_resumes_bit_for_bit(string kind)
    {
        var config = With(Of(kind));
        using var folder = new TemporaryFolder();
        var checkpoint = Path.Combine(folder.Path, "run.safetensors");
        using var undisturbed = new Trainer(config, SmallRun.Text);
        var start = undisturbed.Evaluate();
        undisturbed.Train();
        Assert.True(undisturbed.Points[^1].ValidationLoss < start - 0.1, $"{start} -> {undisturbed.Points[^1].ValidationLoss}");

        using (var first = new Trainer(config, SmallRun.Text))
        {
            using var stop = new CancellationTokenSource();
            first.Train(checkpoint, onStep: t => { if (t.Step == 13) stop.Cancel(); }, cancellation: stop.Token);
        }
        using var resumed = new Trainer(config, SmallRun.Text);
        resumed.Resume(checkpoint);
        resumed.Train(checkpoint);
        Assert.Equal(undisturbed.ParametersSha256, resumed.ParametersSha256);
    }

    [Fact]
    public void Muon_takes_the_matrices_of_the_blocks_and_AdamW_the_rest()
    {
        using var model = new Gpt(SmallRun.Config.Model, 30, 1);
        using var optimizer = new ModelOptimizer(With(Of("Muon")), [.. model.named_parameters()]);
        var names = optimizer.StateTensors().Select(t => t.Name).ToList();
        Assert.Equal(["optimizer.momentum_buffer.blocks.0.down.weight", "optimizer.momentum_buffer.blocks.0.projection.weight", "optimizer.momentum_buffer.blocks.0.queryKeyValue.weight", "optimizer.momentum_buffer.blocks.0.up.weight"],
            names.Where(n => n.Contains("momentum_buffer", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Contains("optimizer.exp_avg.head.weight", names);
        Assert.DoesNotContain("optimizer.exp_avg.blocks.0.up.weight", names);
    }

    static readonly OptimizerConfig adamW = new() { LearningRate = 1e-2 };
    static readonly OptimizerConfig mix = new() { Kind = "AdEMAMix", LearningRate = 1e-2, Beta3 = 0.99, Alpha = 2, AlphaWarmup = 10, Beta3Warmup = 10 };

    [Theory]
    [InlineData(12)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(33)]
    public void A_run_with_a_switch_resumes_bit_for_bit_wherever_it_was_stopped(int stoppedAt)
    {
        foreach (var config in new[] { With(adamW, new SwitchConfig { At = 20, Optimizer = mix }), With(mix, new SwitchConfig { At = 20, Optimizer = adamW }) })
        {
            using var folder = new TemporaryFolder();
            var checkpoint = Path.Combine(folder.Path, "run.safetensors");
            using (var first = new Trainer(config, SmallRun.Text))
            {
                using var stop = new CancellationTokenSource();
                first.Train(checkpoint, onStep: t => { if (t.Step == stoppedAt) stop.Cancel(); }, cancellation: stop.Token);
            }
            using var resumed = new Trainer(config, SmallRun.Text);
            resumed.Resume(checkpoint);
            resumed.Train(checkpoint);
            Assert.Equal(Train(config).Hash, resumed.ParametersSha256);
        }
    }

    [Fact]
    public void Up_to_the_switch_a_run_is_the_run_without_it_and_another_one_after_it()
    {
        var changed = With(adamW, new SwitchConfig { At = 20, Optimizer = mix });
        using var with = new Trainer(changed, SmallRun.Text);
        using var without = new Trainer(With(adamW), SmallRun.Text);
        List<string> ours = [], theirs = [];
        with.Train(onStep: t => { if (t.Step is 20 or 21 or 22) ours.Add(t.ParametersSha256); });
        without.Train(onStep: t => { if (t.Step is 20 or 21 or 22) theirs.Add(t.ParametersSha256); });
        Assert.Equal(theirs[0], ours[0]);
        Assert.NotEqual(theirs[2], ours[2]);
    }

    [Fact]
    public void A_switch_to_alpha_zero_changes_nothing()
    {
        var silent = mix with { Alpha = 0 };
        Assert.Equal(Train(With(adamW)).Hash, Train(With(adamW, new SwitchConfig { At = 20, Optimizer = silent })).Hash);
    }

    [Fact]
    public void Parts_of_a_batch_give_the_whole_batch_up_to_rounding()
    {
        var whole = SmallRun.Config with { Optimizer = adamW with { LearningRate = 1e-3 } };
        foreach (var part in new[] { 1, 2, 3 })
            Assert.Equal(Train(whole).Loss, Train(whole with { Training = whole.Training with { MicroBatchSize = part } }).Loss, 1e-5);
    }

    [Fact]
    public void Noise_replaces_the_share_of_targets_that_was_asked_for_and_the_same_ones_each_time()
    {
        var clean = new long[20_000];
        Array.Fill(clean, -1);
        var (first, again, other) = ((long[])clean.Clone(), (long[])clean.Clone(), (long[])clean.Clone());
        new LabelNoise(0.25, 50, 7).Apply(60_000, first);
        new LabelNoise(0.25, 50, 7).Apply(60_000, again);
        new LabelNoise(0.25, 50, 7).Apply(80_000, other);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        // A rank that has the second half of the rows draws what the whole would.
        var half = clean[10_000..];
        new LabelNoise(0.25, 50, 7).Apply(70_000, half);
        Assert.Equal(first[10_000..], half);
        // Five standard deviations of a binomial share.
        Assert.InRange(first.Count(t => t >= 0) / 20_000.0, 0.25 - 0.0153, 0.25 + 0.0153);
        Assert.Equal(50, first.Where(t => t >= 0).Distinct().Count());
        Assert.All(first, t => Assert.InRange(t, -1, 49));
    }

    [Fact]
    public void Noise_in_the_targets_raises_the_training_loss()
    {
        var clean = SmallRun.Config;
        var noisy = clean with { Data = clean.Data with { LabelNoise = 0.5 } };
        using var one = new Trainer(clean, SmallRun.Text);
        using var two = new Trainer(noisy, SmallRun.Text);
        one.Train();
        two.Train();
        Assert.True(two.Points[^1].TrainLoss > one.Points[^1].TrainLoss + 0.1);
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { """{"optimizer":{"kind":"Adam"}}""", "optimizer.kind is 'Adam', but must be AdamW, AdEMAMix, SimplifiedAdEMAMix, Ad3EMAMix, Lion, Muon or SGD." },
        { """{"optimizer":{"kind":"Lion","beta3":0.99}}""", "optimizer.beta3 is 0.99, but Lion has no such hyperparameter; remove it or set optimizer.kind to AdEMAMix or Ad3EMAMix." },
        { """{"optimizer":{"kind":"Ad3EMAMix","stateFormat":"bfloat16"}}""", "optimizer.stateFormat is 'bfloat16', but Ad3EMAMix keeps its moments in float: set it to full." },
        { """{"optimizer":{"kind":"Muon","stateFormat":"eightBit"}}""", "optimizer.stateFormat is 'eightBit', but Muon keeps its momentum in float: set it to full." },
        { """{"data":{"labelNoise":1.5}}""", "data.labelNoise is 1.5, but must be in [0, 1)." },
        { """{"data":{"sha256":"12ab"}}""", "data.sha256 is '12ab', but must be 64 hexadecimal digits in small letters, or null to take the data as they are." },
        { """{"training":{"microBatchSize":17}}""", "training.microBatchSize is 17, but must be from 1 to training.batchSize (16), or null for the whole batch." },
        { """{"switch":{"at":0,"optimizer":{"kind":"AdEMAMix"}}}""", "switch.at is 0, but must be a step from 1 to the last but one (3999)." },
        { """{"switch":{"at":5,"optimizer":{"kind":"Lion"}}}""", "switch.optimizer.kind is 'Lion', but a run with AdamW can only switch between AdamW and AdEMAMix." },
        { """{"switch":{"at":5,"optimizer":{"kind":"AdEMAMix","beta2":0.9}}}""", "switch.optimizer.beta2 is 0.9, but the moments go on, so it must be that of the first optimizer (0.999)." },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_cannot_be_is_refused_by_name(string json, string message)
    {
        var problem = Assert.Throws<ConfigException>(() => RunConfig.Parse(json, "config"));
        Assert.Equal($"config: {message}", problem.Message);
    }
}
