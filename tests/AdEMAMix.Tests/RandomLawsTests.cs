using FsCheck;
using FsCheck.Fluent;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

/// The laws of LawsTests over random shapes, groups and hyperparameters; decay is never zero.
public class RandomLawsTests
{
    /// One optimizer to be tried, small enough to print.
    public sealed record Setting(int Seed, int[] Sizes, bool Double, double Beta1, double Beta2, double Beta3, double Alpha, int AlphaWarmup, int Beta3Warmup, double Decay, double? Clip, int Steps)
    {
        ScalarType Type => Double ? ScalarType.Float64 : ScalarType.Float32;

        public List<Parameter> Parameters() => [.. Sizes.Select((n, i) => Make.Parameter(Seed + i, Type, n))];

        public AdEMAMix New(List<Parameter> parameters, double? alpha = null, long? warmup = null, StateFormat format = StateFormat.Full) =>
            new(Groups(parameters), 3e-3, Beta1, Beta2, Beta3, alpha ?? Alpha, warmup ?? AlphaWarmup, warmup ?? Beta3Warmup, 1e-8, Decay, Clip, format);

        // Every other parameter in a group with a learning rate of its own.
        public List<AdEMAMix.ParamGroup> Groups(List<Parameter> p) => [new([.. p.Where((_, i) => i % 2 == 0)]), new([.. p.Where((_, i) => i % 2 == 1)], new AdEMAMix.Options { LearningRate = 1e-2 })];

        public List<AdamW.ParamGroup> AdamWGroups(List<Parameter> p) => [new([.. p.Where((_, i) => i % 2 == 0)]), new([.. p.Where((_, i) => i % 2 == 1)], new AdamW.Options { LearningRate = 1e-2 })];
    }

    static readonly Arbitrary<Setting> Settings = Arb.From(
        from seed in Gen.Choose(0, 1_000_000)
        from sizes in Gen.Choose(1, 300).ArrayOf().Where(a => a.Length is > 0 and < 6)
        from wide in Gen.Elements(true, false)
        from beta1 in Gen.Elements(0, 0.5, 0.9, 0.95)
        from beta2 in Gen.Elements(0.5, 0.95, 0.999)
        from beta3 in Gen.Elements(0.9, 0.999, 0.9999)
        from alpha in Gen.Elements(0, 1.5, 8)
        from alphaWarmup in Gen.Choose(0, 12)
        from beta3Warmup in Gen.Choose(0, 12)
        from decay in Gen.Elements(0.01, 0.1, 0.5)
        from clip in Gen.Elements<double?>(null, 0.3)
        from steps in Gen.Choose(1, 10)
        select new Setting(seed, sizes, wide, beta1, beta2, beta3, alpha, alphaWarmup, beta3Warmup, decay, clip, steps));

    static void ForAll(Func<Setting, bool> law) =>
        Prop.ForAll(Settings, law).Check(Config.QuickThrowOnFailure.WithMaxTest(40).WithQuietOnSuccess(true));

