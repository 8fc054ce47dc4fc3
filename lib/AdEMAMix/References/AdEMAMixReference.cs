// AdEMAMix in the paper's symbols: algorithm 1 of arXiv 2409.03137, one array, doubles, nothing clever.
// Everything fast in this library is tested against this file.
namespace AdEMAMix;

/// <summary>The hyperparameters of AdEMAMix, named as in TorchSharp's optimizers.</summary>
/// <param name="LearningRate">eta, the learning rate.</param>
/// <param name="Beta1">Decay of the fast EMA; 0 uses the gradient itself and keeps no buffer.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Beta3">Decay of the slow EMA.</param>
/// <param name="Alpha">Weight of the slow EMA.</param>
/// <param name="AlphaWarmup">T_alpha in steps; 0 means none.</param>
/// <param name="Beta3Warmup">T_beta3 in steps; 0 means none.</param>
/// <param name="Epsilon">Added to the root of the second moment, outside the root.</param>
/// <param name="WeightDecay">lambda, decoupled.</param>
public sealed record AdEMAMixHyperparameters(
    double LearningRate = 1e-3, double Beta1 = 0.9, double Beta2 = 0.999, double Beta3 = 0.9999, double Alpha = 5,
    long AlphaWarmup = 0, long Beta3Warmup = 0, double Epsilon = 1e-8, double WeightDecay = 0);

/// <summary>AdEMAMix for one array of parameters, as clear as it can be written.</summary>
public sealed class AdEMAMixReference : IReferenceOptimizer
{
    readonly AdEMAMixHyperparameters h;
    long t;

    /// <summary>Starts with all moments zero.</summary>
    /// <param name="hyperparameters">What to step with.</param>
    /// <param name="length">How many parameters the array has.</param>
    public AdEMAMixReference(AdEMAMixHyperparameters hyperparameters, int length)
    {
        h = hyperparameters;
        (M1, M2, V) = (new double[length], new double[length], new double[length]);
    }

    /// <summary>m1, the fast EMA of the gradient.</summary>
    public double[] M1 { get; }

    /// <summary>m2, the slow EMA of the gradient.</summary>
    public double[] M2 { get; }

    /// <summary>v, the EMA of the squared gradient.</summary>
    public double[] V { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double[]> Moments => h.Beta1 == 0
        ? new Dictionary<string, double[]> { ["exp_avg_slow"] = M2, ["exp_avg_sq"] = V }
        : new Dictionary<string, double[]> { ["exp_avg_fast"] = M1, ["exp_avg_slow"] = M2, ["exp_avg_sq"] = V };

    /// <inheritdoc/>
    public void Step(Span<double> theta, ReadOnlySpan<double> g)
    {
        t++;
        var (eta, lambda, eps) = (h.LearningRate, h.WeightDecay, h.Epsilon);
        var (beta1, beta2) = (h.Beta1, h.Beta2);
        var beta3 = new Beta3Schedule(h.Beta1, h.Beta3, h.Beta3Warmup).At(t);
        var alpha = new AlphaSchedule(h.Alpha, h.AlphaWarmup).At(t);

        for (var i = 0; i < theta.Length; i++)
        {
            M1[i] = beta1 * M1[i] + (1 - beta1) * g[i];
            M2[i] = beta3 * M2[i] + (1 - beta3) * g[i];
            V[i] = beta2 * V[i] + (1 - beta2) * g[i] * g[i];

            var m1Hat = M1[i] / (1 - Math.Pow(beta1, t));
            var vHat = V[i] / (1 - Math.Pow(beta2, t));
            theta[i] -= eta * ((m1Hat + alpha * M2[i]) / (Math.Sqrt(vHat) + eps) + lambda * theta[i]);
        }
    }
}
