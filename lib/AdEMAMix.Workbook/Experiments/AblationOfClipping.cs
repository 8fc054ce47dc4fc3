using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>Both optimizers without clipping of the gradient's norm, with the usual limit, and with a tight one.</summary>
public sealed class AblationOfClipping : AblationQuestion
{
    internal AblationOfClipping(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, from kind in TunedOptimizers.Kinds from clip in Levels(settings) select Arm(settings, kind, clip))
    {
    }

    /// <inheritdoc/>
    public override string Question => "Does clipping of the gradient matter?";

    // Each against the usual limit, and AdEMAMix against AdamW at each.
    private protected override IEnumerable<(AblationArm Arm, AblationArm Against)> Pairs =>
    [
        .. from kind in TunedOptimizers.Kinds from clip in Settings.Clips select (Arm(Settings, kind, clip), Arm(Settings, kind, Usual)),
        .. Levels(Settings).Select(clip => (Arm(Settings, OptimizerConfig.AdEMAMix, clip), Arm(Settings, OptimizerConfig.AdamW, clip))),
    ];

    double? Usual => Settings.Base.Training.ClipNorm;

    /// <summary>What the runs showed, in one sentence.</summary>
    internal string Saw(IReadOnlyList<RunRecord> runs)
    {
        var compared = Compare(runs);
        var changes = compared.FindAll(c => c.Arm.Config.Optimizer.Kind == c.Against.Config.Optimizer.Kind && c.N > 0);
        return changes.Count == 0 ? "Clipping: no run yet."
            : string.Create(CultureInfo.InvariantCulture, $"Clipping, less the limit {Usual}: {string.Join("; ", changes.Select(c => $"{c.Arm.Name} {Text(c.Difference)}, {c.Word}"))}. AdEMAMix ended below AdamW at {compared.Count(c => c.Arm.Config.Optimizer.Kind != c.Against.Config.Optimizer.Kind && c.IsBelow)} of {Levels(Settings).Count()} limits.");
    }

    static IEnumerable<double?> Levels(AblationSettings settings) => settings.Clips.Append(settings.Base.Training.ClipNorm).OrderByDescending(c => c ?? double.PositiveInfinity);

    static AblationArm Arm(AblationSettings settings, string kind, double? clip)
    {
        var tuned = kind == OptimizerConfig.AdamW ? settings.AdamW : settings.AdEMAMix;
        return new($"{kind}, {(clip is { } limit ? FormattableString.Invariant($"clip {limit}") : "no clipping")}", tuned.Config with { Training = tuned.Config.Training with { ClipNorm = clip } });
    }
}
