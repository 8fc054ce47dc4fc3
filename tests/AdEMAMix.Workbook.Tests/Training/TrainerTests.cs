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
