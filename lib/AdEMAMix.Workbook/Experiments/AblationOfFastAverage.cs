namespace AdEMAMix.Workbook;

/// <summary>The paper's seventh claim: AdEMAMix with beta1 = 0, which keeps no fast average and costs the memory of AdamW, at the usual batch and at a large one.</summary>
public sealed partial class AblationOfFastAverage : AblationQuestion
{
    internal AblationOfFastAverage(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, from factor in (int[])[1, settings.BatchFactors[^1]] from arm in ArmsAt(settings, factor) select arm)
    {
    }

    static IEnumerable<AblationArm> ArmsAt(AblationSettings settings, int factor)
    {
        var shared = settings.Larger(factor);
        var mix = settings.Tuned.AdEMAMix(shared.Training.Steps);
        return
        [
            new(Name("AdamW, tuned"), shared with { Optimizer = settings.Tuned.AdamW }),
            new(Name("AdEMAMix, tuned"), shared with { Optimizer = mix }),
            new(Name("AdEMAMix, beta1 = 0"), shared with { Optimizer = mix with { Beta1 = 0 } }),
        ];

        string Name(string optimizer) => factor == 1 ? optimizer : FormattableString.Invariant($"{optimizer}, batch {shared.Training.BatchSize}");
    }
}
