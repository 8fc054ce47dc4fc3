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

    /// <summary>One pair has no scatter, and so no test.</summary>
    public bool HasP => Values.Count > 1;

    /// <summary>The p-value corrected for all comparisons of a table; NaN until <see cref="Correct"/>, and where there is no test.</summary>
    public double HolmP { get; private set; } = double.NaN;

    public bool IsConclusive => Values.Count >= FewestForAClaim && (Mean.Low > 0 || Mean.High < 0);

    public double PValue
    {
        get
        {
            var (mean, error) = (Values.Average(), StandardError);
            return error == 0 ? (mean == 0 ? 1 : 0) : 2 * StudentT.CDF(0, 1, Values.Count - 1, -Math.Abs(mean) / error);
        }
    }

    /// <summary>
    /// The smallest true difference that as many pairs with this scatter show with a power of 80 % at the 5 % level:
    /// (t(0.975) + t(0.8)) standard errors, which for five pairs is about 1 % below what the noncentral t gives.
    /// </summary>
    public double SmallestDetectable
    {
        get
        {
            var freedom = Values.Count - 1;
            return (StudentT.InvCDF(0, 1, freedom, 0.975) + StudentT.InvCDF(0, 1, freedom, 0.8)) * StandardError;
        }
    }

    /// <summary>Corrects the p-values of differences that stand in one table together.</summary>
    public static void Correct(IEnumerable<PairedDifference> compared)
    {
        var tested = compared.Where(d => d.HasP).ToList();
        foreach (var (difference, p) in tested.Zip(Holm([.. tested.Select(d => d.PValue)]))) difference.HolmP = p;
    }

    /// <summary>Holm's correction for several comparisons: the smallest p times their number, the next times one less, never below the one before.</summary>
    /// <returns>The corrected values in the order given.</returns>
    public static IReadOnlyList<double> Holm(IReadOnlyList<double> pValues)
    {
        var corrected = new double[pValues.Count];
        var (left, least) = (pValues.Count, 0.0);
        foreach (var i in Enumerable.Range(0, pValues.Count).OrderBy(i => pValues[i])) corrected[i] = least = Math.Max(least, Math.Min(1, left-- * pValues[i]));
        return corrected;
    }

    double StandardError
    {
        get
        {
            var (n, mean) = (Values.Count, Values.Average());
            return Math.Sqrt(Values.Sum(d => (d - mean) * (d - mean)) / (n - 1) / n);
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"mean paired difference {Mean.Center:F4}, 95 % interval [{Mean.Low:F4}, {Mean.High:F4}], n = {Values.Count}, p = {PValue:G2}");
}
