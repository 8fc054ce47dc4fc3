namespace AdEMAMix.Workbook;

/// <summary>The paper's eighth claim: maps of the final loss over alpha and beta3, and over the learning rate and alpha; and warmups that are too short.</summary>
public sealed partial class AblationOfSensitivity : AblationQuestion
{
    internal AblationOfSensitivity(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds,
        [
            .. settings.Maps.Rates.Select(rate => AdamW(settings, rate)),
            .. from alpha in settings.Maps.Alphas from beta3 in settings.Maps.Beta3s select Mix(settings, TunedRate(settings), alpha, beta3),
            .. from rate in settings.Maps.Rates from alpha in settings.Maps.Alphas select Mix(settings, rate, alpha, TunedBeta3(settings)),
            .. settings.ShortWarmups.Shares.Select(share => Short(settings, share)),
        ])
    {
    }

    static double TunedRate(AblationSettings settings) => settings.Tuned.LearningRate;

    static double TunedBeta3(AblationSettings settings) => settings.Tuned.AdEMAMix(settings.Steps.Map).Beta3!.Value;

    static AblationArm AdamW(AblationSettings settings, double rate) =>
        new(FormattableString.Invariant($"AdamW, learning rate {rate}"), settings.MapBase with { Optimizer = settings.Tuned.AdamW with { LearningRate = rate } });

    static AblationArm Mix(AblationSettings settings, double rate, double alpha, double beta3) =>
        new(FormattableString.Invariant($"AdEMAMix, learning rate {rate}, alpha {alpha}, beta3 {beta3}"),
            settings.MapBase with { Optimizer = settings.Tuned.AdEMAMix(settings.Steps.Map) with { LearningRate = rate, Alpha = alpha, Beta3 = beta3 } });

    static AblationArm Short(AblationSettings settings, double share)
    {
        var (arm, steps) = (Mix(settings, TunedRate(settings), settings.ShortWarmups.Alpha, TunedBeta3(settings)), (int)Math.Max(2, share * settings.Steps.Map));
        return new(FormattableString.Invariant($"{arm.Name}, warmups over {share:0%} of the run"), arm.Config with { Optimizer = arm.Config.Optimizer with { AlphaWarmup = steps, Beta3Warmup = steps } });
    }
}
