namespace AdEMAMix.Workbook;

/// <summary>Both optimizers without clipping of the gradient's norm, with the usual limit, and with a tight one.</summary>
public sealed partial class AblationOfClipping : AblationQuestion
{
    internal AblationOfClipping(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, from arm in (AblationArm[])[settings.AdamW, settings.AdEMAMix] from clip in Levels(settings) select Arm(arm, clip))
    {
    }

    static IEnumerable<double?> Levels(AblationSettings settings) => settings.Clips.Append(settings.Base.Training.ClipNorm).OrderByDescending(c => c ?? double.PositiveInfinity);

    static AblationArm Arm(AblationArm tuned, double? clip) =>
        new($"{tuned.Config.Optimizer.Kind}, {NameOf(clip)}", tuned.Config with { Training = tuned.Config.Training with { ClipNorm = clip } });

    static string NameOf(double? clip) => clip is { } limit ? FormattableString.Invariant($"clip {limit}") : "no clipping";
}
