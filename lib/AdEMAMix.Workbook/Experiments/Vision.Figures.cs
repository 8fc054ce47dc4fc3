using System.Globalization;

namespace AdEMAMix.Workbook;

// The figures of the vision experiment: curves of one share, and the differences at the end of all.
public sealed partial class Vision
{
    /// <summary>Losses on test images (solid) and on training images (dashed) against steps: every run faint, means with 95 % intervals on top.</summary>
    /// <param name="runs">The plan's runs.</param>
    /// <param name="share">One of <see cref="Shares"/>.</param>
    public Figure Losses(IReadOnlyList<RunRecord> runs, double share = 1)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var groups = from test in (bool[])[true, false]
                     from kind in TunedOptimizers.Kinds
                     select new CurveGroup($"{kind}, {(test ? "test" : "training")}", FigureStyle.ColorOf(kind), Lines(runs, kind, share, c => test ? c.TestLoss : c.TrainingLoss)) { Dash = test ? null : "dash" };
        return Figure.Curves(LossHeadline(runs, Known(share)), Subtitle(runs, share), Axis.Steps, Axis.Loss("Loss without augmentation", "image"), groups);
    }

    /// <summary>Accuracy on test images against steps: every run faint, means with 95 % intervals on top.</summary>
    /// <inheritdoc cref="Losses" path="/param"/>
    public Figure Accuracy(IReadOnlyList<RunRecord> runs, double share = 1)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var ends = TunedOptimizers.Kinds.Select(kind => CurvesOf(runs, kind, Known(share)).Select(c => c.Curve.TestAccuracy[^1]).ToList()).ToList();
        var title = ends.Any(e => e.Count == 0) ? $"Test accuracy, trained on {NameOf(share)}"
            : string.Create(CultureInfo.InvariantCulture, $"Trained on {NameOf(share)}: {string.Join(" right with AdamW, ", ends.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Average():0.0%}")))} with AdEMAMix");
        return Figure.Curves(title, Subtitle(runs, share), Axis.Steps, new Axis("Test accuracy") { TickFormat = ".0%" },
            TunedOptimizers.Kinds.Select(kind => new CurveGroup(kind, Lines(runs, kind, share, c => c.TestAccuracy))));
    }

    /// <summary>Loss at the end, AdEMAMix less AdamW, on training and on test images for each share: left of the line AdEMAMix is lower.</summary>
    /// <param name="runs">The plan's runs.</param>
    public Figure LossDifferences(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var compared = Compare(runs).FindAll(c => c.Question != Question.TestAccuracy);
        var rows = compared.Select(c => new IntervalRow($"{NameOf(c.Share)}, {TextOf(c.Question)}", c.Question == Question.TestLoss ? FigureStyle.ColorOf(OptimizerConfig.AdEMAMix) : "#808080", c.Difference.Mean, [.. c.Difference.Values.Where(double.IsFinite)]));
        return IntervalChart.Draw(DifferenceHeadline(compared), Subtitle(runs, null), new Axis("Loss with AdEMAMix less loss with AdamW (nats per image)"), 0, [.. rows]);
    }

    static string DifferenceHeadline(List<Comparison> compared)
    {
        if (compared.Count == 0) return "AdEMAMix less AdamW: no pair of runs yet";
        var tests = compared.FindAll(c => c.Question == Question.TestLoss);
        return $"Test loss of AdEMAMix against AdamW: {string.Join(", ", tests.Select(c => $"{(c.Difference.IsShown ? c.FavoursAdEMAMix ? "lower" : "higher" : "inconclusive")} on {NameOf(c.Share)}"))}";
    }

    string LossHeadline(IReadOnlyList<RunRecord> runs, double share)
    {
        var ends = TunedOptimizers.Kinds.Select(kind => CurvesOf(runs, kind, share).Select(c => c.Curve.TestLoss[^1]).ToList()).ToList();
        return ends.Any(e => e.Count == 0) ? $"Losses of training and test, trained on {NameOf(share)}"
            : string.Create(CultureInfo.InvariantCulture, $"Trained on {NameOf(share)}: test loss {string.Join(" with AdamW, ", ends.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Average():0.000}")))} with AdEMAMix");
    }

    double Known(double share) => Shares.Contains(share) ? share
        : throw new FigureException(string.Create(CultureInfo.InvariantCulture, $"No run is trained on a share of {share}: choose one of {string.Join(", ", Shares.Select(s => s.ToString(CultureInfo.InvariantCulture)))}."));

    static List<Curve> Lines(IReadOnlyList<RunRecord> runs, string kind, double share, Func<VisionCurve, IReadOnlyList<double>> values) =>
        [.. CurvesOf(runs, kind, share).Select(c => new Curve(c.Curve.Steps, values(c.Curve), Curve.SeedName(c.Seed)))];

    string Subtitle(IReadOnlyList<RunRecord> runs, double? share) => MissingRuns.Append(
        $"{(share is { } one ? NameOf(one) + ", " : "")}seeds {string.Join(", ", Seeds)}; {Preset.Label}; mean and 95 % interval", Plan.Runs.Where(r => share is null || r.Vision!.TrainingShare == share), runs);
}
