namespace AdEMAMix.Workbook;

/// <summary>The paper's fifth claim: AdEMAMix with both warmups, with one, with none, at the tuned alpha and at a large one.</summary>
public sealed partial class AblationOfWarmups : AblationQuestion
{
    static readonly (bool Alpha, bool Beta3)[] kinds = [(true, true), (false, true), (true, false), (false, false)];

    internal AblationOfWarmups(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, [settings.AdamW, settings.AdEMAMix, .. from alpha in settings.WarmupAlphas from kind in kinds select Arm(settings, alpha, kind.Alpha, kind.Beta3)])
    {
    }

    static AblationArm Arm(AblationSettings settings, double alpha, bool alphaWarmup, bool beta3Warmup)
    {
        var steps = settings.Steps.Run;
        return new(FormattableString.Invariant($"alpha {alpha}, {NameOf(alphaWarmup, beta3Warmup)}"),
            settings.Base with { Optimizer = settings.Mix with { Alpha = alpha, AlphaWarmup = alphaWarmup ? steps : 0, Beta3Warmup = beta3Warmup ? steps : 0 } });
    }

    static string NameOf(bool alpha, bool beta3) => (alpha, beta3) switch
    {
        (true, true) => "both warmups",
        (false, true) => "no alpha warmup",
        (true, false) => "no beta3 warmup",
        _ => "no warmup",
    };
}
