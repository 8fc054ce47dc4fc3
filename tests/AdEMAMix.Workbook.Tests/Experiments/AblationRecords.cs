namespace AdEMAMix.Workbook.Tests;

/// <summary>Records as the store would hold them, with losses and bumps that are given.</summary>
static class AblationRecords
{
    /// <summary>A run of every configuration.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="loss">Final validation loss; null where the run diverges.</param>
    /// <param name="bump">What is added to the training loss at a step; null for nothing.</param>
    public static List<RunRecord> Of(RunPlan plan, Func<RunConfig, double?> loss, Func<RunConfig, int, double>? bump = null) => [.. plan.Runs.Select(c => new RunRecord
    {
        Id = c.RunId,
        Config = c,
        State = loss(c) is null ? RunState.Diverged : RunState.Finished,
        Step = c.Training.Steps,
        Result = loss(c) is { } value ? new(value + Own(c), value, c.Training.Tokens(c.Model), 70, 5e4, 32_000, new string('a', 64)) : null,
        Points = [.. Enumerable.Range(1, c.Training.Steps / c.Training.ReportInterval).Select(i => i * c.Training.ReportInterval).Select(step => new RunPoint(step, step * 1024L, step * 0.01,
            (loss(c) ?? 9) + 1.5 * Math.Exp(-8.0 * step / c.Training.Steps) + (bump?.Invoke(c, step) ?? 0) + Own(c),
            step % c.Training.EvaluationInterval == 0 ? (loss(c) ?? 9) + 1.5 * Math.Exp(-8.0 * step / c.Training.Steps) + Own(c) : null, 0.01, 5e4))],
    })];

    /// <summary>A little scatter of its own for every run, so that there is something to test against.</summary>
    static double Own(RunConfig c) => 0.0003 * ((c.RunId[0] + c.InitSeed) % 3);
}
