using MathNet.Numerics.Distributions;

namespace AdEMAMix.Workbook;

/// <summary>A value with its interval, shown in tables as "1.449 [1.436, 1.462]".</summary>
/// <param name="Center">The estimate.</param>
/// <param name="Low">Lower end; NaN where the sample is too small to tell.</param>
/// <param name="High">Upper end; NaN where the sample is too small to tell.</param>
public readonly record struct Interval(double Center, double Low, double High)
{
    /// <summary>The mean of a sample with its Student t interval: mean +- t(n-1) s / sqrt(n).</summary>
    /// <param name="sample">At least one value; with one value the ends are NaN.</param>
    /// <param name="level">Coverage, between 0 and 1.</param>
    /// <exception cref="ArgumentException">The sample is empty or the level is not between 0 and 1.</exception>
    public static Interval OfMean(IReadOnlyList<double> sample, double level = 0.95)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (sample.Count == 0) throw new ArgumentException("A mean needs at least one value.", nameof(sample));
        if (!(level is > 0 and < 1)) throw new ArgumentException("The level must lie between 0 and 1, such as 0.95.", nameof(level));

        var n = sample.Count;
        var mean = sample.Average();
        if (n == 1) return new Interval(mean, double.NaN, double.NaN);
        var variance = sample.Sum(value => (value - mean) * (value - mean)) / (n - 1);
        var half = StudentQuantile(n - 1, level) * Math.Sqrt(variance / n);
        return new Interval(mean, mean - half, mean + half);
    }

    /// <summary>How far a two-sided t interval of this level reaches, in standard errors.</summary>
    internal static double StudentQuantile(int degreesOfFreedom, double level) =>
        StudentT.InvCDF(0, 1, degreesOfFreedom, 0.5 + level / 2);
}
