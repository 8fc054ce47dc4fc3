using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

/// Laws of the algorithm that hold bit for bit.
public class LawsTests
{
    static readonly long[][] Shapes = [[3], [7, 5], [1], [129], [40, 33]];

    static List<Parameter> Parameters(ScalarType type = ScalarType.Float32) => [.. Shapes.Select((shape, i) => Make.Parameter(i, type, shape))];

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.BFloat16)]
    public void Alpha_zero_is_AdamW(ScalarType type)
    {
        var (a, b) = (Parameters(type), Parameters(type));
        using var mix = new AdEMAMix(a, lr: 1e-2, alpha: 0, weight_decay: 0.1);
        using var adam = new AdamW(b, lr: 1e-2, weight_decay: 0.1);
        Assert.Equal(Make.Train(adam, b, 20), Make.Train(mix, a, 20));
    }

    [Fact]
    public void Thread_counts_agree_bitwise()
    {
        double[][]? first = null;
        foreach (var threads in (int[])[1, 2, 3, 7])
        {
            List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float32, 200_003), Make.Parameter(2, ScalarType.Float32, 77, 501), Make.Parameter(3, ScalarType.Float32, 5)];
            using var optimizer = new AdEMAMix(parameters, weight_decay: 0.1, alpha_warmup: 3, beta3_warmup: 3, max_grad_norm: 0.5) { Threads = threads };
            var values = Make.Train(optimizer, parameters, 4);
            first ??= values;
            Assert.Equal(first, values);
        }
    }

    [Fact]
    public void Splitting_a_tensor_into_many_changes_nothing()
    {
        var (start, gradients) = (Make.Numbers(1, 1000), Enumerable.Range(0, 10).Select(t => Make.Numbers(50 + t, 1000)).ToArray());
        double[] Run(params int[] cuts)
        {
            int[] edges = [0, .. cuts, 1000];
            var parts = edges.Zip(edges.Skip(1)).Select(e => new Parameter(tensor(start[e.First..e.Second], ScalarType.Float32))).ToList();
            using var optimizer = new AdEMAMix(parts, weight_decay: 0.1);
            foreach (var g in gradients)
            {
                for (var i = 0; i < parts.Count; i++)
                    parts[i].grad = tensor(g[edges[i]..edges[i + 1]], ScalarType.Float32);
                optimizer.step();
            }
            return [.. parts.SelectMany(Make.Values)];
        }
        var whole = Run();
        Assert.Equal(whole, Run(1, 2, 3, 100, 517, 999));
        Assert.Equal(whole, Run([.. Enumerable.Range(1, 999)]));
    }

    [Fact]
    public void The_slow_average_of_a_constant_gradient_has_its_closed_form()
    {
        List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float64, 9)];
        using var optimizer = new AdEMAMix(parameters, beta3: 0.999, weight_decay: 0.1);
        var g = Make.Tensor(5, ScalarType.Float64, 9);
        parameters[0].grad = g;
        for (var t = 0; t < 300; t++)
            optimizer.step();
        var expected = Make.Values(g).Select(x => x * (1 - Math.Pow(0.999, 300))).ToArray();
        var slow = Make.Values(((AdEMAMix.State)optimizer.state_dict().State[0]).exp_avg_slow);
        Assert.All(expected.Zip(slow), pair => Assert.Equal(pair.First, pair.Second, Math.Abs(pair.First) * 1e-12));
    }

    [Fact]
    public void The_first_step_does_not_divide_the_slow_average_by_the_bias_correction()
    {
        // A step from zero moments: direction = g * (1 + alpha * (1 - beta3)) / (|g| + eps), not ten times alpha.
        List<Parameter> parameters = [new Parameter(tensor((double[])[1.0], ScalarType.Float64))];
        using var optimizer = new AdEMAMix(parameters, lr: 0.1, beta3: 0.99, alpha: 5);
        parameters[0].grad = tensor((double[])[2.0], ScalarType.Float64);
        optimizer.step();
        Assert.Equal(1 - 0.1 * (1 + 5 * 0.01), Make.Values(parameters[0])[0], 1e-9);
    }

    [Fact]
    public void Beta1_zero_keeps_no_fast_average()
    {
        var parameters = Parameters();
        using var without = new AdEMAMix(parameters, beta1: 0);
        using var adam = new AdamW(Parameters());
        Assert.Null(((AdEMAMix.State)without.state_dict().State[0]).exp_avg_fast);
        Assert.Equal(adam.StateBytes, without.StateBytes);
    }
}
