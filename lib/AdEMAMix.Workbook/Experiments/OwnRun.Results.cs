using System.Globalization;

namespace AdEMAMix.Workbook;

// What the runs came to: losses, differences over paired seeds, and a sentence that says no more than they do.
public sealed partial class OwnRun
{
    /// <summary>Both optimizers compared: losses of each seed, the paired difference with interval and p-value, and the verdict.</summary>
    /// <param name="runs">The plan's runs.</param>
    public Report Compare(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var compared = Differences(runs);
        var (adamW, mix) = (Ends(runs, OptimizerConfig.AdamW), Ends(runs, OptimizerConfig.AdEMAMix));
        return new Report(
            Table.Of(Seeds, $"Validation loss after {shared.Training.Steps.ToString("N0", CultureInfo.InvariantCulture)} steps, nats per {data.Unit}",
                ("seed", s => s),
                (TableColumn.Nats("AdamW"), s => adamW.TryGetValue(s, out var loss) ? loss : null),
                (TableColumn.Nats("AdEMAMix"), s => mix.TryGetValue(s, out var loss) ? loss : null),
                (TableColumn.Nats("difference"), s => adamW.ContainsKey(s) && mix.ContainsKey(s) ? mix[s] - adamW[s] : null)),
            Table.Of(compared, "AdEMAMix less AdamW over paired seeds: mean [95 % interval]",
                ("measured", c => c.What),
                ("n", c => c.Difference.Values.Count),
                (TableColumn.Nats("difference"), c => c.Difference.Mean),
                (new TableColumn("p (Holm)") { Format = "0.000" }, c => c.Difference.HasP ? c.Difference.HolmP : null),
                (TableColumn.Nats("detectable"), c => c.Difference is { HasP: true, HasDiverged: false } d ? d.SmallestDetectable : null)),
            Verdict(runs));
    }

    /// <summary>The sentence: which optimizer ended better, or that these runs do not say.</summary>
    /// <inheritdoc cref="Compare" path="/param"/>
    public Report Verdict(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var compared = Differences(runs);
        List<string> sentences = compared.Count == 0
            ? ["No seed has a finished run of both optimizers yet, so there is nothing to compare."]
            : [.. compared.Select(Sentence), "Neither optimizer was tuned on these data, so this compares two sets of starting values, not two optimizers at their best."];
        sentences.AddRange(RunPlan.Diverged(runs));
        if (MissingRuns.Sentence(Plan.Runs, runs) is { } missing) sentences.Add(missing);
        return new Report(string.Join(" ", sentences));
    }

    /// <summary>Validation loss along the runs: every run faint, means on top, 95 % bands from three seeds on.</summary>
    /// <inheritdoc cref="Compare" path="/param"/>
    public Figure Losses(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var loss = Differences(runs).Find(c => c.What == Loss);
        var title = loss is null ? $"AdamW and AdEMAMix on {name}"
            : string.Create(CultureInfo.InvariantCulture, $"On {name} AdEMAMix ends {Math.Abs(loss.Difference.Mean.Center):0.000} nats {(loss.Difference.Mean.Center < 0 ? "below" : "above")} AdamW{(loss.Difference.IsShown ? "" : ", inconclusive")}");
        var x = data.Kind == OwnKind.Images ? new Axis("Training images") { TickFormat = "~s" } : Axis.Tokens;
        return Figure.Curves(title, MissingRuns.Append($"Seeds {string.Join(", ", Seeds)}, paired; mean and 95 % interval", Plan.Runs, runs), x, Axis.Loss(unit: data.Unit),
            TunedOptimizers.Kinds.Select(kind => new CurveGroup(kind, [.. Own(runs, kind).Select(CurveOf)])));

        static Curve CurveOf(RunRecord run)
        {
            var points = run.Points.Where(p => p.ValidationLoss is not null).ToList();
            return new Curve([.. points.Select(p => (double)p.Tokens)], [.. points.Select(p => p.ValidationLoss!.Value)], Curve.SeedName(run.Config.InitSeed));
        }
    }

    const string Loss = "validation loss";
    const string Accuracy = "validation accuracy";

    string Sentence(Comparison c)
    {
        var (difference, n) = (c.Difference, c.Difference.Values.Count);
        if (n < PairedDifference.FewestForAClaim)
            return string.Create(CultureInfo.InvariantCulture, $"With {n} paired seed{(n == 1 ? "" : "s")} AdEMAMix's {c.What} ended {difference.Mean.Center:+0.0000;-0.0000;0.0000} from AdamW's; fewer than {PairedDifference.FewestForAClaim} seeds bear no claim.");
        var statistics = string.Create(CultureInfo.InvariantCulture, $"{difference}{(c.What == Loss ? $", nats per {data.Unit}" : "")}");
        return difference.IsShown
            ? $"On '{name}', after {shared.Training.Steps.ToString("N0", CultureInfo.InvariantCulture)} steps, AdEMAMix's {c.What} was {(difference.Mean.Center < 0 ? "lower" : "higher")} than AdamW's ({statistics})."
            : $"Inconclusive: no difference of {c.What} was shown, and none excluded inside the interval ({statistics}){(difference.HasDiverged ? "" : string.Create(CultureInfo.InvariantCulture, $"; the smallest that this design would have shown four times out of five is {difference.SmallestDetectable:0.0000}"))}.";
    }

    // Corrected together: two questions of the same runs.
    List<Comparison> Differences(IReadOnlyList<RunRecord> runs)
    {
        List<Comparison> compared = [];
        if (PairedDifference.Of(Ends(runs, OptimizerConfig.AdEMAMix), Ends(runs, OptimizerConfig.AdamW)) is { } loss) compared.Add(new(Loss, loss));
        if (data.Kind == OwnKind.Images && PairedDifference.Of(Accuracies(runs, OptimizerConfig.AdEMAMix), Accuracies(runs, OptimizerConfig.AdamW)) is { } accuracy) compared.Add(new(Accuracy, accuracy));
        PairedDifference.Correct(compared.Select(c => c.Difference));
        return compared;
    }

    // By seed; a run that diverged counts as a loss without end.
    Dictionary<int, double> Ends(IReadOnlyList<RunRecord> runs, string kind) => Own(runs, kind).Where(r => r.IsDone).ToDictionary(r => r.Config.InitSeed, r => r.FinalLoss);

    Dictionary<int, double> Accuracies(IReadOnlyList<RunRecord> runs, string kind) => Own(runs, kind)
        .Select(r => (r.Config.InitSeed, Last: r.Measurements.Where(m => m.Kind == RunMeasurement.Classification).MaxBy(m => m.Step)))
        .Where(r => r.Last?["testAccuracy"][0] is not null).ToDictionary(r => r.InitSeed, r => r.Last!["testAccuracy"][0]!.Value);

    IEnumerable<RunRecord> Own(IReadOnlyList<RunRecord> runs, string kind)
    {
        var ids = Plan.Runs.Where(r => r.Optimizer.Kind == kind).Select(r => r.RunId).ToHashSet();
        return runs.Where(r => ids.Contains(r.Id));
    }

    sealed record Comparison(string What, PairedDifference Difference);
}
