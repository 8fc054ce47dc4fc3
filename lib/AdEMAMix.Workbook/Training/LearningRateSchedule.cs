namespace AdEMAMix.Workbook;

/// <summary>
/// Linear warmup from 0 to the peak, then half a cosine down to the final learning rate, reached at the last step; or, with
/// <see cref="LinearDecaySteps"/>, the peak until that many steps before the end and then a straight line down.
/// </summary>
/// <param name="Peak">Learning rate at the end of the warmup.</param>
/// <param name="Final">Learning rate of the last step.</param>
/// <param name="WarmupSteps">Steps of warmup; 0 for none.</param>
/// <param name="Steps">Steps of the run.</param>
public readonly record struct LearningRateSchedule(double Peak, double Final, int WarmupSteps, int Steps)
{
    /// <summary>Steps of linear decay at the end of an otherwise constant schedule; null for the cosine.</summary>
    public int? LinearDecaySteps { get; init; }

    /// <summary>The schedule of a configuration.</summary>
    public static LearningRateSchedule Of(RunConfig config) =>
        new(config.Optimizer.LearningRate, config.Training.FinalLearningRate, config.Training.WarmupSteps, config.Training.Steps) { LinearDecaySteps = config.Training.LinearDecaySteps };

    /// <summary>The learning rate of a step; steps count from 1.</summary>
    public double At(int step)
    {
        if (step <= WarmupSteps) return Peak * step / WarmupSteps;
        if (LinearDecaySteps is { } decay) return step <= Steps - decay ? Peak : Final + (Peak - Final) * (Steps - step) / decay;
        var done = (double)(step - WarmupSteps) / (Steps - WarmupSteps);
        return Final + (Peak - Final) * 0.5 * (1 + Math.Cos(Math.PI * done));
    }
}
