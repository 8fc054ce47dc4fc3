namespace AdEMAMix.Workbook;

/// <summary>One model size of the token-efficiency experiment, with all that is particular to it.</summary>
/// <param name="Name">How tables call it, such as "113k parameters".</param>
/// <param name="Base">What every run shares; length, target and seeds are set per run.</param>
/// <param name="Tuned">Both optimizers' hyperparameters.</param>
/// <param name="Budgets">Steps of the runs, ascending; each is a run of its own with its own whole schedule.</param>
/// <param name="TargetSteps">The length after which tuned AdamW's mean loss on the tuning seeds is the target.</param>
/// <param name="TargetLoss">That loss, fixed before any run on a reporting seed; null where it is not known yet.</param>
/// <param name="Seeds">The reporting seeds.</param>
sealed record TokenEfficiencySize(string Name, RunConfig Base, TunedOptimizers Tuned, IReadOnlyList<int> Budgets, int TargetSteps, double? TargetLoss, IReadOnlyList<int> Seeds)
{
    /// <summary>The configuration of one run on a reporting seed.</summary>
    public RunConfig Run(string kind, int steps, int seed) => Run(kind, steps, seed, TargetLoss);

    /// <summary>A run that makes the target, and so has none.</summary>
    public RunConfig TargetRun(int seed) => Run(OptimizerConfig.AdamW, TargetSteps, seed, null);

    RunConfig Run(string kind, int steps, int seed, double? target) => Base with
    {
        Name = FormattableString.Invariant($"{kind}, {Name}, {steps:N0} steps, seed {seed}"),
        Optimizer = kind == OptimizerConfig.AdamW ? Tuned.AdamW : Tuned.AdEMAMix(steps),
        Training = Base.Training with { Steps = steps, TargetLoss = target },
        InitSeed = seed,
        DataSeed = seed,
    };
}
