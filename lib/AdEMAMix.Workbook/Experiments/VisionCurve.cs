namespace AdEMAMix.Workbook;

/// <summary>Losses (nats per image) and accuracies along one run on images, at every evaluation, without augmentation.</summary>
/// <param name="Steps">Steps of the evaluations, ascending.</param>
/// <param name="TestLoss">On images that are not trained on.</param>
/// <param name="TestAccuracy">Share of right answers there.</param>
/// <param name="TrainingLoss">On as many images that are trained on.</param>
/// <param name="TrainingAccuracy">Share of right answers there.</param>
sealed record VisionCurve(IReadOnlyList<double> Steps, IReadOnlyList<double> TestLoss, IReadOnlyList<double> TestAccuracy, IReadOnlyList<double> TrainingLoss, IReadOnlyList<double> TrainingAccuracy)
{
    /// <summary>The curve of a run; null where it was not evaluated at its end, or a loss was not finite.</summary>
    public static VisionCurve? Of(RunRecord run)
    {
        var measured = run.Measurements.Where(m => m.Kind == RunMeasurement.Classification).OrderBy(m => m.Step).ToList();
        if (measured.Count == 0 || measured[^1].Step != run.Config.Training.Steps || measured.Any(m => m.Rows[0].Contains(null))) return null;
        return new VisionCurve([.. measured.Select(m => (double)m.Step)], Column(0), Column(1), Column(2), Column(3));

        List<double> Column(int index) => [.. measured.Select(m => m[RunMeasurement.ClassificationColumns[index]][0]!.Value)];
    }
}
