using MathNet.Numerics.Random;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Initial weights of <see cref="Gpt"/> and <see cref="Vit"/>. Norms keep weight 1 and bias 0.</summary>
static class GptInitialization
{
    const double Deviation = 0.02;

    /// <summary>Weights from N(0, 0.02), residual projections divided by sqrt(2 x layers).</summary>
    /// <remarks>Drawn here and not by libtorch, whose random streams differ between versions and devices.</remarks>
    public static void Normal(nn.Module model, int layers, int seed)
    {
        var random = new Xoshiro256StarStar(seed);
        Fill(model, layers, (values, deviation) =>
        {
            var drawn = new double[values.Length];
            MathNet.Numerics.Distributions.Normal.Samples(random, drawn, 0, deviation);
            for (var i = 0; i < drawn.Length; i++) values[i] = (float)drawn[i];
        });
    }

    /// <summary>Weights by a formula in integers that any language repeats exactly: uniform, with the same deviations.</summary>
    public static void Formula(nn.Module model, int layers)
    {
        uint counter = 0;
        Fill(model, layers, (values, deviation) =>
        {
            for (var i = 0; i < values.Length; i++)
                values[i] = (float)(deviation * Math.Sqrt(12) * (Hash(counter++) / 4294967296.0 - 0.5));
        });
    }

    internal static uint Hash(uint x)
    {
        x = (x ^ (x >> 16)) * 0x7feb352du;
        x = (x ^ (x >> 15)) * 0x846ca68bu;
        return x ^ (x >> 16);
    }

    // By name, so that the order in which a package lists parameters does not matter.
    static void Fill(nn.Module model, int layers, Action<float[], double> draw)
    {
        using var frozen = no_grad();
        foreach (var (name, parameter) in model.named_parameters().OrderBy(p => p.name, StringComparer.Ordinal))
        {
            if (parameter.dim() < 2) continue;
            var residual = name.EndsWith("projection.weight", StringComparison.Ordinal) || name.EndsWith("down.weight", StringComparison.Ordinal);
            var values = new float[parameter.numel()];
            draw(values, residual ? Deviation / Math.Sqrt(2 * layers) : Deviation);
            using var source = tensor(values, parameter.shape);
            parameter.copy_(source);
        }
    }
}
