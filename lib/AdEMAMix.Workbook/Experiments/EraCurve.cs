namespace AdEMAMix.Workbook;

/// <summary>The validation losses of both eras along one run, at every evaluation.</summary>
/// <param name="Steps">Steps of the evaluations, ascending.</param>
/// <param name="First">Loss on the first era's validation text.</param>
/// <param name="Second">Loss on the second era's.</param>
sealed record EraCurve(IReadOnlyList<double> Steps, IReadOnlyList<double> First, IReadOnlyList<double> Second)
{
    /// <summary>The loss on the first era when the run ended.</summary>
    public double FirstAtEnd => First[^1];

    /// <summary>The loss on the second era when the run ended.</summary>
    public double SecondAtEnd => Second[^1];

    /// <summary>The loss on the first era after a step at which the run was evaluated.</summary>
    public double FirstAt(int step) => First[Steps.ToList().IndexOf(step)];

    /// <summary>The curve of a run; null where a loss was not finite, or an evaluation that is asked for is not there.</summary>
    /// <param name="run">A run with a shift.</param>
    /// <param name="needed">Steps at which it must have been evaluated.</param>
    public static EraCurve? Of(RunRecord run, IEnumerable<int> needed)
    {
        var measured = run.Measurements.Where(m => m.Kind == RunMeasurement.Shift).OrderBy(m => m.Step).ToList();
        if (needed.Except(measured.Select(m => m.Step)).Any() || measured.Any(m => m.Rows[0].Contains(null))) return null;
        return new EraCurve([.. measured.Select(m => (double)m.Step)], Losses("first"), Losses("second"));

        List<double> Losses(string era) => [.. measured.Select(m => m[era][0]!.Value)];
    }
}
