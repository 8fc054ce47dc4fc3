using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

/// What people ask an optimizer for beyond the step itself.
public class UsesTests
{
    [Fact]
    public void Switching_from_AdamW_keeps_its_moments_and_starts_the_schedules()
    {
        var parameter = Make.Parameter(1, ScalarType.Float64, 50);
        using var adam = new AdamW([("w", parameter)], lr: 1e-2, weight_decay: 0.1);
        Make.Train(adam, [parameter], 30);
        using var mix = AdEMAMix.FromAdamW(adam, alpha: 8, alpha_warmup: 100, beta3_warmup: 100);
        var (before, after) = ((AdamW.State)adam.state_dict().State[0], (AdEMAMix.State)mix.state_dict().State[0]);
        Assert.Equal(Make.Values(before.exp_avg), Make.Values(after.exp_avg_fast!));
        Assert.Equal(Make.Values(before.exp_avg_sq), Make.Values(after.exp_avg_sq));
        Assert.All(Make.Values(after.exp_avg_slow), x => Assert.Equal(0, x));
        var options = (AdEMAMix.Options)mix.state_dict().Options[0];
        Assert.Equal((30L, 0L, 1e-2, 0.1), (after.step, options.step!.Value, options.LearningRate!.Value, options.weight_decay!.Value));
    }

    [Fact]
    public void Switching_to_AdEMAMix_with_alpha_zero_and_back_is_AdamW_all_along()
    {
        var (a, b) = (Make.Parameter(1, ScalarType.Float32, 50), Make.Parameter(1, ScalarType.Float32, 50));
        using var straight = new AdamW([a], lr: 1e-2, weight_decay: 0.1);
        using var first = new AdamW([b], lr: 1e-2, weight_decay: 0.1);
        Make.Train(straight, [a], 5);
        Make.Train(first, [b], 5);
        using var middle = AdEMAMix.FromAdamW(first, alpha: 0);
        Assert.Equal(Make.Train(straight, [a], 5, from: 5), Make.Train(middle, [b], 5, from: 5));
        using var last = middle.ToAdamW();
        Assert.Equal(Make.Train(straight, [a], 5, from: 10), Make.Train(last, [b], 5, from: 10));
    }

    [Theory]
    [InlineData(StepMode.Automatic)]
    [InlineData(StepMode.Operators)]
    public void The_guard_stops_the_blow_up_of_a_rare_gradient(StepMode mode)
    {
        // One gradient, then silence. beta3 > beta2: the root of the second moment decays faster than the slow average.
        double LastStep(bool guard)
        {
            var w = new Parameter(zeros([8], ScalarType.Float64));
            using var optimizer = new AdEMAMix([w], lr: 1, beta2: 0.9, beta3: 0.999, alpha: 5, rare_gradient_guard: guard) { Mode = mode };
            w.grad = ones([8], ScalarType.Float64);
            optimizer.step();
            w.grad = zeros([8], ScalarType.Float64);
            for (var t = 0; t < 198; t++)
                optimizer.step();
            var before = Make.Values(w)[0];
            optimizer.step();
            return Math.Abs(Make.Values(w)[0] - before);
        }
        Assert.True(LastStep(guard: false) > 50, $"{LastStep(guard: false)}");
        Assert.True(LastStep(guard: true) < 0.1, $"{LastStep(guard: true)}");
    }

    [Fact]
    public void The_guard_changes_nothing_while_gradients_come()
    {
        var (a, b) = (Make.Parameter(1, ScalarType.Float32, 50), Make.Parameter(1, ScalarType.Float32, 50));
        using var plain = new AdEMAMix([a], weight_decay: 0.1);
        using var guarded = new AdEMAMix([b], weight_decay: 0.1, rare_gradient_guard: true);
        Assert.Equal(Make.Train(plain, [a], 10), Make.Train(guarded, [b], 10));
    }

