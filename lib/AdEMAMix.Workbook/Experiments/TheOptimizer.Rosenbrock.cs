namespace AdEMAMix.Workbook;

/// <summary>The path of one optimizer over a function of two variables.</summary>
/// <param name="Name">The optimizer and its decays.</param>
/// <param name="Optimizer">"AdamW" or "AdEMAMix".</param>
/// <param name="Variant">Which of this optimizer's settings it is, from 0 on.</param>
/// <param name="LearningRate">The learning rate that it stepped with.</param>
/// <param name="Points">Every point from the start on.</param>
public sealed record OptimizerPath(string Name, string Optimizer, int Variant, double LearningRate, IReadOnlyList<double[]> Points);

// Rosenbrock's valley, f(x, y) = (1 - x)^2 + 100 (y - x^2)^2, from [-3, 5] to the minimum at [1, 1].
public sealed partial class TheOptimizer
{
    /// <summary>Nearer than this to [1, 1] counts as there.</summary>
    const double Near = 0.1;

    static readonly double[] valleyStart = [-3, 5];
    static readonly double[] adamDecays = [0.9, 0.99, 0.999, 0.9999];
    static readonly double[] slowDecays = [0.999, 0.9999];
    static readonly string?[] dashes = [null, "dash", "dashdot", "dot"];

    /// <summary>Rosenbrock's function.</summary>
    public static double Rosenbrock(double x, double y) => (1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x);

