namespace AdEMAMix.Workbook;

/// <summary>Noise at rising levels: a share of the training targets replaced by random ones, and gradients of smaller batches at equal tokens. The validation text stays as it is.</summary>
public sealed partial class AblationOfNoise : AblationQuestion
{
    internal AblationOfNoise(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, from kind in TunedOptimizers.Kinds from arm in ArmsOf(settings, kind) select arm)
    {
    }

    static IEnumerable<AblationArm> ArmsOf(AblationSettings settings, string kind) =>
        [Labels(settings, kind, 0), .. settings.LabelNoise.Select(share => Labels(settings, kind, share)), Batch(settings, kind)];

    static AblationArm Labels(AblationSettings settings, string kind, double share)
    {
        var tuned = kind == OptimizerConfig.AdamW ? settings.AdamW : settings.AdEMAMix;
        return share == 0 ? tuned : new(FormattableString.Invariant($"{kind}, {share:0%} of the labels random"), tuned.Config with { Data = tuned.Config.Data with { LabelNoise = share } });
    }

    static AblationArm Batch(AblationSettings settings, string kind)
    {
        var shared = settings.Smaller;
        return new(FormattableString.Invariant($"{kind}, batches of {shared.Training.BatchSize}"), shared with { Optimizer = kind == OptimizerConfig.AdamW ? settings.Tuned.AdamW : settings.Tuned.AdEMAMix(shared.Training.Steps) });
    }
}
