using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// What of AdEMAMix is needed, and where it helps: the warmups, the moment at which one switches to it, the fast average, alpha and beta3 and
/// the learning rate, many iterations or few, its relatives, clipping, noise and repeated text. Every question has its own runs and
/// figures, and all share the two tuned optimizers.
/// </summary>
/// <remarks>Hyperparameters that a question does not vary are those of token efficiency, tuned for both optimizers alike; batches of another size keep the learning rate.</remarks>
public sealed class Ablations
{
    internal const string Experiment = "ablations";

    /// <summary>The experiment at a preset.</summary>
    /// <param name="preset">"smoke", "desk" or "full".</param>
    /// <param name="seeds">Seeds; the questions that are no claim, and those that sweep many settings, take the first three. Null or none for the preset's.</param>
    /// <exception cref="ConfigException">No such preset, or a seed twice.</exception>
    public Ablations(string preset, IEnumerable<int>? seeds = null)
    {
        Preset = Preset.Named(preset);
        var settings = AblationSettings.Of(Preset);
        Seeds = Preset.SeedsOr(seeds, settings.Seeds);
        IReadOnlyList<int> few = [.. Seeds.Take(PairedDifference.FewestForAClaim)], sweep = [.. Seeds.Take(settings.SweepSeeds)];
        Warmups = new(settings, Seeds);
        Switch = new(settings, sweep);
        FastAverage = new(settings, Seeds);
        Sensitivity = new(settings, sweep);
        Iterations = new(settings, sweep);
        Optimizers = new(settings, Seeds);
        Clipping = new(settings, few);
        Noise = new(settings, few);
        Repetition = new(settings, few);
        // The tuned pair first, under its own name.
        Plan = new RunPlan(Experiment, Optimizers.Plan.Runs.Concat(Questions.SelectMany(q => q.Plan.Runs)).DistinctBy(run => run.RunId)) { Needs = TokenEfficiencySettings.NeedsOf(Preset) };
    }

    /// <summary>How long.</summary>
    public Preset Preset { get; }

    /// <summary>The seeds.</summary>
    public IReadOnlyList<int> Seeds { get; }

    /// <summary>All runs of all questions, each once.</summary>
    public RunPlan Plan { get; }

    /// <summary>Are both warmups needed? (claim 5)</summary>
    public AblationOfWarmups Warmups { get; }

    /// <summary>Can one switch in mid-training? (claim 6)</summary>
    public AblationOfSwitch Switch { get; }

    /// <summary>Does it work without the fast average? (claim 7)</summary>
    public AblationOfFastAverage FastAverage { get; }

    /// <summary>How much hangs on alpha, beta3 and the learning rate? (claim 8)</summary>
    public AblationOfSensitivity Sensitivity { get; }

    /// <summary>Which memory for how many iterations? (claim 9)</summary>
    public AblationOfIterations Iterations { get; }

    /// <summary>How do Lion, a third average, Simplified-AdEMAMix and Muon fare? (claim 12)</summary>
    public AblationOfOptimizers Optimizers { get; }

    /// <summary>Does clipping of the gradient matter?</summary>
    public AblationOfClipping Clipping { get; }

    /// <summary>Does noise in labels or in small batches hurt one optimizer more?</summary>
    public AblationOfNoise Noise { get; }

    /// <summary>Which overfits when a small text is repeated?</summary>
    public AblationOfRepetition Repetition { get; }

    /// <summary>Every question.</summary>
    internal IReadOnlyList<AblationQuestion> Questions => [Warmups, Switch, FastAverage, Sensitivity, Iterations, Optimizers, Clipping, Noise, Repetition];