    /// <summary>Its gradient.</summary>
    public static double[] RosenbrockGradient(double x, double y) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)];

    /// <summary>
    /// The settings of the paper's figure: Adam with beta1 in {.9, .99, .999, .9999}, AdEMAMix with (.9, .999), alpha 9 and beta3 in
    /// {.999, .9999}, no schedules, no decay. AdEMAMix runs twice: at Adam's learning rate, and at that divided by 1 + alpha, which makes
    /// its longest possible step as long as Adam's.
    /// </summary>
    /// <param name="learningRate">Adam's learning rate.</param>
    /// <param name="steps">Steps of every path.</param>
    /// <exception cref="ConfigException">A rate or a number of steps that is not positive.</exception>
    public IReadOnlyList<OptimizerPath> RunRosenbrock(double learningRate = 1e-2, int steps = 10_000)
    {
        if (!(learningRate > 0 && double.IsFinite(learningRate))) throw new ConfigException(Text($"A learning rate of {learningRate} leads nowhere: choose a positive number."));
        if (steps is < 1 or > 1_000_000) throw new ConfigException(Text($"{steps} steps make no path to look at: choose 1 to 1,000,000."));
        const double Alpha = 9;
        var paths = new List<OptimizerPath>();
        foreach (var (i, beta1) in adamDecays.Index())
            paths.Add(new(Text($"Adam {beta1}"), Single, i, learningRate, Follow(p => new AdamW([p], learningRate, beta1, 0.999))));
        foreach (var rate in new[] { learningRate, learningRate / (1 + Alpha) })
            foreach (var (i, beta3) in slowDecays.Index())
                paths.Add(new(Text($"AdEMAMix {beta3}"), Mixed, i, rate, Follow(p => new AdEMAMix([p], rate, 0.9, 0.999, beta3, Alpha))));
        return paths;

        IReadOnlyList<double[]> Follow(Func<TorchSharp.Modules.Parameter, TorchSharp.Modules.OptimizerHelper> make) =>
            TensorPath.Run(valleyStart, p => RosenbrockGradient(p[0], p[1]), make, steps);
    }

    /// <summary>The paths on the map of the valley, Adam's at the left, AdEMAMix's (at Adam's learning rate) at the right.</summary>
    public Figure RosenbrockPaths(IReadOnlyList<OptimizerPath> paths)
    {
        var shown = AtOneRate(paths);
        var lines = new List<ChartLine>();
        for (var panel = 0; panel < 2; panel++)
        {
            lines.AddRange(Contours(panel));
            foreach (var path in shown.Where(path => path.Optimizer == (panel == 0 ? Single : Mixed)))
            {
                var kept = ThinPath(path.Points, 0.08);
                lines.Add(new ChartLine(path.Name, FigureStyle.ColorOf(path.Optimizer), [.. kept.Select(p => p[0])], [.. kept.Select(p => p[1])]) { Dash = dashes[path.Variant], Panel = panel, Width = 1.8 });
            }
            lines.Add(new ChartLine("", "#808080", [-3, 1], [5, 1]) { Panel = panel, Dot = 9 });
        }
        var (x, y) = (new Axis("x") { Min = -3.4, Max = 3.4 }, new Axis("y") { Min = -1.5, Max = 9 });
        var steps = shown[0].Points.Count - 1;
        return LineChart.Draw(
            Text($"Where {steps:#,0} steps lead from [-3, 5]; the minimum is at [1, 1]"),
            Text($"Learning rate {shown[0].LearningRate:0.####} for all, beta2 0.999, alpha 9, no schedules; grey: f = 1, 10, 100, 1,000 and the floor y = x²"),
            [("Adam", x, y), ("AdEMAMix", x, y)], lines);
    }

    /// <summary>The distance to the minimum, step by step.</summary>
    public Figure RosenbrockDistances(IReadOnlyList<OptimizerPath> paths)
    {
        var shown = AtOneRate(paths);
        var (adam, mixed) = (BestArrival(shown, Single), BestArrival(shown, Mixed));
        var steps = shown[0].Points.Count - 1;
        return LineChart.Draw(
            adam is { } a && mixed is { } m ? Text($"First within {Near} of the minimum: AdEMAMix at step {m.Step:#,0}, Adam {a.Step:#,0}") : Text($"Distance to the minimum over {steps:#,0} steps"),
            Text($"Best of 2 and of 4 settings. Learning rate {shown[0].LearningRate:0.####} for all, so AdEMAMix's steps can be 10 times as long: see the table"),
            [("", Axis.Steps with { Min = 0, Max = steps }, new Axis("Distance to [1, 1]") { Logarithmic = true, Min = 1e-3, Max = 30, TickFormat = "~g" })],
            shown.Select(path =>
            {
                // So many points that oscillations show, and no more.
                int[] at = [.. Enumerable.Range(0, 201).Select(i => (int)((long)i * steps / 200)).Distinct()];
                return new ChartLine(path.Name, FigureStyle.ColorOf(path.Optimizer), [.. at.Select(i => (double)i)], [.. at.Select(i => Math.Max(1e-4, Distance(path.Points[i])))]) { Dash = dashes[path.Variant], Width = 1.8 };
            }));
    }

    /// <summary>When each path came near the minimum, when it stayed, and how far from it it ended.</summary>
    public Table RosenbrockTable(IReadOnlyList<OptimizerPath> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return Table.Of(paths, Text($"Distance to [1, 1] over {paths[0].Points.Count - 1:#,0} steps; near: within {Near}"),
            ("setting", p => p.Name),
            (new TableColumn("learning rate") { Format = "0.####" }, p => p.LearningRate),
            ("first near at", p => First(p)),
            ("near for good from", p => Settled(p)),
            (new TableColumn("distance at the end") { Format = "0.0e0" }, p => Distance(p.Points[^1])));
    }

    /// <summary>What the paper's figure shows, and what these paths show.</summary>
    public Report RosenbrockVerdict(IReadOnlyList<OptimizerPath> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var same = AtOneRate(paths);
        var steps = paths[0].Points.Count - 1;
        var smaller = paths.Where(p => p.Optimizer == Mixed && p.LearningRate != same[0].LearningRate).ToList();
        return Verdict(
            "From [-3, 5], Adam with a larger beta1 swings more and gains little; AdEMAMix with alpha 9 comes to the minimum sooner, and the slow average does not make it swing as one slow average alone would.",
            Text($"At one learning rate, {Arrival("Adam", BestArrival(same, Single))}, and {Arrival("AdEMAMix", BestArrival(same, Mixed))}."),
            Text($"With its learning rate divided by 1 + alpha, so that its longest step is Adam's, {Arrival("AdEMAMix", BestArrival(smaller, Mixed))}. What it gains at one rate is in part the longer step."),
            Sentence(Settling(same, Single), Settling(same, Mixed)),
            "The settings are the paper's; the learning rate and the number of steps are ours.");

        string Arrival(string name, (string Path, int Step)? best) => best is { } b ? Text($"{name}'s quickest setting ({b.Path}) is first within {Near} of the minimum at step {b.Step:#,0}") : Text($"{name} does not come within {Near} of the minimum in {steps:#,0} steps");
        static string Sentence((string Path, int Step)? adam, (string Path, int Step)? mixed) =>
            $"To stay there {(adam is { } a ? Text($"Adam needs {a.Step:#,0} steps ({a.Path})") : "no Adam manages")}, {(mixed is { } m ? Text($"AdEMAMix {m.Step:#,0} ({m.Path})") : "no AdEMAMix manages")}.";
    }

    static List<OptimizerPath> AtOneRate(IReadOnlyList<OptimizerPath> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return [.. paths.Where(path => path.LearningRate == paths[0].LearningRate)];
    }

    static (string Path, int Step)? BestArrival(IEnumerable<OptimizerPath> paths, string optimizer) => Best(paths, optimizer, First);

    static (string Path, int Step)? Settling(IEnumerable<OptimizerPath> paths, string optimizer) => Best(paths, optimizer, Settled);

    static (string Path, int Step)? Best(IEnumerable<OptimizerPath> paths, string optimizer, Func<OptimizerPath, int?> when) =>
        paths.Where(p => p.Optimizer == optimizer && when(p) is not null).OrderBy(p => when(p)).Select(p => ((string, int)?)(p.Name, when(p)!.Value)).FirstOrDefault();

    static int? First(OptimizerPath path)
    {
        for (var i = 0; i < path.Points.Count; i++)
            if (Distance(path.Points[i]) <= Near) return i;
        return null;
    }

    static int? Settled(OptimizerPath path)
    {
        var last = path.Points.Count - 1;
        while (last >= 0 && Distance(path.Points[last]) <= Near) last--;
        return last == path.Points.Count - 1 ? null : last + 1;
    }

    static double Distance(double[] point) => Math.Sqrt((point[0] - 1) * (point[0] - 1) + (point[1] - 1) * (point[1] - 1));

    // f = c where y = x^2 +- sqrt((c - (1 - x)^2) / 100), for |1 - x| up to sqrt(c).
    static IEnumerable<ChartLine> Contours(int panel)
    {
        foreach (var level in new[] { 1.0, 10, 100, 1000 })
        {
            var (from, to) = (Math.Max(-3.6, 1 - Math.Sqrt(level)), Math.Min(3.6, 1 + Math.Sqrt(level)));
            double[] xs = [.. Enumerable.Range(0, 41).Select(i => (from + to) / 2 - Math.Cos(Math.PI * i / 40) * (to - from) / 2)];
            double Half(double x) => Math.Sqrt(Math.Max(0, level - (1 - x) * (1 - x)) / 100);
            yield return new ChartLine("", FigureStyle.Faded("#808080", 0.5), [.. xs, double.NaN, .. xs], [.. xs.Select(x => x * x + Half(x)), double.NaN, .. xs.Select(x => x * x - Half(x))]) { Panel = panel, Width = 1 };
        }
        double[] floor = [.. Enumerable.Range(-18, 37).Select(i => i / 5.0)];
        yield return new ChartLine("", FigureStyle.Faded("#808080", 0.5), floor, [.. floor.Select(x => x * x)]) { Panel = panel, Width = 1, Dash = "dot" };
    }

    // Points at least so far apart; a path of thousands of short steps looks the same.
    static List<double[]> ThinPath(IReadOnlyList<double[]> points, double apart)
    {
        var kept = new List<double[]> { points[0] };
        foreach (var p in points)
            if (Math.Abs(p[0] - kept[^1][0]) + Math.Abs(p[1] - kept[^1][1]) >= apart) kept.Add(p);
        kept.Add(points[^1]);
        return kept;
    }
}
