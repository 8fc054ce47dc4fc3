namespace AdEMAMix.Workbook;

/// <summary>
/// The paper's sixth claim: from AdamW to AdEMAMix at several times, as tuned with warmups over what is left of the run, and as the paper does
/// with alpha = 2 at once; and back from AdEMAMix to AdamW.
/// </summary>
/// <remarks>The moments that both have go on, so that AdamW's beta2 serves for the whole run. beta3 is the tuned one, whatever is left of the run.</remarks>
public sealed partial class AblationOfSwitch : AblationQuestion
{
    const double PapersAlpha = 2;
    const double BackShare = 0.5;

    internal AblationOfSwitch(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, [settings.AdamW, settings.AdEMAMix, .. settings.SwitchShares.Select(share => Tuned(settings, share)), .. settings.SwitchShares.Select(share => Paper(settings, share)), Back(settings)])
    {
    }

    static AblationArm Tuned(AblationSettings settings, double share)
    {
        var left = settings.Steps.Run - At(settings, share);
        return To(settings, share, "tuned alpha, warmed up", settings.Mix with { AlphaWarmup = left, Beta3Warmup = left });
    }

    static AblationArm Paper(AblationSettings settings, double share) =>
        To(settings, share, FormattableString.Invariant($"alpha {PapersAlpha} at once"), settings.Mix with { Alpha = PapersAlpha, AlphaWarmup = 0, Beta3Warmup = 0 });

    static AblationArm To(AblationSettings settings, double share, string how, OptimizerConfig mix) => new(
        FormattableString.Invariant($"AdamW to AdEMAMix at {share:0%}, {how}"),
        settings.AdamW.Config with { Switch = new SwitchConfig { At = At(settings, share), Optimizer = mix with { Beta2 = settings.Tuned.AdamW.Beta2 } } });

    static AblationArm Back(AblationSettings settings) => new(
        FormattableString.Invariant($"AdEMAMix to AdamW at {BackShare:0%}"),
        settings.AdEMAMix.Config with { Switch = new SwitchConfig { At = At(settings, BackShare), Optimizer = settings.Tuned.AdamW with { Beta2 = settings.Mix.Beta2 } } });

    static int At(AblationSettings settings, double share) => (int)(share * settings.Steps.Run);
}
