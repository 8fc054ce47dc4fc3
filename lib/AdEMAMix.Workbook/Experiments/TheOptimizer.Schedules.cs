namespace AdEMAMix.Workbook;

// The two warmups: alpha rises evenly, beta3 rises so that its half-life does.
public sealed partial class TheOptimizer
{
    /// <summary>alpha(t), and the half-life that beta3(t) gives the slow average, over a warmup.</summary>
    /// <param name="warmup">T of both schedules in steps.</param>
    /// <exception cref="ConfigException">The warmup is shorter than two steps.</exception>
    public Figure Schedules(int warmup = 10_000)
    {
        var steps = ScheduleSteps(warmup, 101);
        var (alpha, beta3) = (new AlphaSchedule(Alpha, warmup), new Beta3Schedule(Beta1, Beta3, warmup));
        double[] x = [.. steps.Select(t => (double)t)];
        var (mixed, grey) = (FigureStyle.ColorOf(Mixed), "#808080");
        return LineChart.Draw(
            Text($"Memory grows evenly: half-life {HalfLife(beta3.At(warmup / 2)):#,0} steps at half of the warmup"),
            Text($"Were beta3 to rise evenly it would be {HalfLife(Even(warmup / 2, warmup)):#,0} there. alpha to {Alpha}, beta3 from {Beta1} to {Beta3}, warmup {warmup:#,0} steps"),
            [
                ("alpha(t)", Axis.Steps, new Axis("Weight of the slow EMA")),
                ("half-life of the slow EMA", Axis.Steps, new Axis("Half-life (steps)")),
            ],
            [
                new ChartLine("", mixed, x, [.. steps.Select(t => alpha.At(t))]),
                new ChartLine("as in the paper", mixed, x, [.. steps.Select(t => HalfLife(beta3.At(t)))]) { Panel = 1, LabelAt = steps.Count * 2 / 3, LabelAnchor = "right" },
                new ChartLine("beta3 evenly", grey, x, [.. steps.Select(t => HalfLife(Even(t, warmup)))]) { Panel = 1, Dash = "dash", LabelAt = steps.Count * 4 / 5, LabelAnchor = "right" },
            ]);
    }

    /// <summary>Both schedules at some moments.</summary>
    /// <param name="warmup">T of both schedules in steps.</param>
    /// <exception cref="ConfigException">The warmup is shorter than two steps.</exception>
    public Table ScheduleTable(int warmup = 10_000)
    {
        ScheduleSteps(warmup, 2);
        var (alpha, beta3) = (new AlphaSchedule(Alpha, warmup), new Beta3Schedule(Beta1, Beta3, warmup));
        var moments = new[] { 1, warmup / 100, warmup / 10, warmup / 2, warmup * 9 / 10, warmup }.Where(t => t > 0).Distinct();
        return Table.Of(moments, null,
            ("step", t => t),
            (new TableColumn("alpha(t)") { Format = "0.0000" }, t => alpha.At(t)),
            (new TableColumn("beta3(t)") { Format = "0.000000" }, t => beta3.At(t)),
            (new TableColumn("half-life (steps)") { Format = "#,0.0" }, t => HalfLife(beta3.At(t))),
            (new TableColumn("were beta3 to rise evenly") { Format = "#,0.0" }, t => HalfLife(Even(t, warmup))));
    }

    /// <summary>Why the schedules are as they are.</summary>
    /// <param name="warmup">T of both schedules in steps.</param>
    public Report ScheduleVerdict(int warmup = 10_000)
    {
        var late = Enumerable.Range(1, warmup).First(t => HalfLife(Even(t, warmup)) >= HalfLife(Beta3) / 10);
        return Verdict(
            "Without the warmups of alpha and of beta3 the first updates are too large and runs diverge or do not recover; beta3 is to rise so that the half-life of the slow average rises evenly (section 3, appendix A.1).",
            Text($"With the paper's schedule the half-life is {HalfLife(new Beta3Schedule(Beta1, Beta3, warmup).At(warmup / 2)) / HalfLife(Beta3):P0} of its final {HalfLife(Beta3):#,0} steps at half of the warmup; a beta3 that rises evenly reaches a tenth of it only at step {late:#,0} of {warmup:#,0}."),
            "That runs diverge without them is a matter of training and is not tested in this notebook.");
    }

    // After how many further steps a gradient's weight has halved, without the 1e-8 that lets the schedule start at 0.
    static double HalfLife(double beta) => beta <= 0 ? -1 : Math.Log(0.5) / Math.Log(beta) - 1;

    double Even(int t, int warmup) => t >= warmup ? Beta3 : Beta1 + (Beta3 - Beta1) * t / warmup;

    static List<int> ScheduleSteps(int warmup, int count) => warmup < 2
        ? throw new ConfigException(Text($"A warmup of {warmup} steps has no course to show: choose 2 or more."))
        : [.. Enumerable.Range(0, count).Select(i => 1 + (int)((long)i * (warmup - 1) / (count - 1))).Distinct()];
}
