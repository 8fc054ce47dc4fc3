// The table of public optimizers that parity replays. A new optimizer that is missing here fails the replay itself.
using TorchSharp.Modules;

namespace AdEMAMix;

/// <summary>One public optimizer and what it is compared with.</summary>
/// <param name="Type">The class.</param>
/// <param name="Create">Makes it for a case's parameters and hyperparameters.</param>
/// <param name="Reference">Follows the same run in a trusted way.</param>
/// <param name="Takes">The part of a case that it can replay; null if none.</param>
/// <param name="ComparedWith">What the reference is, where it is not the golden file.</param>
sealed record ParityImplementation(
    Type Type, Func<IEnumerable<Parameter>, AdEMAMixHyperparameters, ElementwiseOptimizer> Create,
    Func<ParityCase, IEnumerable<TrackPoint>> Reference, Func<ParityCase, ParityCase?> Takes, string? ComparedWith = null)
{
    /// <summary>
    /// The largest error that counts as agreement in float. Lion's 400 equal steps of one element add up one rounding of the float
    /// parameter 400 times, hence the larger bound that the golden file's rare-token case has.
    /// </summary>
    public double Float32Limit { get; init; } = 2e-6;

    /// <summary>Whether it has kernels beside its tensor operators.</summary>
    public bool HasKernel => Type != typeof(Muon) && Type != typeof(Ad3EMAMix);

    /// <summary>Every public optimizer of the library, at least once.</summary>
    public static IReadOnlyList<ParityImplementation> All { get; } =
    [
        new(typeof(AdEMAMix),
            (p, h) => new AdEMAMix(p, h.LearningRate, h.Beta1, h.Beta2, h.Beta3, h.Alpha, h.AlphaWarmup, h.Beta3Warmup, h.Epsilon, h.WeightDecay),
            ParityTrack.Golden, c => c),
        new(typeof(AdamW), NewAdamW, ParityTrack.GoldenAdamW, c => c.Hyperparameters.Alpha == 0 ? c : null),
        new(typeof(AdamW), NewAdamW, ParityTrack.ReferenceWithAlphaZero, c => c, "AdEMAMixReference with alpha = 0"),
        Against("SimplifiedAdEMAMixReference",
            (p, h) => new SimplifiedAdEMAMix(p, h.LearningRate, h.Beta1, h.Beta2, h.Alpha, null, h.Epsilon, h.WeightDecay),
            (h, n) => new SimplifiedAdEMAMixReference(h.LearningRate, h.Beta1, h.Beta2, h.Alpha, h.Epsilon, h.WeightDecay, n)),
        // The file knows two averages: the third is the slow one's, with half its memory and its weight.
        Against("Ad3EMAMixReference",
            (p, h) => new Ad3EMAMix(p, h.LearningRate, h.Beta1, h.Beta2, h.Beta3, h.Beta3 * h.Beta3, h.Alpha, h.Alpha / 2, h.AlphaWarmup, h.Beta3Warmup, h.Epsilon, h.WeightDecay),
            (h, n) => new Ad3EMAMixReference(h, h.Beta3 * h.Beta3, h.Alpha / 2, n)),
        AgainstLion("LionReference") with { Takes = c => c.Gradients.Count <= 100 ? c : null },
        AgainstLion("LionReference over 400 equal steps") with { Takes = c => c.Gradients.Count > 100 ? c : null, Float32Limit = 1e-5 },
        Against("SgdReference",
            (p, h) => new Sgd(p, h.LearningRate, h.Beta1, false, h.WeightDecay),
            (h, n) => new SgdReference(h.LearningRate, h.Beta1, false, h.WeightDecay, n)),
        new(typeof(Muon), (p, h) => new Muon(p, h.LearningRate, h.Beta1, true, h.WeightDecay),
            c => ParityTrack.Follow(c, (h, shape) => new MuonReference(h.LearningRate, h.Beta1, true, h.WeightDecay, (int)shape[0], (int)shape[1])),
            c => c.Only(shape => shape.Length == 2), "MuonReference"),
    ];

    /// <summary>The public optimizers that the table above lacks.</summary>
    public static IEnumerable<Type> Missing => typeof(ElementwiseOptimizer).Assembly.GetExportedTypes()
        .Where(type => type.IsSubclassOf(typeof(TorchSharp.torch.optim.Optimizer)) && !type.IsAbstract)
        .Except(All.Select(implementation => implementation.Type));

    static ParityImplementation Against<T>(string reference, Func<IEnumerable<Parameter>, AdEMAMixHyperparameters, T> create,
        Func<AdEMAMixHyperparameters, int, IReferenceOptimizer> follow) where T : ElementwiseOptimizer =>
        new(typeof(T), create, c => ParityTrack.Follow(c, (h, shape) => follow(h, (int)shape.Aggregate(1L, (a, b) => a * b))), c => c, reference);

    // Every element moves by the learning rate, so Lion's are smaller than the file's, which are AdEMAMix's.
    static ParityImplementation AgainstLion(string reference) => Against(reference,
        (p, h) => new Lion(p, h.LearningRate / 10, h.Beta1, h.Beta2, h.WeightDecay),
        (h, n) => new LionReference(h.LearningRate / 10, h.Beta1, h.Beta2, h.WeightDecay, n));

    static AdamW NewAdamW(IEnumerable<Parameter> p, AdEMAMixHyperparameters h) =>
        new(p, h.LearningRate, h.Beta1, h.Beta2, h.Epsilon, h.WeightDecay);
}
