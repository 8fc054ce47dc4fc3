using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// The paper's fourth claim in small (section 4.1): a batch that a run never saw is injected at several times; how far the loss on it drops
/// and how fast the drop is forgotten, AdamW against AdEMAMix, with paired seeds and with another batch's injection as placebo.
/// </summary>
public sealed partial class Forgetting
{
    readonly ForgettingConfig tracks;
    readonly int steps;

    /// <summary>The experiment at a preset.</summary>
    /// <param name="preset">"smoke", "desk" or "full".</param>
    /// <param name="seeds">Seeds, each for one run per optimizer and schedule; null or none for the preset's.</param>
    /// <exception cref="ConfigException">No such preset, or a seed twice.</exception>
    public Forgetting(string preset, IEnumerable<int>? seeds = null)
    {
        Preset = Preset.Named(preset);
        var settings = TokenEfficiencySettings.Of(Preset);
        Seeds = Preset.SeedsOr(seeds, settings.Seeds);
        steps = settings.Length;
        // The shares of the run at which the paper injects (90, 170, 190 and 230 thousand of 256 thousand steps), and tracks that end in time.
        tracks = new ForgettingConfig { At = [.. new[] { 90, 170, 190, 230 }.Select(k => steps * k / 256)], Batches = Preset == Preset.Smoke ? 2 : 3, Track = steps / 10, Interval = Math.Max(2, steps / 200) };
        Plan = new RunPlan("forgetting",
            from seed in Seeds
            from schedule in Enum.GetValues<ForgettingSchedule>()
            from optimizer in (OptimizerConfig[])[settings.TunedAdamW, settings.TunedAdEMAMix]
            select settings.Base with
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"{optimizer.Kind}, {NameOf(schedule)}, seed {seed}"),
                Optimizer = optimizer,
                Training = settings.Base.Training with { LinearDecaySteps = schedule == ForgettingSchedule.Cosine ? null : steps / 4 },
                Forgetting = tracks,
                InitSeed = seed,
                DataSeed = seed,
            })
        { Needs = TokenEfficiencySettings.NeedsOf(Preset) };
    }

    /// <summary>How long.</summary>
    public Preset Preset { get; }

    /// <summary>The seeds.</summary>
    public IReadOnlyList<int> Seeds { get; }

    /// <summary>The runs.</summary>
    public RunPlan Plan { get; }

    /// <summary>Steps after which a batch is injected.</summary>
    public IReadOnlyList<int> InjectionSteps => tracks.At;

    /// <summary>For each schedule and time: how far the loss drops, what share of the drop is left at the track's end, and the placebo's change at the end.</summary>
    public Table Retention(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var rows = from schedule in Enum.GetValues<ForgettingSchedule>()
                   from injection in InjectionSteps
                   from kind in TunedOptimizers.Kinds
                   let tracks = TracksOf(runs, kind, schedule, injection).Select(t => t.Track).ToList()
                   let diverged = runs.Count(r => r.State == RunState.Diverged && Is(r, kind, schedule))
                   where tracks.Count + diverged > 0
                   select (IReadOnlyList<object?>)[NameOf(schedule), injection, kind, tracks.Count, diverged, Mean(tracks, t => t.Drop), Mean(tracks, t => t.Retained), Mean(tracks, t => t.PlaceboAtEnd)];
        return new Table(
            ["learning rate", new TableColumn("after step") { Format = "N0" }, "optimizer", "n", "diverged", TableColumn.Nats("deepest drop"), new TableColumn("share kept") { Format = "0.00" }, TableColumn.Nats("placebo")],
            rows, string.Create(CultureInfo.InvariantCulture, $"Loss with an injection less without, in nats per character; share kept and placebo after {tracks.Track:N0} steps; mean [95 % interval]"));

        static object? Mean(List<ForgettingCurve> tracks, Func<ForgettingCurve, double> value) => tracks.Count > 0 ? Interval.OfMean([.. tracks.Select(value)]) : null;
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
        var all = Compare(runs);
        foreach (var schedule in Enum.GetValues<ForgettingSchedule>())
        {
            var compared = all.FindAll(c => c.Schedule == schedule);
            if (compared.Count == 0)
            {
                saw.Add($"With the {NameOf(schedule)} schedule no seed has a finished run of both optimizers, so there is nothing to compare.");
                continue;
            }
            var shown = compared.FindAll(c => c.Difference.IsShown);
            var (slower, faster) = (shown.FindAll(c => c.Difference.Mean.Center > 0), shown.FindAll(c => c.Difference.Mean.Center < 0));
            saw.Add(string.Create(CultureInfo.InvariantCulture,
                $"With the {NameOf(schedule)} schedule AdEMAMix kept more of the drop than AdamW at {slower.Count} of {compared.Count} injection times{Times(slower)}, less at {faster.Count}{Times(faster)}; at the others the difference is inconclusive (n = {compared.Min(c => c.Difference.Values.Count)}, Holm-corrected over all times and schedules)."));
        }
        saw.AddRange(RunPlan.Diverged(runs));
        if (MissingRuns.Sentence(Plan.Runs, runs) is { } missing) saw.Add(missing);
        saw.AddRange(Preset.Caveat);
        return new Report(
            "# What the paper says\n\nThe loss on an injected batch drops more sharply with AdamW and is forgotten faster; AdEMAMix forgets more slowly, most visibly late in training, and it is the decay of the learning rate, not the number of steps, that decides how much is kept.",
            $"# What we saw\n\n{string.Join("\n\n", saw)}");

        static string Times(List<Comparison> compared) => compared.Count == 0 ? "" : $" ({string.Join(", ", compared.Select(c => string.Create(CultureInfo.InvariantCulture, $"step {c.Injection:N0}: {c.Difference.Mean.Center:+0.000;-0.000;0.000}")))})";
    }

    /// <summary>How tables and titles call a schedule.</summary>
    public static string NameOf(ForgettingSchedule schedule) => schedule == ForgettingSchedule.Cosine ? "cosine" : "constant, then linear";

    List<Comparison> Compare(IReadOnlyList<RunRecord> runs)
    {
        var compared = new List<Comparison>();
        foreach (var schedule in Enum.GetValues<ForgettingSchedule>())
            foreach (var injection in InjectionSteps)
            {
                if (PairedDifference.Of(Retained(OptimizerConfig.AdEMAMix), Retained(OptimizerConfig.AdamW)) is { } difference) compared.Add(new Comparison(schedule, injection, difference));

                // A run that diverged has kept less than any that did not.
                Dictionary<int, double> Retained(string kind) => TracksOf(runs, kind, schedule, injection).Select(t => (t.Seed, t.Track.Retained))
                    .Concat(runs.Where(r => r.State == RunState.Diverged && Is(r, kind, schedule)).Select(r => (Seed: r.Config.InitSeed, Retained: double.NegativeInfinity))).ToDictionary(t => t.Seed, t => t.Retained);
            }
        PairedDifference.Correct(compared.Select(c => c.Difference));
        return compared;
    }

    // The tracks of one time, by seed; a run that diverged has none.
    static List<(int Seed, ForgettingCurve Track)> TracksOf(IReadOnlyList<RunRecord> runs, string kind, ForgettingSchedule schedule, int injection) =>
        [.. runs.Where(r => r.State == RunState.Finished && Is(r, kind, schedule)).OrderBy(r => r.Config.InitSeed).Select(r => (Seed: r.Config.InitSeed, Track: TrackOf(r, injection)!)).Where(r => r.Track is not null)];

    static ForgettingCurve? TrackOf(RunRecord run, int injection) =>
        run.Measurements.FirstOrDefault(m => m.Kind == RunMeasurement.Forgetting && m.Step == injection) is { } track ? ForgettingCurve.Of(track, run.Config.Forgetting!.Batches) : null;

    internal static bool Is(RunRecord run, string kind, ForgettingSchedule schedule) => run.Config.Optimizer.Kind == kind && ScheduleOf(run.Config) == schedule;

    internal static ForgettingSchedule ScheduleOf(RunConfig run) => run.Training.LinearDecaySteps is null ? ForgettingSchedule.Cosine : ForgettingSchedule.ConstantThenLinear;

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
