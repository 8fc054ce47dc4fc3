namespace AdEMAMix.Workbook;

/// <summary>The paper's ninth claim: the same tokens in many small steps or in few large ones, and which memory serves where.</summary>
public sealed partial class AblationOfIterations : AblationQuestion
{
    internal AblationOfIterations(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, from factor in settings.BatchFactors from arm in ArmsAt(settings, factor) select arm)
    {
    }

    static IEnumerable<AblationArm> ArmsAt(AblationSettings settings, int factor) =>
        [AdamW(settings, factor), .. settings.IterationBeta3s.Select(beta3 => Mix(settings, factor, beta3))];

    static AblationArm AdamW(AblationSettings settings, int factor) => new(Name("AdamW", settings, factor), settings.Larger(factor) with { Optimizer = settings.Tuned.AdamW });

    static AblationArm Mix(AblationSettings settings, int factor, double beta3)
    {
        var shared = settings.Larger(factor);
        return new(Name(FormattableString.Invariant($"AdEMAMix, beta3 {beta3}"), settings, factor), shared with { Optimizer = settings.Tuned.AdEMAMix(shared.Training.Steps) with { Beta3 = beta3 } });
    }

    static string Name(string optimizer, AblationSettings settings, int factor)
    {
        var training = settings.Larger(factor).Training;
        return FormattableString.Invariant($"{optimizer}, {training.Steps:N0} steps of {training.BatchSize}");
    }
}