    [Theory]
    [InlineData(StepMode.Automatic)]
    [InlineData(StepMode.Operators)]
    public void Statistics_are_those_of_the_tensors(StepMode mode)
    {
        List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float64, 6, 4), Make.Parameter(2, ScalarType.Float64, 9)];
        using var optimizer = new AdEMAMix(parameters, max_grad_norm: 0.5, weight_decay: 0.1) { Mode = mode };
        var before = Make.Train(optimizer, parameters, 3).SelectMany(x => x).ToArray();
        Assert.Null(optimizer.LastStatistics);
        optimizer.CollectStatistics = true;
        var after = Make.Train(optimizer, parameters, 1, from: 3).SelectMany(x => x).ToArray();

        var s = optimizer.LastStatistics!;
        var states = optimizer.state_dict().State.Cast<AdEMAMix.State>().ToList();
        var (fast, slow) = (states.SelectMany(x => Make.Values(x.exp_avg_fast!)).ToArray(), states.SelectMany(x => Make.Values(x.exp_avg_slow)).ToArray());
        Assert.Equal(Rms(after.Zip(before, (x, y) => x - y)), s.UpdateRms, 1e-12);
        Assert.Equal(Rms(fast), s.MomentRms["exp_avg_fast"], 1e-12);
        Assert.Equal(Rms(slow), s.MomentRms["exp_avg_slow"], 1e-12);
        Assert.Equal(fast.Zip(slow, (x, y) => x * y).Sum() / (33 * Rms(fast) * Rms(slow)), s.Cosine!.Value, 1e-9);
        var norm = Math.Sqrt(parameters.Sum(p => Make.Values(p.grad!).Sum(x => x * x)));
        Assert.Equal(norm, s.GradientNorm, 1e-9);
        Assert.Equal(0.5 / (norm + 1e-6), s.ClipFactor, 1e-9);
    }

    [Fact]
    public void Matrices_decay_and_vectors_do_not()
    {
        List<(string, Parameter)> all = [("fc.weight", Make.Parameter(1, ScalarType.Float32, 3, 2)), ("fc.bias", Make.Parameter(2, ScalarType.Float32, 3)), ("norm.weight", Make.Parameter(3, ScalarType.Float32, 3))];
        var (decayed, plain) = ParameterGroups.ByDimension(all);
        Assert.Equal(["fc.weight"], decayed.Select(p => p.name));
        Assert.Equal(["fc.bias", "norm.weight"], plain.Select(p => p.name));
        Assert.Equal(["fc.weight", "fc.bias"], ParameterGroups.ByName(all, "norm").Decayed.Select(p => p.name));
        Assert.Contains("'nrom'", Assert.Throws<ParameterException>(() => ParameterGroups.ByName(all, "nrom")).Message);
    }

    [Theory]
    [InlineData(4_000, 0.998, 4)]
    [InlineData(256_000, 0.9999, 8)]
    public void A_proposal_meets_what_was_measured(long steps, double beta3, double alpha)
    {
        var proposal = AdEMAMixProposal.For(steps, 64, 1e-3);
        var h = proposal.Hyperparameters;
        Assert.Equal((beta3, alpha, steps, steps), (h.Beta3, h.Alpha, h.AlphaWarmup, h.Beta3Warmup));
        Assert.InRange(h.LearningRate, 0.5e-3, 1e-3);
        Assert.Equal(4, proposal.Reasons.Count);
        Assert.Empty(AdEMAMixProposal.Warnings(h, steps));
    }

    [Fact]
    public void Settings_that_destroy_a_run_are_warned_of()
    {
        Assert.Contains(AdEMAMixProposal.Warnings(new AdEMAMixHyperparameters(AlphaWarmup: 4000, Beta3Warmup: 4000), 4000), w => w.StartsWith("beta3 = 0.9999 remembers 10000 steps", StringComparison.Ordinal));
        Assert.Contains(AdEMAMixProposal.Warnings(new AdEMAMixHyperparameters(), 256_000), w => w.Contains("warmup", StringComparison.Ordinal));
    }

    [Fact]
    public void The_factory_in_dotnet_casing_passes_everything_on()
    {
        var p = Make.Parameter(1, ScalarType.Float32, 3);
        using var optimizer = Optim.AdEMAMix([p], learningRate: 0.5, beta1: 0.8, beta2: 0.95, beta3: 0.99, alpha: 3, alphaWarmup: 7, beta3Warmup: 9, epsilon: 1e-6, weightDecay: 0.2, maxGradNorm: 2, stateFormat: StateFormat.BFloat16, seed: 5, rareGradientGuard: true);
        var o = (AdEMAMix.Options)optimizer.state_dict().Options[0];
        Assert.Equal([0.5, 0.2, 0.8, 0.95, 0.99, 3, 7, 9, 1e-6, 1], o.Hyperparameters.Select(h => h.Get()!.Value));
        Assert.Equal((2.0, StateFormat.BFloat16, 5L), (optimizer.MaxGradNorm!.Value, o.state_format!.Value, o.seed!.Value));
    }

    static double Rms(IEnumerable<double> x) => Math.Sqrt(x.Average(y => y * y));
}
