// The numbers that one update of one tensor needs beside its arrays.
using System.Runtime.InteropServices;

namespace AdEMAMix;

/// <summary>
/// The coefficients of one step, in double; a kernel rounds them to its arithmetic. Complements such as 1 - beta3 are
/// formed here, in double: 1f - 0.9999f is off by 2e-4. A rule reads the ones it knows and ignores the rest.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
record struct StepScalars
{
    /// <summary>eta(t): the learning rate of this step.</summary>
    public double LearningRate;

    /// <summary>lambda: decoupled weight decay.</summary>
    public double WeightDecay;

    /// <summary>eps, outside the root.</summary>
    public double Epsilon;

    /// <summary>alpha(t): weight of the slow EMA (AdEMAMix), or of the fresh gradient (Simplified-AdEMAMix).</summary>
    public double Alpha;

    /// <summary>beta1 itself, where a rule keeps a sum instead of an average (momentum), or interpolates with it.</summary>
    public double Beta1;

    /// <summary>1 - beta1.</summary>
    public double OneMinusBeta1;

    /// <summary>1 - beta2.</summary>
    public double OneMinusBeta2;

    /// <summary>1 - beta3(t).</summary>
    public double OneMinusBeta3;

    /// <summary>1 / (1 - beta1^n) with n the number of updates that the parameter has seen, this one included.</summary>
    public double InverseBias1;

    /// <summary>1 / sqrt(1 - beta2^n).</summary>
    public double InverseRootBias2;

    /// <summary>The factor of clipping by global norm; 1 when nothing is clipped.</summary>
    public double GradientScale;

    /// <summary>1 - beta2 for elements whose gradient is exactly zero; the same as OneMinusBeta2 unless the guard is on.</summary>
    public double OneMinusBeta2Silent;

    /// <summary>alpha4(t): weight of the third average (Ad3EMAMix). It stands where Beta1 does, which that rule does not read: CUDA has the same layout.</summary>
    public double Alpha4
    {
        readonly get => Beta1;
        set => Beta1 = value;
    }

    /// <summary>1 - beta4(t), where OneMinusBeta2Silent is.</summary>
    public double OneMinusBeta4
    {
        readonly get => OneMinusBeta2Silent;
        set => OneMinusBeta2Silent = value;
    }
}
