// The table of public optimizers that parity replays. A new optimizer that is missing here fails the replay itself.
using TorchSharp.Modules;

namespace AdEMAMix;

/// <summary>One public optimizer and what it is compared with.</summary>
/// <param name="Type">The class.</param>
/// <param name="Create">Makes it for a case's parameters and hyperparameters.</param>
/// <param name="Reference">Follows the same run in a trusted way.</param>
/// <param name="Covers">The cases that it can replay.</param>
/// <param name="Against">What the reference is, where it is not the golden file.</param>
sealed record ParityImplementation(
    Type Type, Func<IEnumerable<Parameter>, AdEMAMixHyperparameters, ElementwiseOptimizer> Create,
    Func<ParityCase, IEnumerable<TrackPoint>> Reference, Func<ParityCase, bool> Covers, string? Against = null)
{
    /// <summary>Every public optimizer of the library, at least once.</summary>
    public static IReadOnlyList<ParityImplementation> All { get; } =
    [
        new(typeof(AdEMAMix),
            (p, h) => new AdEMAMix(p, h.LearningRate, h.Beta1, h.Beta2, h.Beta3, h.Alpha, h.AlphaWarmup, h.Beta3Warmup, h.Epsilon, h.WeightDecay),
            ParityTrack.Golden, _ => true),
        new(typeof(AdamW), NewAdamW, ParityTrack.GoldenAdamW, c => c.Hyperparameters.Alpha == 0),
        new(typeof(AdamW), NewAdamW, ParityTrack.ReferenceWithAlphaZero, _ => true, "AdEMAMixReference with alpha = 0"),
    ];

    /// <summary>The public optimizers that the table above lacks.</summary>
    public static IEnumerable<Type> Missing => typeof(ElementwiseOptimizer).Assembly.GetExportedTypes()
        .Where(type => type.IsSubclassOf(typeof(TorchSharp.torch.optim.Optimizer)) && !type.IsAbstract)
        .Except(All.Select(implementation => implementation.Type));

    static AdamW NewAdamW(IEnumerable<Parameter> p, AdEMAMixHyperparameters h) =>
        new(p, h.LearningRate, h.Beta1, h.Beta2, h.Epsilon, h.WeightDecay);
}
