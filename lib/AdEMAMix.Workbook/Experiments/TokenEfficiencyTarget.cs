namespace AdEMAMix.Workbook;

/// <summary>
/// The targets of the token-efficiency experiment, made before any reported run: tuned AdamW's mean final loss at one length, on seeds that
/// no report uses. The losses that come of it stand in the experiment's settings.
/// </summary>
public sealed class TokenEfficiencyTarget
{
    /// <summary>Seeds of the target's runs; no reported run has one of them.</summary>
    public static IReadOnlyList<int> Seeds { get; } = [101, 102, 103];

    readonly TokenEfficiencySettings settings;

    /// <summary>The runs that make a preset's targets.</summary>
    /// <param name="preset">Which.</param>
    public TokenEfficiencyTarget(Preset preset)
    {
        settings = TokenEfficiencySettings.Of(preset);
        Plan = new RunPlan("token-efficiency-target", from size in settings.Sizes from seed in Seeds select size.TargetRun(seed));
    }

    /// <summary>The runs: each size of model with each seed.</summary>
    public RunPlan Plan { get; }

    /// <summary>What the runs come to, size by size, beside the target that the settings hold.</summary>
    public Table Targets(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(settings.Sizes, "Tuned AdamW on the tuning seeds: the loss that both optimizers must reach, nats per character",
            ("model", size => size.Name),
            (new TableColumn("steps") { Format = "N0" }, size => size.TargetSteps),
            ("n", size => LossesOf(size, runs).Count),
            (TableColumn.Nats("mean [95 % interval]"), size => LossesOf(size, runs) is { Count: > 0 } losses ? Interval.OfMean(losses) : null),
            (TableColumn.Nats("target in the settings"), size => size.TargetLoss));
    }

    internal List<double> LossesOf(TokenEfficiencySize size, IReadOnlyList<RunRecord> runs)
    {
        var ids = Seeds.Select(seed => size.TargetRun(seed).RunId).ToHashSet();
        return [.. runs.Where(r => r is { State: RunState.Finished, Result: not null } && ids.Contains(r.Id)).Select(r => r.Result!.ValidationLoss)];
    }
}
