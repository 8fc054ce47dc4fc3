// beta3(t): the decay of the slow EMA, raised linearly in its half-life (section 3 and appendix A.1 of the paper).
namespace AdEMAMix;

/// <summary>
/// The schedule of beta3: from <paramref name="Beta1"/> to <paramref name="Beta3"/> over <paramref name="Warmup"/> steps,
/// linear in the half-life, so that the memory grows by about the same number of steps at every step.
/// </summary>
/// <param name="Beta1">The decay of the fast EMA, where the schedule starts; 0 is legal.</param>
/// <param name="Beta3">The final decay of the slow EMA.</param>
/// <param name="Warmup">T_beta3 in steps; 0 and 1 mean the final value from the first step on.</param>
public readonly record struct Beta3Schedule(double Beta1, double Beta3, long Warmup)
{
    /// <summary>Added inside the logarithm by the authors; it makes beta1 = 0 legal, where the closed form takes log(0).</summary>
    internal const double Offset = 1e-8;

    /// <summary>beta3 at step <paramref name="t"/>; steps count from 1.</summary>
    public double At(long t)
    {
        if (t >= Warmup)
            return Beta3;
        var done = (double)t / Warmup;
        return Decay((1 - done) * HalfLife(Beta1) + done * HalfLife(Beta3));
    }

    /// <summary>f(beta) = ln 0.5 / ln(beta + 1e-8) - 1: after how many further steps a gradient's weight has halved.</summary>
    public static double HalfLife(double beta) => Math.Log(0.5) / Math.Log(beta + Offset) - 1;

    /// <summary>f^-1(halfLife) = 0.5^(1 / (halfLife + 1)): the decay with that half-life.</summary>
    public static double Decay(double halfLife) => Math.Pow(0.5, 1 / (halfLife + 1));
}