    /// <summary>The plan, question by question: runs, how many are there, minutes left. A run that several questions share counts with the first.</summary>
    public Report Overview()
    {
        var plan = Plan.ToTable();
        // Columns of a plan's table: run, name, tokens, state, minutes left.
        var rows = plan.Rows.ToDictionary(row => (string)row[0]!, row => (Done: (string)row[3]! is var state && (state == "done" || state.StartsWith("diverged", StringComparison.Ordinal)), Minutes: (double)row[4]!));
        var counted = new HashSet<string>();
        var table = Table.Of(Questions.Select(q => (q.Question, Runs: q.Plan.Runs, New: q.Plan.Runs.Where(r => counted.Add(r.RunId)).ToList())).ToList(), plan.Caption,
            ("question", q => q.Question),
            ("settings", q => q.Runs.Select(r => (r with { InitSeed = 0, DataSeed = 0 }).RunId).Distinct().Count()),
            ("seeds", q => q.Runs.Select(r => r.InitSeed).Distinct().Count()),
            ("runs", q => q.Runs.Count),
            ("not in a question above", q => q.New.Count),
            (new TableColumn("their tokens (M)") { Format = "#,0.0" }, q => q.New.Sum(r => r.Training.Tokens(r.Model)) / 1e6),
            ("done", q => q.Runs.Count(r => rows[r.RunId].Done)),
            (new TableColumn("minutes left") { Format = "#,0.0" }, q => q.New.Sum(r => rows[r.RunId].Minutes)));
        return Plan.Needs.Count == 0 ? new Report(table) : new Report(table, Plan.Costs(), Plan.NeedsText);
    }

    /// <summary>What these runs came to on the paper's claims 5, 6, 7, 8, 9 and 12.</summary>
    /// <param name="runs">The plan's runs, as far as they are there.</param>
    public IReadOnlyList<ClaimOutcome> Outcomes(IReadOnlyList<RunRecord> runs) =>
        [Warmups.Outcome(runs), Switch.Outcome(runs), FastAverage.Outcome(runs), Sensitivity.Outcome(runs), Iterations.Outcome(runs), Optimizers.Outcome(runs)];

    /// <summary>What these runs say to sayings that are no claims of the paper: robustness to noise, and overfitting of a language model.</summary>
    /// <inheritdoc cref="Outcomes" path="/param"/>
    public IReadOnlyList<SayingOutcome> Sayings(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return [new("is robust to noise", Noise.Saw(runs)), new("overfits less", Repetition.Saw(runs))];
    }

    /// <summary>The verdict on each claim, with the number that decides.</summary>
    /// <inheritdoc cref="Outcomes" path="/param"/>
    public Table Verdicts(IReadOnlyList<RunRecord> runs) => Table.Of(Outcomes(runs), "What came of each claim",
        ("claim", o => o.Claim),
        (new TableColumn("the paper") { Width = 16 }, o => PaperClaims.Of(o.Claim).Text),
        (new TableColumn("our runs") { Width = 24 }, o => o.Result),
        ("verdict", o => StartHere.Name(o.Verdict)));

    /// <summary>What the paper says, and what these runs showed, in words computed from their numbers.</summary>
    /// <inheritdoc cref="Outcomes" path="/param"/>
    public Report Verdict(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var outcomes = Outcomes(runs);
        List<string> saw =
        [
            string.Create(CultureInfo.InvariantCulture, $"{string.Join("; ", outcomes.GroupBy(o => o.Verdict).OrderBy(g => g.Key).Select(g => $"{StartHere.Name(g.Key)[2..]}: {string.Join(", ", g.Select(o => $"claim {o.Claim}"))}"))}. The table has the numbers."),
            Clipping.Saw(runs), Noise.Saw(runs), Repetition.Saw(runs),
            .. RunPlan.Diverged(runs),
        ];
        if (MissingRuns.Sentence(Plan.Runs, runs) is { } missing) saw.Add(missing);
        saw.AddRange(Preset.Caveat);
        return new Report(
            "# What the paper says\n\nBoth warmups are needed, a switch from AdamW in mid-training works, beta1 = 0 works with some spikes, alpha may lie anywhere from 2 to 40, fewer iterations want a shorter memory, and neither Lion nor a third average does better. Of noise and of text models that overfit it says nothing; of clipping only which limits it used.",
            $"# What we saw\n\n{string.Join("\n\n", saw)}",
            Verdicts(runs));
    }
}
