namespace AdEMAMix.Workbook;

// Does the slow average carry a path out of a poor minimum? f(x, y) = 8 (x - 1)^2 (1.3 x^2 + 2 x + 1) + (y - 4)^2 / 2 has a shallow
// minimum near x = -0.65 (f = 5.43), a ridge near x = 0, and the lowest point at [1, 4]. Written down from memory of the paper's
// appendix, not checked against it.
public sealed partial class TheOptimizer
{
    static readonly double[] minimaStarts = [-2, -1.5, -1];
    const int MinimaSteps = 10_000;

    /// <summary>The function.</summary>
    public static double TwoMinima(double x, double y) => 8 * (x - 1) * (x - 1) * (1.3 * x * x + 2 * x + 1) + (y - 4) * (y - 4) / 2;

    /// <summary>Its gradient.</summary>
    public static double[] TwoMinimaGradient(double x, double y) => [16 * (x - 1) * (1.3 * x * x + 2 * x + 1) + 8 * (x - 1) * (x - 1) * (2.6 * x + 2), y - 4];

    /// <summary>Adam and AdEMAMix (alpha 9, beta3 0.999) from three starts left of the shallow minimum, each farther away.</summary>
    /// <param name="learningRate">Of Adam; AdEMAMix steps with a tenth of it, so that its longest step is Adam's.</param>
    public IReadOnlyList<OptimizerPath> RunTwoMinima(double learningRate = 1e-2)
    {
        var paths = new List<OptimizerPath>();
        foreach (var (i, start) in minimaStarts.Index())
            foreach (var (name, kind, rate, make) in new (string, string, double, Func<TorchSharp.Modules.Parameter, TorchSharp.Modules.OptimizerHelper>)[]
            {
                ("Adam 0.9", Single, learningRate, p => new AdamW([p], learningRate, 0.9, 0.999)),
                ("Adam 0.999", Single, learningRate, p => new AdamW([p], learningRate, 0.999, 0.999)),
                ("AdEMAMix 0.999", Mixed, learningRate / 10, p => new AdEMAMix([p], learningRate / 10, 0.9, 0.999, 0.999, 9)),
            })
                paths.Add(new(name, kind, i, rate, TensorPath.Run([start, 1], p => TwoMinimaGradient(p[0], p[1]), make, MinimaSteps)));
        return paths;
    }

    /// <summary>x against steps, for the start in the middle.</summary>
    public Figure TwoMinimaPaths(IReadOnlyList<OptimizerPath> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        int[] at = [.. Enumerable.Range(0, 301).Select(i => (int)Math.Round(Math.Pow(10, i / 300.0 * 4)))];
        return LineChart.Draw(
            Text($"Over the ridge from x = {minimaStarts[1]}: {(Middle().Any(FindsLowest) ? string.Join(", ", Middle().Where(FindsLowest).Select(p => p.Name)) : "none")}"),
            Text($"Shallow minimum at x = -0.65, lowest at x = 1, ridge at x = 0. Learning rate {paths[0].LearningRate:0.####}, AdEMAMix a tenth of it, alpha 9"),
            [("", new Axis("Optimizer steps") { Logarithmic = true, Min = 1, Max = MinimaSteps, TickFormat = "~s" }, new Axis("x") { Min = -2.2, Max = 1.8 })],
            Middle().Select((p, i) => new ChartLine(p.Name, FigureStyle.ColorOf(p.Optimizer), [.. at.Select(t => (double)t)], [.. at.Select(t => p.Points[t][0])]) { Dash = p.Name.EndsWith("0.999", StringComparison.Ordinal) && p.Optimizer == Single ? "dash" : null })
                .Append(new ChartLine("", FigureStyle.Faded("#808080", 0.7), [1, MinimaSteps], [0, 0]) { Dash = "dot", Width = 1.2 }));

        IEnumerable<OptimizerPath> Middle() => paths.Where(p => p.Variant == 1);
    }

    /// <summary>Where each path ended.</summary>
    public Table TwoMinimaTable(IReadOnlyList<OptimizerPath> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return Table.Of(paths, null,
            (new TableColumn("start x") { Format = "0.0" }, p => p.Points[0][0]),
            ("setting", p => p.Name),
            (new TableColumn("learning rate") { Format = "0.####" }, p => p.LearningRate),
            (new TableColumn("x at the end") { Format = "0.000" }, p => p.Points[^1][0]),
            (new TableColumn("f at the end") { Format = "0.0000" }, p => TwoMinima(p.Points[^1][0], p.Points[^1][1])),
            ("minimum", p => FindsLowest(p) ? "lowest" : "shallow"));
    }

    /// <summary>What these paths say about momentum and poor minima.</summary>
    public Report TwoMinimaVerdict(IReadOnlyList<OptimizerPath> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return Verdict(
            "Its appendix has a toy of two variables. The function here is written down from memory of it and was not checked against the paper; the starts and the learning rates are ours.",
            string.Join("; ", paths.GroupBy(p => p.Name).Select(g => Text($"{g.Key} found the lowest minimum from {g.Count(FindsLowest)} of {g.Count()} starts"))) + ".",
            "Momentum gathered on the slope carries a path over the ridge, and what has gathered little does not: from the nearest start all stay. One function, three starts: an illustration, no evidence about training.");
    }

    static bool FindsLowest(OptimizerPath path) => path.Points[^1][0] > 0;
}
