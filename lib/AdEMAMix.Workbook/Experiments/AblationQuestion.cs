using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>One question of the ablations: what is run for it, with which seeds, and how its settings compare.</summary>
public abstract class AblationQuestion
{
    readonly Dictionary<string, (string Arm, int Seed)> places;

    private protected AblationQuestion(AblationSettings settings, IReadOnlyList<int> seeds, IEnumerable<AblationArm> arms)
    {
        (Settings, Seeds) = (settings, seeds);
        Arms = [.. arms.DistinctBy(arm => arm.With(0).RunId)];
        Plan = new RunPlan(Ablations.Experiment, from seed in Seeds from arm in Arms select arm.With(seed)) { Needs = TokenEfficiencySettings.NeedsOf(settings.Preset) };
        places = (from seed in Seeds from arm in Arms select (arm.With(seed).RunId, arm.Name, seed)).ToDictionary(p => p.RunId, p => (p.Name, p.seed));
    }

    /// <summary>The question.</summary>
    public abstract string Question { get; }

    /// <summary>The seeds, each for one run of every setting.</summary>
    public IReadOnlyList<int> Seeds { get; }

    /// <summary>The runs of this question; some belong to others too.</summary>
    public RunPlan Plan { get; }

    private protected AblationSettings Settings { get; }

    /// <summary>What is run, each once.</summary>
    private protected IReadOnlyList<AblationArm> Arms { get; }

    /// <summary>What is compared with what, final loss against final loss.</summary>
    private protected abstract IEnumerable<(AblationArm Arm, AblationArm Against)> Pairs { get; }

    /// <summary>Every setting's final validation loss, and less that of what it is compared with at the same seed, Holm-corrected together.</summary>
    /// <param name="runs">The plan's runs.</param>
    public Table FinalLosses(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var compared = Compare(runs);
        var rows = Arms.Where(arm => compared.TrueForAll(c => c.Arm != arm)).Select(arm => (Arm: arm, Compared: (Comparison?)null)).Concat(compared.Select(c => (c.Arm, Compared: (Comparison?)c)))
            .Select(row => (row.Arm, row.Compared, Losses: Values(runs, row.Arm).Values.Where(double.IsFinite).ToList()));
        return Table.Of(rows, "Final validation loss in nats per character, and less that of the same seed; mean [95 % interval]",
            ("setting", r => r.Arm.Name),
            ("n", r => r.Losses.Count),
            ("diverged", r => Values(runs, r.Arm).Values.Count(double.IsPositiveInfinity)),
            (new TableColumn("loss") { Format = "0.000" }, r => r.Losses.Count > 0 ? Interval.OfMean(r.Losses) : null),
            ("less that of", r => r.Compared?.Against.Name),
            (TableColumn.Nats("difference"), r => r.Compared?.Difference?.Mean),
            (new TableColumn("p (Holm)") { Format = "0.000" }, r => r.Compared?.Difference is { HasP: true } d ? d.HolmP : null),
            (TableColumn.Nats("detectable"), r => r.Compared?.Difference is { HasP: true } d ? d.SmallestDetectable : null));
    }

    /// <summary>Every pair's final losses compared, corrected together.</summary>
    private protected List<Comparison> Compare(IReadOnlyList<RunRecord> runs) => Corrected([.. Pairs.Select(pair => new Comparison(pair.Arm, pair.Against, Difference(runs, pair.Arm, pair.Against)))]);

    /// <summary>The same comparisons with p-values that are corrected over all of them.</summary>
    private protected static List<Comparison> Corrected(List<Comparison> compared)
    {
        PairedDifference.Correct(compared.Select(c => c.Difference).OfType<PairedDifference>());
        return compared;
    }

    /// <summary>One setting less another over paired seeds; null where they share none.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="arm">The setting.</param>
    /// <param name="against">The other.</param>
    /// <param name="measure">What is compared of a finished run; null for its final loss. A run that diverged counts as infinite.</param>
    private protected PairedDifference? Difference(IReadOnlyList<RunRecord> runs, AblationArm arm, AblationArm against, Func<RunRecord, double?>? measure = null) =>
        PairedDifference.Of(Values(runs, arm, measure), Values(runs, against, measure));

    /// <summary>A setting's measure by seed, infinite where the run diverged.</summary>
    private protected Dictionary<int, double> Values(IReadOnlyList<RunRecord> runs, AblationArm arm, Func<RunRecord, double?>? measure = null) =>
        Of(runs, arm).Select(r => (r.Seed, Value: r.Run.State == RunState.Diverged ? double.PositiveInfinity : measure is null ? r.Run.FinalLoss : measure(r.Run)))
            .Where(r => r.Value is not null).ToDictionary(r => r.Seed, r => r.Value!.Value);

