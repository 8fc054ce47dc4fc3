using System.Globalization;
using MathNet.Numerics.Distributions;

namespace AdEMAMix.Workbook;

/// <summary>The difference between two treatments over paired seeds: mean, 95 % interval and p-value of Student's paired t-test.</summary>
/// <remarks>
/// A run that diverged counts as a loss of plus infinity. Where that makes a difference infinite there is no mean: the median stands in its
/// place, without an interval, and the p-value is that of the exact sign test. A pair that diverged under both is a tie.
/// </remarks>
/// <param name="Values">One difference per pair; infinite where one run of the pair diverged, NaN where both did.</param>
sealed record PairedDifference(IReadOnlyList<double> Values)
{
    /// <summary>Fewer pairs bear no claim, whatever the p-value.</summary>
    public const int FewestForAClaim = 3;

    /// <summary>Whether a run of some pair diverged.</summary>
    public bool HasDiverged => Values.Any(d => !double.IsFinite(d));

    public Interval Mean => HasDiverged ? new Interval(Median(), double.NaN, double.NaN) : Interval.OfMean(Values);

    /// <summary>Below this a p-value corrected for its table tells a difference from none.</summary>
    const double Significance = 0.05;

    /// <summary>One pair has no scatter, and so no test.</summary>
    public bool HasP => Values.Count > 1;

    /// <summary>The p-value corrected for all comparisons of a table; NaN until <see cref="Correct"/>, and where there is no test.</summary>
    public double HolmP { get; private set; } = double.NaN;

    /// <summary>Whether the corrected p-value tells the difference from none; never before <see cref="Correct"/>.</summary>
    public bool IsSignificant => HolmP < Significance;

    /// <summary>Whether it does so with enough pairs for a claim.</summary>
    public bool IsShown => Values.Count >= FewestForAClaim && IsSignificant;

    public bool IsConclusive => Values.Count >= FewestForAClaim && (HasDiverged ? PValue < Significance : Mean.Low > 0 || Mean.High < 0);

    public double PValue
    {
        get
        {
            if (HasDiverged) return SignTest();
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
            if (HasDiverged) return double.NaN;
            var freedom = Values.Count - 1;
            return (StudentT.InvCDF(0, 1, freedom, 0.975) + StudentT.InvCDF(0, 1, freedom, 0.8)) * StandardError;
        }
    }

    /// <summary>Of the seeds that both have; null where they share none.</summary>
    /// <param name="treated">Value by seed; infinite where the run diverged.</param>
    /// <param name="baseline">Value by seed of what it is compared with.</param>
    public static PairedDifference? Of(IReadOnlyDictionary<int, double> treated, IReadOnlyDictionary<int, double> baseline)
    {
        List<double> pairs = [.. treated.Where(t => baseline.ContainsKey(t.Key)).OrderBy(t => t.Key).Select(t => t.Value - baseline[t.Key])];
        return pairs.Count > 0 ? new PairedDifference(pairs) : null;
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

    // Both tails of the binomial distribution with one half; ties are no trials.
    double SignTest()
    {
        var (below, above) = (Values.Count(d => d < 0), Values.Count(d => d > 0));
        return below + above == 0 ? 1 : Math.Min(1, 2 * Binomial.CDF(0.5, below + above, Math.Min(below, above)));
    }

    // Infinities sort where they belong; a tie lies in the middle.
    double Median()
    {
        var sorted = Values.Select(d => double.IsNaN(d) ? 0 : d).Order().ToArray();
        var (low, high) = (sorted[(sorted.Length - 1) / 2], sorted[sorted.Length / 2]);
        return low == high ? low : (low + high) / 2;
    }

    double StandardError
    {
        get
        {
            var (n, mean) = (Values.Count, Values.Average());
            return Math.Sqrt(Values.Sum(d => (d - mean) * (d - mean)) / (n - 1) / n);
        }
    }

    public override string ToString() => HasDiverged
        ? string.Create(CultureInfo.InvariantCulture, $"median paired difference {Mean.Center:F4}, n = {Values.Count} of which {Values.Count(d => !double.IsFinite(d))} with a run that diverged, p = {PValue:G2} (sign test)")
        : string.Create(CultureInfo.InvariantCulture,
        $"mean paired difference {Mean.Center:F4}, 95 % interval [{Mean.Low:F4}, {Mean.High:F4}], n = {Values.Count}, p = {PValue:G2}");
}
