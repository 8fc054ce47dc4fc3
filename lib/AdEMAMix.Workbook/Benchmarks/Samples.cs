namespace AdEMAMix.Workbook;

/// <summary>What benchmarks report of repeated measurements: medians, which one slow block does not move.</summary>
static class Samples
{
    public static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>The median ratio of neighbouring blocks: what else the machine did at the time falls out.</summary>
    public static double Ratio(IEnumerable<double> over, IEnumerable<double> under) => Median([.. over.Zip(under, (o, u) => o / u)]);
}
