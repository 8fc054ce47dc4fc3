namespace AdEMAMix.Workbook;

/// <summary>The mean of repeated curves, point by point, and its 95 % Student t interval where two or more runs have a value.</summary>
sealed record MeanCurve(IReadOnlyList<double> X, IReadOnlyList<double> Mean, IReadOnlyList<double> Low, IReadOnlyList<double> High)
{
    /// <summary>Runs measured at different positions are interpolated linearly to those of the densest run, over the part that all of them cover.</summary>
    public static MeanCurve Of(CurveGroup group)
    {
        var runs = group.Runs.Where(run => run.X.Count > 0).ToArray();
        var grid = runs.MaxBy(run => run.X.Count)!.X;
        if (runs.Any(run => !run.X.SequenceEqual(grid)))
        {
            var (from, to) = (runs.Max(run => run.X[0]), runs.Min(run => run.X[^1]));
            grid = [.. grid.Where(x => x >= from && x <= to)];
        }

        var reach = runs.Length > 1 ? Interval.StudentQuantile(runs.Length - 1, 0.95) / Math.Sqrt(runs.Length) : double.NaN;
        double[] mean = new double[grid.Count], low = new double[grid.Count], high = new double[grid.Count];
        var values = new double[runs.Length];
        for (var i = 0; i < grid.Count; i++)
        {
            for (var run = 0; run < runs.Length; run++) values[run] = At(runs[run], grid[i]);
            mean[i] = values.Average();
            var squares = 0.0;
            foreach (var value in values) squares += (value - mean[i]) * (value - mean[i]);
            var half = reach * Math.Sqrt(squares / (runs.Length - 1));
            (low[i], high[i]) = (mean[i] - half, mean[i] + half);
        }
        return new MeanCurve(grid, mean, low, high);
    }

    static double At(Curve run, double x)
    {
        var (below, above) = (0, run.X.Count - 1);
        while (above - below > 1)
        {
            var middle = (below + above) / 2;
            if (run.X[middle] <= x) below = middle;
            else above = middle;
        }
        if (run.X[below] == x) return run.Y[below];
        if (run.X[above] == x) return run.Y[above];
        return run.Y[below] + (run.Y[above] - run.Y[below]) * (x - run.X[below]) / (run.X[above] - run.X[below]);
    }
}
