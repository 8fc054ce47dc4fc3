namespace AdEMAMix.Workbook;

/// <summary>Linear warmup from 0 to the peak, then half a cosine down to the final learning rate, reached at the last step.</summary>
/// <param name="Peak">Learning rate at the end of the warmup.</param>
/// <param name="Final">Learning rate of the last step.</param>
/// <param name="WarmupSteps">Steps of warmup; 0 for none.</param>
/// <param name="Steps">Steps of the run.</param>
public readonly record struct LearningRateSchedule(double Peak, double Final, int WarmupSteps, int Steps)
{
    /// <summary>The schedule of a configuration.</summary>
    public static LearningRateSchedule Of(RunConfig config) =>
        new(config.Optimizer.LearningRate, config.Training.FinalLearningRate, config.Training.WarmupSteps, config.Training.Steps);

    /// <summary>The learning rate of a step; steps count from 1.</summary>
    public double At(int step)
    {
        if (step <= WarmupSteps) return Peak * step / WarmupSteps;
        var done = (double)(step - WarmupSteps) / (Steps - WarmupSteps);
        return Final + (Peak - Final) * 0.5 * (1 + Math.Cos(Math.PI * done));
    }
}
