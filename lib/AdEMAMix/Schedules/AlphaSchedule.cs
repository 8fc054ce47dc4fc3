// alpha(t): the weight of the slow EMA, raised linearly from 0 (section 3 of the paper, "schedulers").
namespace AdEMAMix;

/// <summary>The schedule of alpha: linear from 0 to <paramref name="Alpha"/> over <paramref name="Warmup"/> steps.</summary>
/// <param name="Alpha">The final weight of the slow EMA.</param>
/// <param name="Warmup">T_alpha in steps; 0 and 1 mean the final value from the first step on.</param>
public readonly record struct AlphaSchedule(double Alpha, long Warmup)
{
    /// <summary>alpha at step <paramref name="t"/>; steps count from 1.</summary>
    public double At(long t) => t < Warmup ? (double)t / Warmup * Alpha : Alpha;
}
