using System.Globalization;
using MathNet.Numerics.Distributions;

namespace AdEMAMix.Workbook;

/// <summary>The difference between two treatments over paired seeds: mean, 95 % interval and p-value of Student's paired t-test.</summary>
/// <param name="Values">One difference per pair.</param>
sealed record PairedDifference(IReadOnlyList<double> Values)
{
    /// <summary>Fewer pairs bear no claim, whatever the p-value.</summary>
    public const int FewestForAClaim = 3;

    public Interval Mean => Interval.OfMean(Values);

    public bool IsConclusive => Values.Count >= FewestForAClaim && (Mean.Low > 0 || Mean.High < 0);

    public double PValue
    {
        get
        {
            var (n, mean) = (Values.Count, Values.Average());
            var deviation = Math.Sqrt(Values.Sum(d => (d - mean) * (d - mean)) / (n - 1));
            return deviation == 0 ? (mean == 0 ? 1 : 0) : 2 * StudentT.CDF(0, 1, n - 1, -Math.Abs(mean) / (deviation / Math.Sqrt(n)));
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"mean paired difference {Mean.Center:F4}, 95 % interval [{Mean.Low:F4}, {Mean.High:F4}], n = {Values.Count}, p = {PValue:G2}");
}
