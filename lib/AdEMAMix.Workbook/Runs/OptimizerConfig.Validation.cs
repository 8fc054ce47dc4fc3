namespace AdEMAMix.Workbook;

// The optimizers by name, which hyperparameters each has, and their ranges.
public sealed partial record OptimizerConfig
{
    /// <summary>The <see cref="Kind"/> of the optimizer of Loshchilov and Hutter.</summary>
    public const string AdamW = "AdamW";

    /// <summary>The <see cref="Kind"/> of the optimizer of Pagliardini, Ablin and Grangier.</summary>
    public const string AdEMAMix = "AdEMAMix";

    /// <summary>The <see cref="Kind"/> of AdEMAMix with one sum of gradients in place of two averages (Morwani et al. 2025).</summary>
    public const string SimplifiedAdEMAMix = "SimplifiedAdEMAMix";

    /// <summary>The <see cref="Kind"/> of AdEMAMix with a third average.</summary>
    public const string Ad3EMAMix = "Ad3EMAMix";

    /// <summary>The <see cref="Kind"/> of the sign of a momentum (Chen et al. 2023).</summary>
    public const string Lion = "Lion";

    /// <summary>The <see cref="Kind"/> of orthogonalized momentum for matrices, AdamW for the rest (Jordan et al. 2024).</summary>
    public const string Muon = "Muon";

    /// <summary>The <see cref="Kind"/> of stochastic gradient descent with momentum.</summary>
    public const string Sgd = "SGD";

    /// <summary>The <see cref="StateFormat"/> of float moments, the default.</summary>
    public const string Full = "full";

    /// <summary>The <see cref="StateFormat"/> of bfloat16 moments.</summary>
    public const string BFloat16 = "bfloat16";

    /// <summary>The <see cref="StateFormat"/> of moments in eight bits with one scale per block.</summary>
    public const string EightBit = "eightBit";

    internal const double DefaultBeta3 = 0.9999;
    internal const double DefaultAlpha = 5;

    // Ad3EMAMix: its slow average is the shorter of two.
    internal const double DefaultMiddleBeta3 = 0.999;

    internal const double DefaultMatrixLearningRate = 0.02;

    // Which kinds have a hyperparameter that not all have.
    static readonly (string Field, Func<OptimizerConfig, object?> Value, string[] Kinds)[] special =
    [
        ("beta1Warmup", o => o.Beta1Warmup, [AdamW, SimplifiedAdEMAMix]),
        ("beta3", o => o.Beta3, [AdEMAMix, Ad3EMAMix]),
        ("beta4", o => o.Beta4, [Ad3EMAMix]),
        ("alpha", o => o.Alpha, [AdEMAMix, SimplifiedAdEMAMix, Ad3EMAMix]),
        ("alpha4", o => o.Alpha4, [Ad3EMAMix]),
        ("alphaWarmup", o => o.AlphaWarmup, [AdEMAMix, Ad3EMAMix]),
        ("beta3Warmup", o => o.Beta3Warmup, [AdEMAMix, Ad3EMAMix]),
        ("matrixLearningRate", o => o.MatrixLearningRate, [Muon]),
    ];

    /// <summary>The optimizers that a run can have.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [AdamW, AdEMAMix, SimplifiedAdEMAMix, Ad3EMAMix, Lion, Muon, Sgd];