    static bool Same(double[][] a, double[][] b) => a.Zip(b).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));

    [Fact]
    public void Alpha_zero_is_AdamW() => ForAll(s =>
    {
        // With beta1 = 0 AdEMAMix takes the gradient itself and AdamW an average m + (g - m), which may differ in the last bit.
        s = s with { Beta1 = Math.Max(s.Beta1, 0.5) };
        var (a, b) = (s.Parameters(), s.Parameters());
        using var mix = s.New(a, alpha: 0);
        using var adam = new AdamW(s.AdamWGroups(b), 3e-3, s.Beta1, s.Beta2, 1e-8, s.Decay, s.Clip);
        return Same(Make.Train(mix, a, s.Steps), Make.Train(adam, b, s.Steps));
    });

    [Fact]
    public void A_warmup_of_0_or_1_steps_is_no_warmup() => ForAll(s =>
    {
        var (a, b) = (s.Parameters(), s.Parameters());
        using var none = s.New(a, warmup: 0);
        using var one = s.New(b, warmup: 1);
        return Same(Make.Train(none, a, s.Steps), Make.Train(one, b, s.Steps));
    });

    [Fact]
    public void Thread_counts_agree_bitwise() => ForAll(s =>
    {
        // Large enough that a second thread is used.
        s = s with { Sizes = [.. s.Sizes, 70_000 + s.Seed % 1000], Steps = 1 + s.Steps % 2 };
        var (a, b) = (s.Parameters(), s.Parameters());
        using var alone = s.New(a);
        using var shared = s.New(b);
        (alone.Threads, shared.Threads) = (1, 2 + s.Seed % 6);
        return Same(Make.Train(alone, a, s.Steps), Make.Train(shared, b, s.Steps));
    });

    [Fact]
    public void The_order_of_tensors_changes_nothing() => ForAll(s =>
    {
        var (a, b) = (s.Parameters(), s.Parameters());
        using var forward = new AdEMAMix(a, 3e-3, s.Beta1, s.Beta2, s.Beta3, s.Alpha, s.AlphaWarmup, s.Beta3Warmup, 1e-8, s.Decay);
        using var backward = new AdEMAMix(Enumerable.Reverse(b), 3e-3, s.Beta1, s.Beta2, s.Beta3, s.Alpha, s.AlphaWarmup, s.Beta3Warmup, 1e-8, s.Decay);
        return Same(Make.Train(forward, a, s.Steps), Make.Train(backward, b, s.Steps));
    });

    [Fact]
    public void Saving_and_loading_at_any_step_changes_nothing() => ForAll(s =>
    {
        var format = s.Double ? StateFormat.Full : (StateFormat)(s.Seed % 3);
        var (straight, resumed) = (s.Parameters(), s.Parameters());
        using var uninterrupted = s.New(straight, format: format);
        var expected = Make.Train(uninterrupted, straight, s.Steps + 2);
        using var first = s.New(resumed, format: format);
        Make.Train(first, resumed, s.Steps);
        using var stream = new MemoryStream();
        first.save_state_dict(new BinaryWriter(stream));
        stream.Position = 0;
        using var second = s.New(resumed, format: format);
        second.load_state_dict(new BinaryReader(stream));
        return Same(expected, Make.Train(second, resumed, 2, from: s.Steps));
    });

    [Fact]
    public void It_follows_the_reference() => ForAll(s =>
    {
        s = s with { Double = true, Clip = null };
        var parameters = s.Parameters();
        using var optimizer = new AdEMAMix(parameters, 3e-3, s.Beta1, s.Beta2, s.Beta3, s.Alpha, s.AlphaWarmup, s.Beta3Warmup, 1e-8, s.Decay);
        var theta = parameters.ConvertAll(Make.Values);
        var h = new AdEMAMixHyperparameters(3e-3, s.Beta1, s.Beta2, s.Beta3, s.Alpha, s.AlphaWarmup, s.Beta3Warmup, 1e-8, s.Decay);
        var references = theta.ConvertAll(x => new AdEMAMixReference(h, x.Length));
        for (var t = 0; t < s.Steps; t++)
            for (var i = 0; i < theta.Count; i++)
                references[i].Step(theta[i], Make.Numbers(1000 * t + i, theta[i].Length));
        return Make.Train(optimizer, parameters, s.Steps).Zip(theta).All(pair =>
            pair.First.Zip(pair.Second, (x, y) => Math.Abs(x - y)).Max() <= 1e-12 * Math.Max(1, pair.Second.Max(Math.Abs)));
    });

    [Fact]
    public void Nothing_is_half_applied_when_the_last_gradient_is_refused() => ForAll(s =>
    {
        var parameters = s.Parameters();
        using var optimizer = s.New(parameters);
        optimizer.NonFiniteGradients = NonFiniteGradients.Throw;
        Make.Train(optimizer, parameters, s.Steps);
        using var before = new MemoryStream();
        optimizer.save_state_dict(new BinaryWriter(before));
        var values = parameters.ConvertAll(Make.Values);
        foreach (var p in parameters)
            p.grad = Make.Tensor(5, p.dtype, p.shape);
        parameters[^1].grad = full(parameters[^1].shape, double.NaN, parameters[^1].dtype);
        Assert.Throws<GradientException>(() => optimizer.step());
        using var after = new MemoryStream();
        optimizer.save_state_dict(new BinaryWriter(after));
        return before.ToArray().AsSpan().SequenceEqual(after.ToArray()) && Same([.. values], [.. parameters.Select(Make.Values)]);
    });
}
