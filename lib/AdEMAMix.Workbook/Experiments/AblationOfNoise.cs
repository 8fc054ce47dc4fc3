using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>Noise at rising levels: a share of the training targets replaced by random ones, and gradients of smaller batches at equal tokens. The validation text stays as it is.</summary>
/// <remarks>Robust means: the noise costs AdEMAMix less than AdamW. That is the change of their difference, not the difference.</remarks>
public sealed class AblationOfNoise : AblationQuestion
{
    internal AblationOfNoise(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, from level in Levels(settings) from kind in TunedOptimizers.Kinds select level.Arm(kind))
    {
    }

    /// <inheritdoc/>
    public override string Question => "Does noise hurt one optimizer more?";

    private protected override IEnumerable<(AblationArm Arm, AblationArm Against)> Pairs =>
        Levels(Settings).Select(level => (level.Arm(OptimizerConfig.AdEMAMix), level.Arm(OptimizerConfig.AdamW)));

    /// <summary>AdEMAMix's final loss less AdamW's at every level of noise.</summary>
    /// <param name="runs">The plan's runs.</param>
    public Figure Gain(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var (compared, levels) = (Compare(runs), Levels(Settings).ToList());
        var (clean, noisiest) = (compared[0], compared[levels.Count - 2]);
        var title = clean.N == 0 || noisiest.N == 0 ? "AdEMAMix against AdamW with noise"
            : string.Create(CultureInfo.InvariantCulture, $"AdEMAMix less AdamW: {clean.Mean:+0.000;-0.000;0.000} nats as the text is, {noisiest.Mean:+0.000;-0.000;0.000} with {levels[^2].Name}");
        return IntervalChart.Draw(title, Subtitle(runs, "validation text without noise"), new Axis("AdEMAMix's final validation loss less AdamW's (nats per character)"), 0,
            Rows(compared, _ => FigureStyle.ColorOf(OptimizerConfig.AdEMAMix), c => levels[compared.IndexOf(c)].Name));
    }

    /// <summary>What each level of noise costs each optimizer, and AdEMAMix less AdamW: below zero the noise hurts AdEMAMix less.</summary>
    /// <inheritdoc cref="Gain" path="/param"/>
    public Table Cost(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(CompareCosts(runs), "Final validation loss with noise less that without, nats per character; mean [95 % interval]",
            ("noise", c => c.Level.Name),
            ("n", c => c.Change?.Values.Count),
            (TableColumn.Nats("costs AdamW"), c => c.AdamW?.Mean),
            (TableColumn.Nats("costs AdEMAMix"), c => c.Mix?.Mean),
            (TableColumn.Nats("AdEMAMix less AdamW"), c => c.Change?.Mean),
            (new TableColumn("p (Holm)") { Format = "0.000" }, c => c.Change is { HasP: true } d ? d.HolmP : null),
            (TableColumn.Nats("detectable"), c => c.Change is { HasP: true } d ? d.SmallestDetectable : null));
    }

    /// <summary>What the runs say to "is robust to noise".</summary>
    internal string Saw(IReadOnlyList<RunRecord> runs)
    {
        var costs = CompareCosts(runs).FindAll(c => c.Change is not null);
        return costs.Count == 0 ? "Noise: no run yet."
            : $"Noise, what it costs AdEMAMix less what it costs AdamW: {string.Join("; ", costs.Select(c => $"{c.Level.Name} {Text(c.Change)}, {(c.Change is { IsShown: true } ? c.Change.Mean.Center < 0 ? "hurts AdEMAMix less" : "hurts AdEMAMix more" : "inconclusive")}"))}.";
    }

    List<(Level Level, PairedDifference? AdamW, PairedDifference? Mix, PairedDifference? Change)> CompareCosts(IReadOnlyList<RunRecord> runs)
    {
        var levels = Levels(Settings).ToList();
        var costs = levels.Skip(1).Select(level => (Level: level, AdamW: Cost(level, OptimizerConfig.AdamW), Mix: Cost(level, OptimizerConfig.AdEMAMix))).Select(c => (c.Level, AdamW: Whole(c.AdamW), Mix: Whole(c.Mix), Change: PairedDifference.Of(c.Mix, c.AdamW))).ToList();
        PairedDifference.Correct(costs.Select(c => c.Change).OfType<PairedDifference>());
        return costs;

        Dictionary<int, double> Cost(Level level, string kind)
        {
            var (with, without) = (Values(runs, level.Arm(kind)), Values(runs, levels[0].Arm(kind)));
            return with.Where(w => without.ContainsKey(w.Key)).ToDictionary(w => w.Key, w => w.Value - without[w.Key]);
        }

        static PairedDifference? Whole(Dictionary<int, double> values) => values.Count > 0 ? new PairedDifference([.. values.Values]) : null;
    }

    // From clean to noisy labels, then smaller batches.
    static IEnumerable<Level> Levels(AblationSettings settings) =>
    [
        new("no noise", kind => Tuned(settings, kind)),
        .. settings.LabelNoise.Select(share => new Level(FormattableString.Invariant($"{share:0%} of the labels random"), kind => new(FormattableString.Invariant($"{kind}, {share:0%} of the labels random"), Noisy(Tuned(settings, kind).Config, share)))),
        new(FormattableString.Invariant($"batches of {settings.Smaller.Training.BatchSize}"), kind => new(FormattableString.Invariant($"{kind}, batches of {settings.Smaller.Training.BatchSize}"), settings.Smaller with { Optimizer = kind == OptimizerConfig.AdamW ? settings.Tuned.AdamW : settings.Tuned.AdEMAMix(settings.Smaller.Training.Steps) })),
    ];

    static RunConfig Noisy(RunConfig config, double share) => config with { Data = config.Data with { LabelNoise = share } };

    static AblationArm Tuned(AblationSettings settings, string kind) => kind == OptimizerConfig.AdamW ? settings.AdamW : settings.AdEMAMix;

    sealed record Level(string Name, Func<string, AblationArm> Arm);
}
