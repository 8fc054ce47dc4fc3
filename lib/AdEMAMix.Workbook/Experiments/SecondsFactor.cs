using MathNet.Numerics.Distributions;

namespace AdEMAMix.Workbook;

/// <summary>
/// AdamW's seconds to a loss by AdEMAMix's at one model size: the factor in tokens, over seeds, divided by the ratio of a step's times, over
/// repeats. The two samples are independent, so the variances of their logarithms add up and the degrees of freedom are Welch's.
/// </summary>
sealed class SecondsFactor
{
    /// <summary>Of a measured step and of the tokens that both optimizers needed, one pair per seed.</summary>
    public SecondsFactor(StepBenchmark measured, IReadOnlyList<(TokensToTarget AdamW, TokensToTarget Mix)> reached)
    {
        Model = measured.Model;
        Tokens = new PairedDifference([.. reached.Select(r => Math.Log(r.AdamW.Tokens / r.Mix.Tokens))]);
        Times = new PairedDifference([.. measured.Sides.First(s => s.Optimizer == OptimizerConfig.AdEMAMix).Ratios.Select(ratio => Math.Log(ratio))]);
        Bounded = reached.Count(r => TokensToTarget.OfQuotient(r.AdamW.Bound, r.Mix.Bound) != Bound.Exact);
        var perToken = measured.Sides[0].Milliseconds.Average() / 1000 / measured.TokensPerStep;
        AdamWSeconds = perToken * Math.Exp(reached.Average(r => Math.Log(r.AdamW.Tokens)));
        MixSeconds = perToken * Math.Exp(Times.Mean.Center + reached.Average(r => Math.Log(r.Mix.Tokens)));
        InTokens = Exp(Tokens.Mean);

        var (center, a, b) = (Tokens.Mean.Center - Times.Mean.Center, VarianceOfMean(Tokens.Values), VarianceOfMean(Times.Values));
        var error = Math.Sqrt(a + b);
        // One seed or one repeat has no scatter; then the factor has no interval either.
        if (!(error > 0))
        {
            (Factor, P) = (new Interval(Math.Exp(center), double.NaN, double.NaN), double.NaN);
            return;
        }
        var freedom = (a + b) * (a + b) / (a * a / (reached.Count - 1) + b * b / (Times.Values.Count - 1));
        var reach = StudentT.InvCDF(0, 1, freedom, 0.975) * error;
        Factor = Exp(new Interval(center, center - reach, center + reach));
        P = 2 * StudentT.CDF(0, 1, freedom, -Math.Abs(center) / error);
    }

    public string Model { get; }

    /// <summary>Logarithms of AdamW's tokens by AdEMAMix's, one per seed.</summary>
    public PairedDifference Tokens { get; }

    /// <summary>Logarithms of the time of AdEMAMix's step by AdamW's, one per repeat.</summary>
    public PairedDifference Times { get; }

    /// <summary>Seeds whose target lay outside the budgets of one optimizer.</summary>
    public int Bounded { get; }

    public double AdamWSeconds { get; }

    public double MixSeconds { get; }

    public Interval InTokens { get; }

    /// <summary>The factor in seconds.</summary>
    public Interval Factor { get; }

    public double P { get; }

    /// <summary>The p-value corrected for the sizes of a table.</summary>
    public double HolmP { get; set; } = double.NaN;

    public bool IsShown => Tokens.Values.Count >= PairedDifference.FewestForAClaim && HolmP < 0.05;

    static Interval Exp(Interval logs) => new(Math.Exp(logs.Center), Math.Exp(logs.Low), Math.Exp(logs.High));

    static double VarianceOfMean(IReadOnlyList<double> values)
    {
        if (values.Count < 2) return double.NaN;
        var mean = values.Average();
        return values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1) / values.Count;
    }
}
