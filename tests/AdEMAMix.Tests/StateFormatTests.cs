using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

/// What moments in fewer bits keep and what they cost.
public class StateFormatTests
{
    static double[] Slow(AdEMAMix optimizer)
    {
        using var numbers = optimizer.Slots[0][0].State.Moments[1].ToNumbers();
        return Make.Values(numbers);
    }

    [Fact]
    public void Plain_rounding_to_bfloat16_freezes_the_slow_average_and_stochastic_rounding_does_not()
    {
        // An average that has reached 1 meets zero gradients: it should decay by 1 - 0.9999^2000 = 18 %.
        using var plain = ones([256], ScalarType.BFloat16);
        using (no_grad())
            for (var t = 0; t < 2000; t++)
                plain.mul_(0.9999);
        Assert.All(Make.Values(plain), x => Assert.Equal(1, x));

        List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float32, 4096)];
        using var optimizer = new AdEMAMix(parameters, beta3: 0.9999, state_format: StateFormat.BFloat16);
        using (var one = ones([4096]))
            optimizer.Slots[0][0].State.Moments[1].SetNumbers(one);
        parameters[0].grad = zeros([4096]);
        for (var t = 0; t < 2000; t++)
            optimizer.step();
        Assert.Equal(Math.Pow(0.9999, 2000), Slow(optimizer).Average(), 0.005);
    }

    [Fact]
    public void Eight_bits_do_not_freeze_the_slow_average()
    {
        List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float32, 4096)];
        using var optimizer = new AdEMAMix(parameters, beta3: 0.9999, state_format: StateFormat.EightBit);
        var start = Enumerable.Range(0, 4096).Select(i => i % 256 == 0 ? 1.0 : 0.001 * (1 + i % 97)).ToArray();
        using (var numbers = tensor(start, ScalarType.Float32))
            optimizer.Slots[0][0].State.Moments[1].SetNumbers(numbers);
        var before = Slow(optimizer);
        parameters[0].grad = zeros([4096]);
        for (var t = 0; t < 2000; t++)
            optimizer.step();
        Assert.Equal(Math.Pow(0.9999, 2000), Slow(optimizer).Sum() / before.Sum(), 0.02);
    }

    [Theory]
    [InlineData(StateFormat.BFloat16, 0.02)]
    [InlineData(StateFormat.EightBit, 0.15)]
    public void Moments_in_fewer_bits_follow_those_in_full(StateFormat format, double tolerance)
    {
        List<Parameter> narrow = [Make.Parameter(1, ScalarType.Float32, 20, 1000)];
        List<Parameter> full = [Make.Parameter(1, ScalarType.Float32, 20, 1000)];
        using var first = new AdEMAMix(narrow, lr: 0.01, beta3: 0.999, state_format: format, weight_decay: 0.1);
        using var second = new AdEMAMix(full, lr: 0.01, beta3: 0.999, weight_decay: 0.1);
        // A steady part that the slow average should find, and noise.
        var steady = Make.Tensor(77, ScalarType.Float32, 20, 1000);
        for (var t = 0; t < 200; t++)
        {
            narrow[0].grad = steady + Make.Tensor(t, ScalarType.Float32, 20, 1000);
            full[0].grad = narrow[0].grad;
            first.step();
            second.step();
        }
        var (a, b) = (Slow(first), Slow(second));
        Assert.True(Distance(a, b) < tolerance, $"relative distance of the slow averages {Distance(a, b)}");
        var start = Make.Values(Make.Parameter(1, ScalarType.Float32, 20, 1000));
        var (movedA, movedB) = (Make.Values(narrow[0]).Zip(start, (x, y) => x - y), Make.Values(full[0]).Zip(start, (x, y) => x - y));
        Assert.True(Distance(movedA, movedB) < tolerance, $"relative distance of the ways gone {Distance(movedA, movedB)}");
    }

    [Theory]
    [InlineData(StateFormat.Full, 12, 12)]
    [InlineData(StateFormat.BFloat16, 6, 6)]
    [InlineData(StateFormat.EightBit, 3, 3.05)]
    public void Bytes_per_parameter_are_as_promised(StateFormat format, double least, double most)
    {
        using var optimizer = new AdEMAMix([Make.Parameter(1, ScalarType.Float32, 300, 200)], state_format: format);
        Assert.InRange(optimizer.StateBytes / 60_000.0, least, most);
    }

    [Theory]
    [InlineData(StateFormat.BFloat16)]
    [InlineData(StateFormat.EightBit)]
    public void Thread_counts_agree_bitwise_in_every_format(StateFormat format)
    {
        double[][]? first = null;
        foreach (var threads in (int[])[1, 2, 5])
        {
            List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float32, 200_003), Make.Parameter(3, ScalarType.Float32, 5)];
            using var optimizer = new AdEMAMix(parameters, state_format: format, weight_decay: 0.1) { Threads = threads };
            var values = Make.Train(optimizer, parameters, 4);
            first ??= values;
            Assert.Equal(first, values);
        }
    }

    [Theory]
    [InlineData(StateFormat.BFloat16)]
    [InlineData(StateFormat.EightBit)]
    public void A_resumed_optimizer_is_the_uninterrupted_one_in_every_format(StateFormat format)
    {
        List<Parameter> NewParameters() => [Make.Parameter(1, ScalarType.Float32, 60, 40), Make.Parameter(2, ScalarType.BFloat16, 9)];
        AdEMAMix NewOptimizer(List<Parameter> p) => new(p, state_format: format, seed: 17, alpha_warmup: 12, beta3_warmup: 12, weight_decay: 0.1);
        var straight = NewParameters();
        using var uninterrupted = NewOptimizer(straight);
        var expected = Make.Train(uninterrupted, straight, 10);

        var resumed = NewParameters();
        using var first = NewOptimizer(resumed);
        Make.Train(first, resumed, 6);
        using var stream = new MemoryStream();
        first.save_state_dict(new BinaryWriter(stream));
        stream.Position = 0;
        using var second = NewOptimizer(resumed);
        second.load_state_dict(new BinaryReader(stream));
        Assert.Equal(expected, Make.Train(second, resumed, 4, from: 6));
    }

    [Theory]
    [InlineData(StateFormat.Full, StateFormat.EightBit, 0.02)]
    [InlineData(StateFormat.EightBit, StateFormat.Full, 0)]
    [InlineData(StateFormat.BFloat16, StateFormat.Full, 0)]
    [InlineData(StateFormat.EightBit, StateFormat.BFloat16, 0.01)]
    public void A_state_in_one_format_loads_into_another(StateFormat from, StateFormat to, double tolerance)
    {
        List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float32, 30, 40)];
        using var source = new AdEMAMix(parameters, state_format: from, weight_decay: 0.1);
        Make.Train(source, parameters, 5);
        using var target = new AdEMAMix(parameters, state_format: to);
        using var stream = new MemoryStream();
        source.save_state_dict(new BinaryWriter(stream));
        stream.Position = 0;
        target.load_state_dict(new BinaryReader(stream));
        Assert.True(Distance(Slow(target), Slow(source)) <= tolerance, $"{Distance(Slow(target), Slow(source))}");
    }

    [Fact]
    public void Double_parameters_keep_full_states() =>
        Assert.StartsWith("state_format is EightBit", Assert.Throws<HyperparameterException>(
            () => new AdEMAMix([Make.Parameter(1, ScalarType.Float64, 4)], state_format: StateFormat.EightBit)).Message);

    static double Distance(IEnumerable<double> a, IEnumerable<double> b) =>
        Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum() / b.Sum(y => y * y));
}
