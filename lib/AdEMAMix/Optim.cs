// The optimizers in .NET casing, for those who do not write Python's.
using TorchSharp.Modules;

namespace AdEMAMix;

/// <summary>Makes optimizers: <c>Optim.AdEMAMix(model.named_parameters(), learningRate: 1e-3)</c>.</summary>
public static class Optim
{
    /// <inheritdoc cref="global::AdEMAMix.AdEMAMix(IEnumerable{Parameter}, double, double, double, double, double, long?, long?, double, double, double?, StateFormat, long, bool)"/>
    public static AdEMAMix AdEMAMix(IEnumerable<Parameter> parameters, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double beta3 = 0.9999,
        double alpha = 5, long? alphaWarmup = null, long? beta3Warmup = null, double epsilon = 1e-8, double weightDecay = 0,
        double? maxGradNorm = null, StateFormat stateFormat = StateFormat.Full, long seed = 0, bool rareGradientGuard = false) =>
        new(parameters, learningRate, beta1, beta2, beta3, alpha, alphaWarmup, beta3Warmup, epsilon, weightDecay, maxGradNorm, stateFormat, seed, rareGradientGuard);

    /// <inheritdoc cref="global::AdEMAMix.AdEMAMix(IEnumerable{Parameter}, double, double, double, double, double, long?, long?, double, double, double?, StateFormat, long, bool)"/>
    public static AdEMAMix AdEMAMix(IEnumerable<(string name, Parameter parameter)> parameters, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double beta3 = 0.9999,
        double alpha = 5, long? alphaWarmup = null, long? beta3Warmup = null, double epsilon = 1e-8, double weightDecay = 0,
        double? maxGradNorm = null, StateFormat stateFormat = StateFormat.Full, long seed = 0, bool rareGradientGuard = false) =>
        new(parameters, learningRate, beta1, beta2, beta3, alpha, alphaWarmup, beta3Warmup, epsilon, weightDecay, maxGradNorm, stateFormat, seed, rareGradientGuard);

    /// <summary>AdEMAMix from a record of hyperparameters, such as a proposal.</summary>
    public static AdEMAMix AdEMAMix(IEnumerable<(string name, Parameter parameter)> parameters, AdEMAMixHyperparameters h, double? maxGradNorm = null, StateFormat stateFormat = StateFormat.Full, long seed = 0) =>
        new(parameters, h.LearningRate, h.Beta1, h.Beta2, h.Beta3, h.Alpha, h.AlphaWarmup, h.Beta3Warmup, h.Epsilon, h.WeightDecay, maxGradNorm, stateFormat, seed);

    /// <inheritdoc cref="global::AdEMAMix.AdamW(IEnumerable{Parameter}, double, double, double, double, double, double?, StateFormat, long)"/>
    public static AdamW AdamW(IEnumerable<(string name, Parameter parameter)> parameters, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8,
        double weightDecay = 0, double? maxGradNorm = null, StateFormat stateFormat = StateFormat.Full, long seed = 0) =>
        new(parameters, learningRate, beta1, beta2, epsilon, weightDecay, maxGradNorm, stateFormat, seed);

    /// <inheritdoc cref="global::AdEMAMix.SimplifiedAdEMAMix(IEnumerable{Parameter}, double, double, double, double, long?, double, double, double?, StateFormat, long)"/>
    public static SimplifiedAdEMAMix SimplifiedAdEMAMix(IEnumerable<(string name, Parameter parameter)> parameters, double learningRate = 1e-4, double beta1 = 0.99, double beta2 = 0.95, double alpha = 0,
        long? beta1Warmup = null, double epsilon = 1e-8, double weightDecay = 0, double? maxGradNorm = null, StateFormat stateFormat = StateFormat.Full, long seed = 0) =>
        new(parameters, learningRate, beta1, beta2, alpha, beta1Warmup, epsilon, weightDecay, maxGradNorm, stateFormat, seed);

    /// <inheritdoc cref="global::AdEMAMix.Ad3EMAMix(IEnumerable{Parameter}, double, double, double, double, double, double, double, long?, long?, double, double, double?)"/>
    public static Ad3EMAMix Ad3EMAMix(IEnumerable<(string name, Parameter parameter)> parameters, double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double beta3 = 0.999, double beta4 = 0.9999,
        double alpha = 5, double alpha4 = 5, long? alphaWarmup = null, long? beta3Warmup = null, double epsilon = 1e-8, double weightDecay = 0, double? maxGradNorm = null) =>
        new(parameters, learningRate, beta1, beta2, beta3, beta4, alpha, alpha4, alphaWarmup, beta3Warmup, epsilon, weightDecay, maxGradNorm);

    /// <inheritdoc cref="global::AdEMAMix.Lion(IEnumerable{Parameter}, double, double, double, double, double?, StateFormat, long)"/>
    public static Lion Lion(IEnumerable<(string name, Parameter parameter)> parameters, double learningRate = 1e-4, double beta1 = 0.9, double beta2 = 0.99,
        double weightDecay = 0, double? maxGradNorm = null, StateFormat stateFormat = StateFormat.Full, long seed = 0) =>
        new(parameters, learningRate, beta1, beta2, weightDecay, maxGradNorm, stateFormat, seed);

    /// <inheritdoc cref="global::AdEMAMix.Sgd(IEnumerable{Parameter}, double, double, bool, double, double?, StateFormat, long)"/>
    public static Sgd Sgd(IEnumerable<(string name, Parameter parameter)> parameters, double learningRate = 1e-2, double momentum = 0.9, bool nesterov = false,
        double weightDecay = 0, double? maxGradNorm = null, StateFormat stateFormat = StateFormat.Full, long seed = 0) =>
        new(parameters, learningRate, momentum, nesterov, weightDecay, maxGradNorm, stateFormat, seed);

    /// <inheritdoc cref="global::AdEMAMix.Muon(IEnumerable{Parameter}, double, double, bool, double, double?)"/>
    public static Muon Muon(IEnumerable<(string name, Parameter parameter)> parameters, double learningRate = 2e-2, double momentum = 0.95, bool nesterov = true,
        double weightDecay = 0, double? maxGradNorm = null) =>
        new(parameters, learningRate, momentum, nesterov, weightDecay, maxGradNorm);
}
