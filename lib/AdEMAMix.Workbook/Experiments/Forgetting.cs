using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// The paper's fourth claim in small (section 4.1): a batch that a run never saw is injected at several times; how far the loss on it drops
/// and how fast the drop is forgotten, AdamW against AdEMAMix, with paired seeds and with another batch's injection as placebo.
/// </summary>
public sealed partial class Forgetting
{
    const double Significance = 0.05;
    static readonly string[] optimizers = [OptimizerConfig.AdamW, OptimizerConfig.AdEMAMix];

    readonly ForgettingConfig tracks;
    readonly int steps;

    /// <summary>The experiment at a preset.</summary>
    /// <param name="preset">"smoke", "desk" or "full".</param>
    /// <param name="seeds">Seeds, each for one run per optimizer and schedule; null for the preset's.</param>
    /// <exception cref="ConfigException">No such preset, no seed, or one twice.</exception>
    public Forgetting(string preset, IEnumerable<int>? seeds = null)
    {
        Preset = Preset.Named(preset);
        var settings = TokenEfficiencySettings.Of(Preset);
        Seeds = Preset.SeedsOr(seeds, settings.Seeds);
        steps = settings.Base.Training.Steps;
        // The shares of the run at which the paper injects (90, 170, 190 and 230 thousand of 256 thousand steps), and tracks that end in time.
        tracks = new ForgettingConfig { At = [.. new[] { 90, 170, 190, 230 }.Select(k => steps * k / 256)], Batches = 4, Track = steps / 10, Interval = steps / 200 };
        Plan = new RunPlan("forgetting",
            from seed in Seeds
            from schedule in (ForgettingSchedule[])[ForgettingSchedule.Cosine, ForgettingSchedule.ConstantThenLinear]
            from optimizer in (OptimizerConfig[])[settings.AdamW, settings.AdEMAMix]
            select settings.Base with
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"{optimizer.Kind}, {NameOf(schedule)}, seed {seed}"),
                Optimizer = optimizer,
                Training = settings.Base.Training with { LinearDecaySteps = schedule == ForgettingSchedule.Cosine ? null : steps / 4 },
                Forgetting = tracks,
                InitSeed = seed,
                DataSeed = seed,
            });
    }

    /// <summary>How long.</summary>
    public Preset Preset { get; }

    /// <summary>The seeds.</summary>
    public IReadOnlyList<int> Seeds { get; }

    /// <summary>The runs.</summary>
    public RunPlan Plan { get; }

    /// <summary>Steps after which a batch is injected.</summary>
    public IReadOnlyList<int> InjectionSteps => tracks.At;

    /// <summary>
    /// Loss on the injected batch, run with it less run without, against steps since the injection: every run faint, means with 95 %
    /// intervals. Below zero the batch is remembered.
    /// </summary>
    /// <param name="runs">The plan's runs.</param>
    /// <param name="injection">One of <see cref="InjectionSteps"/>.</param>
    /// <param name="schedule">The learning-rate schedule.</param>
    public Figure Tracks(IReadOnlyList<RunRecord> runs, int injection, ForgettingSchedule schedule = ForgettingSchedule.Cosine) => Draw(runs, injection, schedule, normalised: false);

    /// <summary>The same, each track divided by its deepest point, as in the paper: from 0 down to -1 and back.</summary>
    /// <inheritdoc cref="Tracks" path="/param"/>
    public Figure NormalisedTracks(IReadOnlyList<RunRecord> runs, int injection, ForgettingSchedule schedule = ForgettingSchedule.Cosine) => Draw(runs, injection, schedule, normalised: true);

    /// <summary>For each schedule and time: how far the loss drops, what share of the drop is left at the track's end, and the placebo's change at the end.</summary>
    public Table Retention(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var rows = from schedule in Enum.GetValues<ForgettingSchedule>()
                   from injection in InjectionSteps
                   from kind in optimizers
                   let tracks = Of(runs, kind, schedule).Select(r => TrackOf(r, injection)).OfType<ForgettingCurve>().ToList()
                   where tracks.Count > 0
                   select (IReadOnlyList<object?>)[NameOf(schedule), injection, kind, tracks.Count, Mean(tracks, t => t.Drop), Mean(tracks, t => t.Retained), Mean(tracks, t => t.PlaceboAtEnd)];
        return new Table(
            ["learning rate", new TableColumn("injected after step") { Format = "N0" }, "optimizer", "n", TableColumn.Nats("deepest drop"), new TableColumn("share kept") { Format = "0.000" }, TableColumn.Nats("placebo at the end")],
            rows, string.Create(CultureInfo.InvariantCulture, $"Loss on the injected batch, with less without, in nats per character; share of the deepest drop left {tracks.Track:N0} steps later; mean [95 % interval]"));

        static Interval Mean(List<ForgettingCurve> tracks, Func<ForgettingCurve, double> value) => Interval.OfMean([.. tracks.Select(value)]);
    }

    /// <summary>Share kept with AdEMAMix less share kept with AdamW over paired seeds, for each schedule and time, Holm-corrected together.</summary>
    public Table Differences(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(Compare(runs), "Share of the drop kept, AdEMAMix less AdamW, paired by seed",
            ("learning rate", c => NameOf(c.Schedule)),
            (new TableColumn("injected after step") { Format = "N0" }, c => c.Injection),
            ("n", c => c.Difference.Values.Count),
            (new TableColumn("mean [95 % interval]") { Format = "0.000" }, c => c.Difference.Mean),
            (new TableColumn("p") { Format = "0.000" }, c => c.Difference.HasP ? c.Difference.PValue : null),
            (new TableColumn("p (Holm)") { Format = "0.000" }, c => c.Difference.HasP ? c.Difference.HolmP : null),
            (new TableColumn("detectable") { Format = "0.000" }, c => c.Difference.HasP ? c.Difference.SmallestDetectable : null));
    }

    /// <summary>What the paper says, and what these runs showed, in words computed from their numbers.</summary>
    public Report Verdict(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var saw = new List<string>();
        foreach (var schedule in Enum.GetValues<ForgettingSchedule>())
        {
            var compared = Compare(runs).Where(c => c.Schedule == schedule).ToList();
            if (compared.Count == 0)
            {
                saw.Add($"With the {NameOf(schedule)} schedule no seed has a finished run of both optimizers, so there is nothing to compare.");
                continue;
            }
            var shown = compared.Where(c => c.Difference.Values.Count >= PairedDifference.FewestForAClaim && c.Difference.HolmP < Significance).ToList();
            var (slower, faster) = (shown.FindAll(c => c.Difference.Mean.Center > 0), shown.FindAll(c => c.Difference.Mean.Center < 0));
            saw.Add(string.Create(CultureInfo.InvariantCulture,
                $"With the {NameOf(schedule)} schedule AdEMAMix kept more of the drop than AdamW at {slower.Count} of {compared.Count} injection times{Times(slower)}, less at {faster.Count}{Times(faster)}; at the others the difference is inconclusive (n = {compared.Min(c => c.Difference.Values.Count)}, Holm-corrected over all times and schedules)."));
        }
        saw.AddRange(RunPlan.LeftOut(runs));
        saw.AddRange(Preset.Caveat);
        return new Report(
            "# What the paper says\n\nThe loss on an injected batch drops more sharply with AdamW and is forgotten faster; AdEMAMix forgets more slowly, most visibly late in training, and it is the decay of the learning rate, not the number of steps, that decides how much is kept.",
            $"# What we saw\n\n{string.Join("\n\n", saw)}");

        static string Times(List<Comparison> compared) => compared.Count == 0 ? "" : $" ({string.Join(", ", compared.Select(c => string.Create(CultureInfo.InvariantCulture, $"step {c.Injection:N0}: {c.Difference.Mean.Center:+0.000;-0.000}")))})";
    }

    /// <summary>How tables and titles call a schedule.</summary>
    public static string NameOf(ForgettingSchedule schedule) => schedule == ForgettingSchedule.Cosine ? "cosine" : "constant, then linear";

    Figure Draw(IReadOnlyList<RunRecord> runs, int injection, ForgettingSchedule schedule, bool normalised)
    {
        ArgumentNullException.ThrowIfNull(runs);
        if (!InjectionSteps.Contains(injection)) throw new FigureException($"No batch is injected after step {injection}: choose one of {string.Join(", ", InjectionSteps)}.");
        var groups = optimizers.Select(kind => new CurveGroup(kind, [.. Of(runs, kind, schedule).Select(r => (Run: r, Track: TrackOf(r, injection))).Where(r => r.Track is not null)
            .Select(r => new Curve(r.Track!.Offsets, normalised ? r.Track.Normalised : r.Track.Own, $"seed {r.Run.Config.InitSeed.ToString(CultureInfo.InvariantCulture)}"))])).ToList();
        var kept = groups.Select(g => g.Runs.Count == 0 ? "no run" : string.Create(CultureInfo.InvariantCulture, $"{Of(runs, g.Name, schedule).Select(r => TrackOf(r, injection)).OfType<ForgettingCurve>().Average(t => t.Retained):0%}"));
        return Figure.Curves(
            string.Create(CultureInfo.InvariantCulture, $"{tracks.Track:N0} steps after a batch was seen once, {string.Join(" of the gain is left with AdamW, ", kept)} with AdEMAMix"),
            string.Create(CultureInfo.InvariantCulture, $"injected after step {injection:N0} of {steps:N0}, {NameOf(schedule)} schedule, seeds {string.Join(", ", Seeds)}, {tracks.Batches} batches each; {Preset.Label}; mean and 95 % interval"),
            "Steps since the injection",
            normalised ? "Loss with less loss without, deepest point = -1" : "Loss with less loss without (nats per character)",
            groups);
    }

    List<Comparison> Compare(IReadOnlyList<RunRecord> runs)
    {
        var compared = new List<Comparison>();
        foreach (var schedule in Enum.GetValues<ForgettingSchedule>())
            foreach (var injection in InjectionSteps)
            {
                var baseline = Retained(OptimizerConfig.AdamW);
                var pairs = Retained(OptimizerConfig.AdEMAMix).Where(x => baseline.ContainsKey(x.Key)).OrderBy(x => x.Key).Select(x => x.Value - baseline[x.Key]).ToList();
                if (pairs.Count > 0) compared.Add(new Comparison(schedule, injection, new PairedDifference(pairs)));

                Dictionary<int, double> Retained(string kind) => Of(runs, kind, schedule).Select(r => (r.Config.InitSeed, Track: TrackOf(r, injection))).Where(r => r.Track is not null).ToDictionary(r => r.InitSeed, r => r.Track!.Retained);
            }
        PairedDifference.Correct(compared.Select(c => c.Difference));
        return compared;
    }

    static ForgettingCurve? TrackOf(RunRecord run, int injection) =>
        run.Measurements.FirstOrDefault(m => m.Kind == RunMeasurement.Forgetting && m.Step == injection) is { } track ? ForgettingCurve.Of(track, run.Config.Forgetting!.Batches) : null;

    static IEnumerable<RunRecord> Of(IReadOnlyList<RunRecord> runs, string kind, ForgettingSchedule schedule) => runs.Where(r =>
        r.State == RunState.Finished && r.Config.Optimizer.Kind == kind && (r.Config.Training.LinearDecaySteps is null) == (schedule == ForgettingSchedule.Cosine));

    sealed record Comparison(ForgettingSchedule Schedule, int Injection, PairedDifference Difference);
}

/// <summary>The learning-rate schedules of the forgetting experiment.</summary>
public enum ForgettingSchedule
{
    /// <summary>Half a cosine from the warmup to the end.</summary>
    Cosine,

    /// <summary>The peak until three quarters of the run, then a straight line down.</summary>
    ConstantThenLinear,
}
