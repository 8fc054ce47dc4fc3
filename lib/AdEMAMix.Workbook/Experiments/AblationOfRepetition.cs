using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>Repeated epochs on a fortieth of the text, of which a fifth is kept for validation: how far training and validation loss come apart.</summary>
public sealed class AblationOfRepetition : AblationQuestion
{
    const double Part = 0.025;
    const double Kept = 0.2;

    internal AblationOfRepetition(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, TunedOptimizers.Kinds.Select(kind => Arm(settings, kind)))
    {
    }

    /// <inheritdoc/>
    public override string Question => "Which overfits when a small text is repeated?";

    private protected override IEnumerable<(AblationArm Arm, AblationArm Against)> Pairs => [(Mix, AdamW)];

    AblationArm AdamW => Arm(Settings, OptimizerConfig.AdamW);

    AblationArm Mix => Arm(Settings, OptimizerConfig.AdEMAMix);

    /// <summary>Training and validation loss against steps, for both optimizers.</summary>
    /// <param name="runs">The plan's runs.</param>
    public Figure Losses(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var gap = Difference(runs, Mix, AdamW, Gap);
        var title = gap is null ? "Training and validation loss on a small text, repeated"
            : string.Create(CultureInfo.InvariantCulture, $"On a small text AdEMAMix's validation loss ends {Math.Abs(gap.Mean.Center):0.000} nats {(gap.Mean.Center > 0 ? "further from" : "closer to")} its training loss than AdamW's{(gap.IsConclusive ? "" : ", inconclusive")}");
        var groups = from arm in (AblationArm[])[AdamW, Mix]
                     from training in (bool[])[true, false]
                     let kind = arm.Config.Optimizer.Kind
                     select new CurveGroup($"{kind}, {(training ? "training" : "validation")}", FigureStyle.ColorOf(kind), Curves(runs, arm, run => Points(run, training))) { Dash = training ? "dash" : null };
        return Figure.Curves(title, Subtitle(runs), Axis.Steps, Axis.Loss("Loss"), groups);

        static IEnumerable<(double X, double Y)> Points(RunRecord run, bool training)
        {
            // A fifth of the reports is enough for a smooth line; the first losses would press all others together.
            var from = run.Config.Training.Steps / 10;
            return training
                ? TrainingCurve.Averaged([.. run.Points.Where(p => p.Step > from).Select(p => (p.Step, p.TrainLoss))], 5)
                : run.Points.Where(p => p.Step >= from && p.ValidationLoss is not null).Select(p => ((double)p.Step, p.ValidationLoss!.Value));
        }
    }

    /// <summary>Training loss, validation loss at its lowest and at the end, and how far training and validation lie apart; AdEMAMix less AdamW, Holm-corrected together.</summary>
    /// <inheritdoc cref="Losses" path="/param"/>
    public Table Apart(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(CompareMeasures(runs), "A small text, repeated: nats per character; mean [95 % interval]",
            ("measured", m => m.Name),
            ("n", m => m.Difference?.Values.Count),
            (new TableColumn("AdamW") { Format = "0.000" }, m => Mean(AdamW, m.Measure)),
            (new TableColumn("AdEMAMix") { Format = "0.000" }, m => Mean(Mix, m.Measure)),
            (TableColumn.Nats("AdEMAMix less AdamW"), m => m.Difference?.Mean),
            (new TableColumn("p (Holm)") { Format = "0.000" }, m => m.Difference is { HasP: true } d ? d.HolmP : null),
            (TableColumn.Nats("detectable"), m => m.Difference is { HasP: true } d ? d.SmallestDetectable : null));

        object? Mean(AblationArm arm, Func<RunRecord, double?> measure) => Values(runs, arm, measure).Values.Where(double.IsFinite).ToList() is { Count: > 0 } values ? Interval.OfMean(values) : null;
    }

    /// <summary>What the runs say to "overfits less".</summary>
    internal string Saw(IReadOnlyList<RunRecord> runs) => Difference(runs, Mix, AdamW) is null ? "Repeated text: no pair of runs yet."
        : $"A small text read over and over, AdEMAMix less AdamW: {string.Join("; ", CompareMeasures(runs).Select(m => $"{m.Name} {Text(m.Difference)}"))}.";

    List<(string Name, Func<RunRecord, double?> Measure, PairedDifference? Difference)> CompareMeasures(IReadOnlyList<RunRecord> runs)
    {
        var measures = ((string Name, Func<RunRecord, double?> Measure)[])
        [
            ("training loss at the end", Training),
            ("validation loss at the end", r => r.Result?.ValidationLoss),
            ("validation loss at its lowest", r => r.Points.Min(p => p.ValidationLoss)),
            ("validation less training at the end", Gap),
        ];
        var compared = measures.Select(m => (m.Name, m.Measure, Difference: Difference(runs, Mix, AdamW, m.Measure))).ToList();
        PairedDifference.Correct(compared.Select(m => m.Difference).OfType<PairedDifference>());
        return compared;
    }

    // The last twentieth of the run: single reports are noisy.
    static double? Training(RunRecord run) => run.Points.Where(p => p.Step > run.Config.Training.Steps * 0.95).Select(p => p.TrainLoss).ToList() is { Count: > 0 } last ? last.Average() : null;

    static double? Gap(RunRecord run) => run.Result?.ValidationLoss - Training(run);

    static AblationArm Arm(AblationSettings settings, string kind)
    {
        var (size, steps) = (settings.Overfitted, settings.Steps);
        return new($"{kind}, {size.Name}, small text", size.Base with
        {
            Data = size.Base.Data with { End = Part, ValidationFraction = Kept },
            Optimizer = kind == OptimizerConfig.AdamW ? size.Tuned.AdamW : size.Tuned.AdEMAMix(steps),
            Training = size.Base.Training with { Steps = steps, EvaluationInterval = Math.Max(1, steps / 20), EvaluationWindows = Math.Min(256, size.Base.Training.EvaluationWindows), ReportInterval = Math.Max(1, steps / 100) },
        });
    }
}