    /// <summary>The same optimizer in its one spelling: optional hyperparameters written out where they have a default.</summary>
    internal OptimizerConfig Canonical => this with
    {
        Beta3 = Beta3 ?? For(AdEMAMix, DefaultBeta3) ?? For(Ad3EMAMix, DefaultMiddleBeta3),
        Beta4 = Beta4 ?? For(Ad3EMAMix, DefaultBeta3),
        Alpha = Alpha ?? For(AdEMAMix, DefaultAlpha) ?? For(Ad3EMAMix, DefaultAlpha) ?? For(SimplifiedAdEMAMix, 0.0),
        Alpha4 = Alpha4 ?? For(Ad3EMAMix, DefaultAlpha),
        AlphaWarmup = AlphaWarmup ?? For(AdEMAMix, 0) ?? For(Ad3EMAMix, 0),
        Beta3Warmup = Beta3Warmup ?? For(AdEMAMix, 0) ?? For(Ad3EMAMix, 0),
        MatrixLearningRate = MatrixLearningRate ?? For(Muon, DefaultMatrixLearningRate),
        Beta1Warmup = Beta1Warmup is 0 ? null : Beta1Warmup,
        // Null is the one spelling of this default: the field came later, and the ids of results from before it stay.
        StateFormat = StateFormat == Full ? null : StateFormat,
    };

    internal void Validate(string name = "optimizer")
    {
        RunConfig.Require(Kinds.Contains(Kind), $"{name}.kind", $"'{Kind}'", $"must be {string.Join(", ", Kinds.SkipLast(1))} or {Kinds[^1]}");
        RunConfig.Require(LearningRate > 0 && double.IsFinite(LearningRate), $"{name}.learningRate", LearningRate, "must be positive");
        RunConfig.Require(MatrixLearningRate is null or (> 0 and < double.PositiveInfinity), $"{name}.matrixLearningRate", MatrixLearningRate, "must be positive");
        RunConfig.InUnitInterval(Beta1, $"{name}.beta1");
        RunConfig.InUnitInterval(Beta2, $"{name}.beta2");
        RunConfig.Require(Epsilon >= 0 && double.IsFinite(Epsilon), $"{name}.epsilon", Epsilon, "must be at least 0");
        RunConfig.Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), $"{name}.weightDecay", WeightDecay, "must be at least 0");
        RunConfig.Require(StateFormat is null or Full or BFloat16 or EightBit, $"{name}.stateFormat", $"'{StateFormat}'", "must be full, bfloat16 or eightBit");
        RunConfig.Require(Kind != Muon || StateFormat is null or Full, $"{name}.stateFormat", $"'{StateFormat}'", "Muon keeps its momentum in float: set it to full");
        RunConfig.Require(Kind != Ad3EMAMix || StateFormat is null or Full, $"{name}.stateFormat", $"'{StateFormat}'", "Ad3EMAMix keeps its moments in float: set it to full");
        RunConfig.Require(Beta1Warmup is null || Kind != AdEMAMix, $"{name}.beta1Warmup", Beta1Warmup, $"AdEMAMix warms up beta3 instead ({name}.beta3Warmup); remove it or set {name}.kind to AdamW");
        foreach (var (field, value, kinds) in special)
            RunConfig.Require(value(this) is null || kinds.Contains(Kind), $"{name}.{field}", value(this), $"{Kind} has no such hyperparameter; remove it or set {name}.kind to {string.Join(" or ", kinds)}");
        RunConfig.AtLeast(0, Beta1Warmup ?? 0, $"{name}.beta1Warmup");
        RunConfig.InUnitInterval(Beta3 ?? DefaultBeta3, $"{name}.beta3");
        RunConfig.InUnitInterval(Beta4 ?? DefaultBeta3, $"{name}.beta4");
        RunConfig.Require((Alpha4 ?? DefaultAlpha) is >= 0 and < double.PositiveInfinity, $"{name}.alpha4", Alpha4, "must be at least 0");
        RunConfig.Require((Alpha ?? DefaultAlpha) is >= 0 and < double.PositiveInfinity, $"{name}.alpha", Alpha, "must be at least 0");
        RunConfig.AtLeast(0, AlphaWarmup ?? 0, $"{name}.alphaWarmup");
        RunConfig.AtLeast(0, Beta3Warmup ?? 0, $"{name}.beta3Warmup");
    }

    T? For<T>(string kind, T value) where T : struct => Kind == kind ? value : null;
}
