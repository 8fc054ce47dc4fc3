using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// Forgetting when the text itself changes: runs read the first 30 % of the State of the Union addresses (they stand in the order of their
/// years: 1790 to 1864), from half of the run on the last 30 % (1929 to 2021). What is kept of the first era, and how well is the second learnt? AdamW against AdEMAMix
/// with paired seeds.
/// </summary>
/// <remarks>
/// The hyperparameters are those of token efficiency, tuned on another text and without a shift, for both optimizers alike. The loss on the
/// first era at the end also tells who is the better learner, so its rise since the shift is compared too; and while the learning rate falls,
/// losses fall on any text, which hides forgetting. So there are two schedules: the cosine, as runs are usually made, and a constant learning
/// rate with a linear decay at the end, where the rise between the shift and the decay's start happens at one learning rate. No run stays with
/// the first era to the end, so what is compared is the two optimizers, not a shift with none.
/// </remarks>
public sealed partial class EraShift
{
    const double FirstEnd = 0.3, SecondStart = 0.7;
    readonly int steps;

    /// <summary>The experiment at a preset.</summary>
    /// <param name="preset">"smoke", "desk" or "full".</param>
    /// <param name="seeds">Seeds, each for one run per optimizer and schedule; null or none for the first three of the preset's.</param>
    /// <exception cref="ConfigException">No such preset, or a seed twice.</exception>
    public EraShift(string preset, IEnumerable<int>? seeds = null)
    {
        Preset = Preset.Named(preset);
        var settings = TokenEfficiencySettings.Of(Preset);
        Seeds = Preset.SeedsOr(seeds, settings.FewestSeeds);
        steps = settings.Length;
        Plan = new RunPlan("era-shift",
            from seed in Seeds
            from schedule in Enum.GetValues<ForgettingSchedule>()
            from optimizer in (OptimizerConfig[])[settings.TunedAdamW, settings.TunedAdEMAMix]
            select settings.Base with
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"{optimizer.Kind}, {Forgetting.NameOf(schedule)}, two eras, seed {seed}"),
                Data = new DataConfig { Source = "state-of-the-union", Start = 0, End = FirstEnd },
                Shift = new ShiftConfig { At = ShiftStep, Start = SecondStart, End = 1 },
                Optimizer = optimizer,
                Training = settings.Base.Training with
                {
                    // One evaluation falls on the shift, before the first step on the second era, and one on the decay's start.
                    EvaluationInterval = steps / (Preset == Preset.Smoke ? 20 : 40),
                    LinearDecaySteps = schedule == ForgettingSchedule.Cosine ? null : steps - DecayStep,
                },
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

    /// <summary>Steps on the first era.</summary>
    public int ShiftStep => steps / 2;

    /// <summary>The step from which the learning rate falls in a line, with the schedule that is constant before.</summary>
    public int DecayStep => steps * 3 / 4;

    /// <summary>Validation losses of both eras against steps: every run faint, means with 95 % intervals on top, the shift marked.</summary>
    /// <param name="runs">The plan's runs.</param>
    /// <param name="schedule">The learning-rate schedule.</param>
    public Figure Losses(IReadOnlyList<RunRecord> runs, ForgettingSchedule schedule = ForgettingSchedule.Cosine)
    {
        ArgumentNullException.ThrowIfNull(runs);
        // The first evaluations are far above all others and would press the lines together.
        var groups = from era in (bool[])[true, false]
                     from kind in TunedOptimizers.Kinds
                     select new CurveGroup($"{kind}, {(era ? "first" : "second")} era", FigureStyle.ColorOf(kind), [.. Curves(runs, kind, schedule).Select(c => Late(c.Curve, era, c.Seed))]) { Dash = era ? null : "dash" };
        return Figure.Curves(Headline(runs, schedule), MissingRuns.Append(Subtitle(schedule), Needed(schedule), runs), Axis.Steps, Axis.Loss(), groups)
            .WithMark(ShiftStep, "from here on the second era is read");

        Curve Late(EraCurve curve, bool firstEra, int seed)
        {
            var from = curve.Steps.ToList().FindIndex(step => step >= ShiftStep / 4);
            return new Curve([.. curve.Steps.Skip(from)], [.. (firstEra ? curve.First : curve.Second).Skip(from)], Curve.SeedName(seed));
        }
    }

    /// <summary>For each schedule and optimizer: the first era's loss at the shift and at the end, its rise, and the second era's loss at the end.</summary>
    public Table Kept(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var rows = from schedule in Enum.GetValues<ForgettingSchedule>()
                   from kind in TunedOptimizers.Kinds
                   let curves = Curves(runs, kind, schedule).Select(c => c.Curve).ToList()
                   let diverged = runs.Count(r => r.State == RunState.Diverged && Forgetting.Is(r, kind, schedule))
                   where curves.Count + diverged > 0
                   select (IReadOnlyList<object?>)[Forgetting.NameOf(schedule), kind, curves.Count, diverged, Mean(curves, c => c.FirstAt(ShiftStep)), Mean(curves, c => c.FirstAtEnd), Mean(curves, c => c.FirstAtEnd - c.FirstAt(ShiftStep)), Mean(curves, c => c.SecondAtEnd)];
        return new Table(
            ["learning rate", "optimizer", "n", "diverged", Loss("first, at shift"), Loss("first, at end"), Loss("rise"), Loss("second, at end")],
            rows, "Validation loss on the first and the second era in nats per character; mean [95 % interval]");

        static TableColumn Loss(string title) => new(title) { Format = "0.000" };

        static object? Mean(List<EraCurve> curves, Func<EraCurve, double> value) => curves.Count > 0 ? Interval.OfMean([.. curves.Select(value)]) : null;
    }

    /// <summary>What is kept and what is learnt, AdEMAMix less AdamW over paired seeds, Holm-corrected together.</summary>
    public Table Differences(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(Compare(runs), "AdEMAMix less AdamW, paired by seed, in nats per character; below zero AdEMAMix is better",
            ("learning rate", c => Forgetting.NameOf(c.Schedule)),
            ("compared", c => TextOf(c.Question)),
            ("n", c => c.Difference.Values.Count),
            (TableColumn.Nats("mean [95 % interval]"), c => c.Difference.Mean),
            (new TableColumn("p") { Format = "0.000" }, c => c.Difference.HasP ? c.Difference.PValue : null),
            (new TableColumn("p (Holm)") { Format = "0.000" }, c => c.Difference.HasP ? c.Difference.HolmP : null),
            (TableColumn.Nats("detectable"), c => c.Difference.HasP ? c.Difference.SmallestDetectable : null));
    }

    string Headline(IReadOnlyList<RunRecord> runs, ForgettingSchedule schedule)
    {
        var rises = TunedOptimizers.Kinds.Select(kind => Curves(runs, kind, schedule).Select(c => c.Curve.FirstAtEnd - c.Curve.FirstAt(ShiftStep)).ToList()).ToList();
        if (rises.Any(r => r.Count == 0)) return "Losses of two eras, the second read after the first";
        var difference = Compare(runs).FirstOrDefault(c => c.Schedule == schedule && c.Question == Question.Rise)?.Difference;
        return string.Create(CultureInfo.InvariantCulture, $"First era since the shift: {string.Join(" nats with AdamW, ", rises.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Average():+0.000;-0.000;0.000}")))} with AdEMAMix{(difference is null || difference.IsShown ? "" : "; inconclusive")}");
    }

    string Subtitle(ForgettingSchedule schedule) => $"{Forgetting.NameOf(schedule)} schedule, seeds {string.Join(", ", Seeds)}; {Preset.Label}; mean and 95 % interval";

    List<(int Seed, EraCurve Curve)> Curves(IReadOnlyList<RunRecord> runs, string kind, ForgettingSchedule schedule) =>
        [.. runs.Where(r => r.State == RunState.Finished && Forgetting.Is(r, kind, schedule)).OrderBy(r => r.Config.InitSeed)
            .Select(r => (Seed: r.Config.InitSeed, Curve: EraCurve.Of(r, [ShiftStep, DecayStep, steps])!)).Where(r => r.Curve is not null)];

    IEnumerable<RunConfig> Needed(ForgettingSchedule schedule) => Plan.Runs.Where(r => Forgetting.ScheduleOf(r) == schedule);
}
