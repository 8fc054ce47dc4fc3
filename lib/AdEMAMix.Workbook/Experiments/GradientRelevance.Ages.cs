using System.Globalization;

namespace AdEMAMix.Workbook;

// Gradients of the past against the present one, band of ages by band of ages, along a run of each optimizer.
public sealed partial class GradientRelevance
{
    static readonly (Family Family, string Name)[] watched = [(Family.WatchedAdamW, OptimizerConfig.AdamW), (Family.WatchedMix, OptimizerConfig.AdEMAMix)];

    /// <summary>Cosine between the average gradient of a band of ages and the present descent direction of a large batch, against age.</summary>
    /// <param name="runs">The plan's runs.</param>
    /// <param name="step">One of <see cref="ComparisonSteps"/>.</param>
    public Figure CosineAgainstAge(IReadOnlyList<RunRecord> runs, int step) => AgainstAge(runs, step, "cosine of mean", "Cosine with the present gradient",
        "0.00",
        (age, values) => $"After step {step.ToString("N0", CultureInfo.InvariantCulture)}, cosine with gradients {age} steps old: {values}");

    /// <summary>What one step of the run's own length along a band's average gradient, preconditioned as Adam does, does to the loss, against its age.</summary>
    /// <inheritdoc cref="CosineAgainstAge" path="/param"/>
    public Figure LossChangeAgainstAge(IReadOnlyList<RunRecord> runs, int step) => AgainstAge(runs, step, "loss change preconditioned", "Change of the loss (nats per character)",
        "+0.0000;-0.0000;0.0000",
        (age, values) => $"After step {step.ToString("N0", CultureInfo.InvariantCulture)}, a step along gradients {age} steps old: {values} nats");

    /// <summary>For each band of ages: cosine and projection, and the loss that a step along it buys; with the gradient of fresh text and the run's own last update beside them.</summary>
    /// <inheritdoc cref="CosineAgainstAge" path="/param"/>
    public Table GradientsByAge(IReadOnlyList<RunRecord> runs, int step)
    {
        ArgumentNullException.ThrowIfNull(runs);
        Require(step);
        var rows = from optimizer in watched
                   let comparisons = ComparisonsOf(runs, optimizer.Family, step).Select(c => c.Comparison).ToList()
                   where comparisons.Count > 0
                   from row in Enumerable.Range(0, comparisons[0].Rows.Count)
                   select (IReadOnlyList<object?>)[optimizer.Name, AgeOf(comparisons[0], row), comparisons.Count, Mean(comparisons, row, "cosine of mean"), Mean(comparisons, row, "projection of mean"), Mean(comparisons, row, "loss change"), Mean(comparisons, row, "loss change preconditioned")];
        return new Table(
            ["optimizer", "age in steps", "n", new TableColumn("cosine") { Format = "0.000" }, new TableColumn("projection") { Format = "0.000" }, new TableColumn("loss, plain step") { Format = "0.00000" }, new TableColumn("loss, preconditioned") { Format = "0.00000" }],
            rows, string.Create(CultureInfo.InvariantCulture, $"After step {step:N0}: gradients of an age against the present one, and what a step as long as the run's own does to the loss (nats per character); mean [95 % interval]"));
    }

    // Which ages still pointed downhill at the last comparison, judged by the interval of the cosine.
    IEnumerable<string> SawOfAges(IReadOnlyList<RunRecord> runs)
    {
        var step = ComparisonSteps[^1];
        foreach (var (family, name) in watched)
        {
            var comparisons = ComparisonsOf(runs, family, step).Select(c => c.Comparison).ToList();
            if (comparisons.Count < PairedDifference.FewestForAClaim) continue;
            var bands = BandRows(comparisons[0]).Select(row => (Age: AgeOf(comparisons[0], row), Cosine: Mean(comparisons, row, "cosine of mean"))).ToList();
            var (downhill, uphill) = (bands.FindAll(b => b.Cosine is { Low: > 0 }), bands.FindAll(b => b.Cosine is { High: < 0 }));
            yield return string.Create(CultureInfo.InvariantCulture,
                $"Along {name}, after step {step:N0}, the mean gradient pointed downhill at present at these ages in steps: {Ages(downhill)}; uphill: {Ages(uphill)}; for the other {bands.Count - downhill.Count - uphill.Count} of {bands.Count} bands of ages, the oldest of {bands[^1].Age}, the cosine's 95 % interval holds zero (n = {comparisons.Count}, not corrected).");
        }

        static string Ages(List<(string Age, Interval? Cosine)> bands) => bands.Count == 0 ? "none" : string.Join(", ", bands.Select(b => b.Age));
    }

