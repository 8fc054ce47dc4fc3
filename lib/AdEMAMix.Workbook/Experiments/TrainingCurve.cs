namespace AdEMAMix.Workbook;

/// <summary>What the training loss of one run did on its way: how far it rose, and how far it lay above another run's.</summary>
static class TrainingCurve
{
    /// <summary>The largest rise of the reported training loss over the lowest before it; null with fewer than two points.</summary>
    /// <param name="run">The run.</param>
    /// <param name="from">The first step that counts, after which the loss should only fall.</param>
    public static double? LargestRise(RunRecord run, int from)
    {
        var losses = run.Points.Where(p => p.Step >= from).Select(p => p.TrainLoss).ToList();
        if (losses.Count < 2) return null;
        var (lowest, rise) = (losses[0], 0.0);
        foreach (var loss in losses)
        {
            rise = Math.Max(rise, loss - lowest);
            lowest = Math.Min(lowest, loss);
        }
        return rise;
    }

    /// <summary>One run's training loss less another's, at the steps that both report.</summary>
    /// <param name="run">The run.</param>
    /// <param name="other">The other, with the same text in the same order.</param>
    /// <param name="from">The first step.</param>
    /// <param name="to">The last step.</param>
    public static IReadOnlyList<(int Step, double Difference)> Less(RunRecord run, RunRecord other, int from, int to)
    {
        var others = other.Points.ToDictionary(p => p.Step, p => p.TrainLoss);
        return [.. run.Points.Where(p => p.Step >= from && p.Step <= to && others.ContainsKey(p.Step)).Select(p => (p.Step, p.TrainLoss - others[p.Step]))];
    }

    /// <summary>The mean of every so many neighbours, at the last one's position: fewer points, less noise.</summary>
    public static IEnumerable<(double X, double Y)> Averaged(IReadOnlyList<(int Step, double Value)> points, int neighbours) =>
        points.Chunk(neighbours).Where(chunk => chunk.Length == neighbours).Select(chunk => ((double)chunk[^1].Step, chunk.Average(p => p.Value)));
}
