// Small real tensors for the tests: numbers from a seed, parameters with gradients.
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

static class Make
{
    public static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", name);

    public static double[] Numbers(int seed, long count, double scale = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, (int)count).Select(_ => scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))];
    }

    public static Parameter Parameter(int seed, ScalarType type = ScalarType.Float32, params long[] shape) =>
        new(Tensor(seed, type, shape));

    // In scopes, here and below: a scope keeps the tensors in between alive while native code works on them.
    public static Tensor Tensor(int seed, ScalarType type, params long[] shape)
    {
        using var scope = NewDisposeScope();
        return tensor(Numbers(seed, shape.Aggregate(1L, (a, b) => a * b)), ScalarType.Float64).reshape(shape).to_type(type).MoveToOuterDisposeScope();
    }

    public static double[] Values(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var flat = tensor.detach().to_type(ScalarType.Float64).contiguous().reshape(-1);
        return [.. flat.data<double>()];
    }

    /// Runs steps with gradients that depend only on step and parameter, and returns the parameters' values.
    public static double[][] Train(ElementwiseOptimizer optimizer, IReadOnlyList<Parameter> parameters, int steps, int from = 0)
    {
        for (var t = from; t < from + steps; t++)
        {
            for (var i = 0; i < parameters.Count; i++)
                parameters[i].grad = Tensor(1000 * t + i, parameters[i].dtype, parameters[i].shape);
            optimizer.step();
        }
        return [.. parameters.Select(Values)];
    }
}