    static string AgeOf(RunMeasurement comparison, int row) => comparison["youngest"][row] switch
    {
        0 => "0, other text",
        < 0 => "the run's own update",
        { } youngest when youngest == comparison["oldest"][row] => youngest.ToString("N0", CultureInfo.InvariantCulture),
        { } youngest => string.Create(CultureInfo.InvariantCulture, $"{youngest:N0} to {comparison["oldest"][row]:N0}"),
        null => "",
    };

    static Interval? Mean(List<RunMeasurement> comparisons, int row, string column)
    {
        List<double> values = [.. comparisons.Select(c => c[column][row]).OfType<double>()];
        return values.Count > 0 ? Interval.OfMean(values) : null;
    }

    Figure AgainstAge(IReadOnlyList<RunRecord> runs, int step, string column, string axis, string format, Func<string, string, string> title)
    {
        ArgumentNullException.ThrowIfNull(runs);
        Require(step);
        var groups = watched.Select(o => new CurveGroup(o.Name, [.. ComparisonsOf(runs, o.Family, step).Select(c => CurveOf(c.Comparison, c.Seed))])).ToList();
        var message = groups.All(g => g.Runs.Count > 0)
            ? title(OldestBand(), string.Join(", ", groups.Select(g => $"{g.Runs.Average(r => r.Y[^1]).ToString(format, CultureInfo.InvariantCulture)} ({g.Name})")))
            : string.Create(CultureInfo.InvariantCulture, $"Gradients of the past against the present one, after step {step:N0}");
        return Figure.Curves(message, Subtitle(runs, watched.Select(o => new Setting(o.Family))), new Axis("Age of the gradients (steps, middle of each band)") { Logarithmic = true }, axis, groups);

        string OldestBand()
        {
            var comparison = ComparisonsOf(runs, Family.WatchedAdamW, step).First().Comparison;
            return AgeOf(comparison, BandRows(comparison)[^1]);
        }

        Curve CurveOf(RunMeasurement comparison, int seed)
        {
            var (youngest, oldest, values, rows) = (comparison["youngest"], comparison["oldest"], comparison[column], BandRows(comparison));
            return new Curve([.. rows.Select(i => Math.Sqrt(youngest[i]!.Value * oldest[i]!.Value))], [.. rows.Select(i => values[i] ?? double.NaN)], Curve.SeedName(seed));
        }
    }

    // Bands begin at age 1; the rows for age 0 and for the run's own update are no ages.
    static List<int> BandRows(RunMeasurement comparison) => [.. Enumerable.Range(0, comparison.Rows.Count).Where(i => comparison["youngest"][i] >= 1)];

    List<(int Seed, RunMeasurement Comparison)> ComparisonsOf(IReadOnlyList<RunRecord> runs, Family family, int step) =>
        [.. Finished(runs, new Setting(family)).Select(r => (Seed: r.Config.InitSeed, Comparison: r.Measurements.FirstOrDefault(m => m.Kind == RunMeasurement.Relevance && m.Step == step)!)).Where(r => r.Comparison is not null)];

    void Require(int step)
    {
        if (!ComparisonSteps.Contains(step)) throw new FigureException($"Gradients are not compared after step {step}: choose one of {string.Join(", ", ComparisonSteps)}.");
    }
}