    /// <summary>A setting's runs that are done, by seed.</summary>
    private protected IEnumerable<(int Seed, RunRecord Run)> Of(IReadOnlyList<RunRecord> runs, AblationArm arm) =>
        runs.Where(r => r.IsDone && places.TryGetValue(r.Id, out var place) && place.Arm == arm.Name).Select(r => (places[r.Id].Seed, r)).OrderBy(r => r.Seed);

    /// <summary>A figure's subtitle: seeds, preset, what is missing.</summary>
    private protected string Subtitle(IReadOnlyList<RunRecord> runs, string? about = null) => MissingRuns.Append(
        $"{(about is null ? "" : about + "; ")}seeds {string.Join(", ", Seeds)}; {Settings.Preset.Label}; mean and 95 % interval", Plan.Runs, runs);

    /// <summary>The row of a claims table.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="runs">The runs, as far as they are there.</param>
    /// <param name="decide">The number that decides and the verdict, from the comparisons.</param>
    private protected ClaimOutcome Decided(int claim, IReadOnlyList<RunRecord> runs, Func<List<Comparison>, (string Result, ClaimVerdict Verdict)> decide)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var there = ClaimScale.Of(Plan, runs);
        var compared = Compare(there);
        var (result, verdict) = there.Count == 0 ? ("", ClaimVerdict.NotTested)
            : compared.Exists(c => c.N < PairedDifference.FewestForAClaim) ? (string.Create(CultureInfo.InvariantCulture, $": settings with fewer than {PairedDifference.FewestForAClaim} paired seeds bear no verdict"), ClaimVerdict.Inconclusive)
            : decide(compared);
        if (verdict is ClaimVerdict.Reproduced or ClaimVerdict.NotReproduced && !Settings.Preset.IsProof) (result, verdict) = ($"{result}; {Settings.Preset.Label}", ClaimVerdict.Inconclusive);
        return new(claim, ClaimScale.Of(Plan), $"{ClaimScale.There(Plan, there)}{result}", verdict, "05-ablations", there);
    }

    /// <summary>Curves of a setting, one for each seed.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="arm">The setting.</param>
    /// <param name="points">Position and value of a run's points.</param>
    private protected IReadOnlyList<Curve> Curves(IReadOnlyList<RunRecord> runs, AblationArm arm, Func<RunRecord, IEnumerable<(double X, double Y)>> points) =>
        [.. Of(runs, arm).Where(r => r.Run.State == RunState.Finished).Select(r =>
        {
            var at = points(r.Run).ToList();
            return new Curve([.. at.Select(p => p.X)], [.. at.Select(p => p.Y)], Curve.SeedName(r.Seed));
        }).Where(c => c.X.Count > 0)];

    /// <summary>Differences as rows of dots with intervals.</summary>
    private protected static IReadOnlyList<IntervalRow> Rows(IEnumerable<Comparison> compared, Func<Comparison, string> color, Func<Comparison, string>? name = null) =>
        [.. compared.Where(c => c.Difference is { HasDiverged: false }).Select(c => new IntervalRow(name is null ? c.Arm.Name : name(c), color(c), c.Difference!.Mean, c.Difference.Values))];

    /// <summary>"-0.0123 [-0.0200, -0.0040], n = 5, p = 0.010 (Holm)"; a dash where there is none.</summary>
    private protected static string Text(PairedDifference? difference) => difference is null ? "no pair yet" : ClaimScale.Text(difference, "0.0000");

    /// <summary>", inconclusive" behind a headline whose number is not shown.</summary>
    private protected static string Doubt(PairedDifference? difference) => difference is { IsShown: true } ? "" : ", inconclusive";

    /// <summary>A setting against another over paired seeds.</summary>
    private protected sealed record Comparison(AblationArm Arm, AblationArm Against, PairedDifference? Difference)
    {
        /// <summary>Pairs.</summary>
        public int N => Difference?.Values.Count ?? 0;

        /// <summary>The runs that diverged where their partners did not.</summary>
        public int Diverged => Difference?.Values.Count(double.IsPositiveInfinity) ?? 0;

        /// <summary>Ended below, shown with enough seeds after correction.</summary>
        public bool IsBelow => Difference is { IsShown: true, Mean.Center: < 0 };

        /// <summary>Ended above, or diverged: what diverges ends above everything.</summary>
        public bool IsAbove => Diverged > 0 || Difference is { IsShown: true, Mean.Center: > 0 };

        /// <summary>The mean difference; infinite where runs diverged, NaN without a pair.</summary>
        public double Mean => Difference is null ? double.NaN : Diverged > 0 ? double.PositiveInfinity : Difference.Mean.Center;

        /// <summary>"below", "above" or "inconclusive".</summary>
        public string Word => IsBelow ? "below" : IsAbove ? "above" : "inconclusive";
    }
}
