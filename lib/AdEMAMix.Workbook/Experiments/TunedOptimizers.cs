namespace AdEMAMix.Workbook;

/// <summary>The hyperparameters of both optimizers for one model size, as a search found them.</summary>
/// <param name="AdamW">AdamW's, which serve at any length.</param>
/// <param name="LearningRate">AdEMAMix's peak learning rate.</param>
/// <param name="Alpha">Weight of its slow average.</param>
sealed record TunedOptimizers(OptimizerConfig AdamW, double LearningRate, double Alpha)
{
    /// <summary>The two <see cref="OptimizerConfig.Kind"/>s that are compared, the baseline first.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [OptimizerConfig.AdamW, OptimizerConfig.AdEMAMix];

    /// <summary>delta in beta3 = 1 - delta / steps: the same share of a run is remembered at any length.</summary>
    public double Delta { get; init; }

    /// <summary>One beta3 for all lengths instead, as in the paper; null for <see cref="Delta"/>.</summary>
    public double? Beta3 { get; init; }

    /// <summary>AdEMAMix for a run of this length, both warmups as long as the run (section 3 of the paper).</summary>
    public OptimizerConfig AdEMAMix(int steps) => new()
    {
        Kind = OptimizerConfig.AdEMAMix,
        LearningRate = LearningRate,
        Alpha = Alpha,
        Beta3 = Beta3 ?? Math.Round(1 - Delta / steps, 6),
        AlphaWarmup = steps,
        Beta3Warmup = steps,
        WeightDecay = AdamW.WeightDecay,
    };
}
