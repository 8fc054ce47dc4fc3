namespace AdEMAMix.Workbook;

/// <summary>
/// The settings of the experiments that measure beside training: those of token efficiency, so that both optimizers are the tuned ones;
/// at smoke cut short, because these plans hold many runs and measure much.
/// </summary>
static class MeasurementSettings
{
    const int SmokeSteps = 200;

    // The half-life of the slow average is then about the same share of the run as on the desk.
    const double SmokeBeta3 = 0.96;

    public static TokenEfficiencySettings Of(Preset preset)
    {
        var settings = TokenEfficiencySettings.Of(preset);
        if (preset != Preset.Smoke) return settings;
        return settings with
        {
            Base = settings.Base with { Training = settings.Base.Training with { Steps = SmokeSteps, WarmupSteps = SmokeSteps / 10, EvaluationInterval = SmokeSteps / 4, EvaluationWindows = 64, ReportInterval = SmokeSteps / 10 } },
            AdEMAMix = settings.AdEMAMix with { Beta3 = SmokeBeta3, AlphaWarmup = SmokeSteps, Beta3Warmup = SmokeSteps },
            Seeds = [1, 2],
        };
    }
}
