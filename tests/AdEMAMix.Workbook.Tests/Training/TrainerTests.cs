using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class TrainerTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static Trainer Start(RunConfig config) => new(config, SmallRun.Text);

    static RunConfig WithOptimizer(string kind) => kind == "AdEMAMix" ? SmallRun.Config
        : SmallRun.Config with { Optimizer = new OptimizerConfig { Kind = kind, LearningRate = 1e-2 } };

    // What a run computes; how fast it went is another matter.
    static IEnumerable<(int, double, double?, double)> Values(Trainer trainer) => trainer.Points.Select(p => (p.Step, p.TrainLoss, p.ValidationLoss, p.LearningRate));

    [Theory]
    [InlineData("AdamW")]
    [InlineData("AdEMAMix")]
    public void A_model_learns(string kind)
    {
        using var trainer = Start(WithOptimizer(kind));
        var before = trainer.Evaluate();
        Assert.Equal(TrainingEnd.Finished, trainer.Train());
        Assert.Equal(40, trainer.Step);
        Assert.True(trainer.Result().ValidationLoss < before - 0.3, $"{before} -> {trainer.Result().ValidationLoss}");
    }

    [Fact]
    public void Points_stand_at_every_report_and_evaluation_and_at_the_end()
    {
        using var trainer = Start(SmallRun.Config);
        var seen = new List<RunPoint>();
        trainer.Train(onPoint: seen.Add);
        Assert.Equal(trainer.Points, seen);
        Assert.Equal([7, 14, 20, 21, 28, 35, 40], seen.Select(p => p.Step));
        Assert.Equal([20, 40], seen.Where(p => p.ValidationLoss is not null).Select(p => p.Step));
        Assert.All(seen, p => Assert.Equal(p.Step * 4 * 16, p.Tokens));
        Assert.All(seen.Zip(seen.Skip(1)), pair => Assert.True(pair.First.Seconds < pair.Second.Seconds));
    }

    [Fact]
    public void Two_runs_of_one_configuration_are_bitwise_equal()
    {
        using var one = Start(SmallRun.Config);
        using var two = Start(SmallRun.Config);
        one.Train();
        two.Train();
        Assert.Equal(one.ParametersSha256, two.ParametersSha256);
        Assert.Equal(Values(one), Values(two));
    }

    [Theory]
    [InlineData("AdamW", 10)]
    [InlineData("AdEMAMix", 1)]
    [InlineData("AdEMAMix", 23)]
    [InlineData("AdEMAMix", 40)]
    public void A_resumed_run_equals_the_undisturbed_run_bit_for_bit(string kind, int stop)
    {
        var config = WithOptimizer(kind);
        using var undisturbed = Start(config);
        undisturbed.Train();

        using var cancel = new CancellationTokenSource();
        using (var first = Start(config))
        {
            var end = first.Train(folder["run"], onStep: t => { if (t.Step == stop) cancel.Cancel(); }, cancellation: cancel.Token);
            Assert.Equal(stop == 40 ? TrainingEnd.Finished : TrainingEnd.Stopped, end);
        }
        using var second = Start(config);
        second.Resume(folder["run"]);
        Assert.Equal(stop, second.Step);
        Assert.Equal(TrainingEnd.Finished, second.Train(folder["run"]));
        Assert.Equal(undisturbed.ParametersSha256, second.ParametersSha256);
        Assert.Equal(Values(undisturbed), Values(second));
        Assert.Equal(undisturbed.Result().ValidationLoss, second.Result().ValidationLoss);
    }

    [Theory]
    [InlineData("AdEMAMix", "full")]
    [InlineData("AdEMAMix", "bfloat16")]
    [InlineData("AdEMAMix", "eightBit")]
    [InlineData("AdamW", "bfloat16")]
    [InlineData("AdamW", "eightBit")]
    public void A_run_resumes_bit_for_bit_in_every_format_of_the_state(string kind, string format)
    {
        var config = WithOptimizer(kind);
        config = config with { Optimizer = config.Optimizer with { StateFormat = format } };
        using var undisturbed = Start(config);
        undisturbed.Train();

        using var cancel = new CancellationTokenSource();
        using (var first = Start(config))
            Assert.Equal(TrainingEnd.Stopped, first.Train(folder["run"], onStep: t => { if (t.Step == 23) cancel.Cancel(); }, cancellation: cancel.Token));
        using var second = Start(config);
        second.Resume(folder["run"]);
        Assert.Equal(TrainingEnd.Finished, second.Train());
        Assert.Equal(undisturbed.ParametersSha256, second.ParametersSha256);
        Assert.Equal(Values(undisturbed), Values(second));
    }

    [Fact]
    public void Formats_of_the_state_lead_to_different_but_equally_good_models()
    {
        var trainers = new[] { null, "bfloat16", "eightBit" }.Select(format => Start(SmallRun.Config with { Optimizer = SmallRun.Config.Optimizer with { StateFormat = format } })).ToList();
        trainers.ForEach(t => t.Train());
        Assert.Equal(3, trainers.Select(t => t.ParametersSha256).Distinct().Count());
        var loss = trainers[0].Result().ValidationLoss;
        Assert.All(trainers, t => Assert.Equal(loss, t.Result().ValidationLoss, 0.05));
        trainers.ForEach(t => t.Dispose());
    }

    [Fact]
    public void A_checkpoint_holds_the_moments_as_they_are_stored()
    {
        using var trainer = Start(SmallRun.Config with { Optimizer = SmallRun.Config.Optimizer with { StateFormat = "eightBit" } });
        trainer.Train(folder["run"]);
        using var stream = File.OpenRead(folder["run"]);
        var names = SafeTensors.Open(stream).Names.Where(n => n.StartsWith("optimizer.", StringComparison.Ordinal)).ToList();
        foreach (var moment in new[] { "exp_avg_fast", "exp_avg_slow", "exp_avg_sq" })
        {
            var of = names.Where(n => n.StartsWith($"optimizer.{moment}.", StringComparison.Ordinal)).ToList();
            Assert.Equal(of.Count / 2, of.Count(n => n.StartsWith($"optimizer.{moment}.scale.", StringComparison.Ordinal)));
        }
        Assert.Equal(6 * trainer.Model.named_parameters().Count(), names.Count);
    }

    [Fact]
    public void Seconds_go_on_counting_over_a_stop()
    {
        var config = SmallRun.Config with { Training = SmallRun.Config.Training with { Steps = 20 } };
        using var first = Start(config);
        first.Train(folder["run"]);
        using var second = Start(config);
        second.Resume(folder["run"]);
        Assert.Equal(first.Seconds, second.Seconds);
        Assert.Equal(first.TokensPerSecond, second.TokensPerSecond);
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_the_run_at_its_step()
    {
        using var trainer = Start(SmallRun.Config with { Optimizer = new OptimizerConfig { LearningRate = 1e30, WeightDecay = 0 }, Training = SmallRun.Config.Training with { WarmupSteps = 0 } });
        Assert.Equal(TrainingEnd.Diverged, trainer.Train(folder["run"]));
        Assert.InRange(trainer.Step, 2, 10);
        Assert.False(File.Exists(folder["run"]));
    }

    [Fact]
    public void A_text_shorter_than_the_context_is_refused()
    {
        var config = SmallRun.Config with { Model = SmallRun.Config.Model with { Context = 2048 } };
        Assert.Throws<DataException>(() => Start(config));
    }

    [Fact]
    public void Evaluation_does_not_disturb_training()
    {
        using var one = Start(SmallRun.Config);
        using var two = Start(SmallRun.Config);
        one.Train(onStep: t => t.Evaluate());
        two.Train();
        Assert.Equal(one.ParametersSha256, two.ParametersSha256);
    }
}
