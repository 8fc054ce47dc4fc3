namespace AdEMAMix.Workbook;

// Two trivial explanations of what a slow average of gradients does: an average of the weights would do, or a better beta2.
public sealed partial class GradientRelevance
{
    /// <summary>Validation losses of averages of AdamW's weights at the end of the run, less the run's own; and AdEMAMix's, which they would have to reach.</summary>
    public Table Averages(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var rows = averageShares.Select(share =>
        {
            var differences = Finished(runs, new Setting(Family.AdamW)).Select(r => (Run: r, Average: r.Measurements.LastOrDefault(m => m.Kind == RunMeasurement.Averages)))
                .Where(x => x.Average is not null).Select(x => x.Average![WeightAverages.Name(DecayOf(share))][0] - x.Run.Result!.ValidationLoss).OfType<double>().ToList();
            return (Name: System.FormattableString.Invariant($"AdamW's weights averaged, half-life {share:0.0%} of the run"), Differences: (IReadOnlyList<double>)differences);
        }).Where(x => x.Differences.Count > 0).ToList();
        if (rows.Count > 0 && PairedWithin(runs, new Setting(Family.Mix), new Setting(Family.AdamW)) is { } mix) rows.Add(("AdEMAMix, tuned", mix.Values));
        return Table.Of(rows, "Final validation loss less that of AdamW's last weights with the same seed, nats per character",
            ("in the place of AdamW's last weights", x => x.Name),
            ("n", x => x.Differences.Count),
            (TableColumn.Nats("mean [95 % interval]"), x => Interval.OfMean(x.Differences)));
    }

    /// <summary>The best trial of AdamW at every beta2 that the hyperparameter search tried, and the best of AdEMAMix, which had as many trials.</summary>
    /// <param name="trials">The runs of <see cref="TokenEfficiencySearch"/>.</param>
    public Table TunedBeta2(IReadOnlyList<RunRecord> trials)
    {
        ArgumentNullException.ThrowIfNull(trials);
        // The other sizes have fewer trials, with one beta2.
        var rows = trials.Where(r => r is { State: RunState.Finished, Result: not null } && r.Config.Model == TokenEfficiencySettings.Of(Preset.Desk).Main.Base.Model)
            .GroupBy(r => (r.Config.Optimizer.Kind, Beta2: r.Config.Optimizer.Kind == OptimizerConfig.AdamW ? r.Config.Optimizer.Beta2 : (double?)null))
            .OrderBy(g => g.Key.Kind == OptimizerConfig.AdEMAMix).ThenBy(g => g.Key.Beta2).Select(g => (g.Key, Trials: g.Count(), Best: g.MinBy(r => r.Result!.ValidationLoss)!));
        return Table.Of(rows, "The best trial of the search, by AdamW's beta2; one seed, so a ranking and no claim",
            ("optimizer", r => r.Key.Kind),
            (new TableColumn("beta2") { Format = "0.####" }, r => r.Best.Config.Optimizer.Beta2),
            ("trials", r => r.Trials),
            ("best setting", r => TokenEfficiencySearch.NameOf(r.Best.Config.Optimizer)),
            (TableColumn.Nats("loss"), r => r.Best.Result!.ValidationLoss),
            ("run", r => r.Best.Id));
    }
}
