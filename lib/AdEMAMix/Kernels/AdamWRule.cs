// The element update of AdamW (arXiv 1711.05101), in the same order of operations as AdEMAMix: alpha = 0 gives it bit for bit.
using System.Numerics;
using System.Runtime.CompilerServices;

namespace AdEMAMix;

/// <summary>AdamW with decoupled decay; all terms use the parameter of before the step.</summary>
readonly struct AdamWRule<T>(in StepScalars s) : IUpdateRule<AdamWRule<T>, T> where T : INumberBase<T>
{
    readonly Vector<T> oneMinusBeta1 = Lanes.Of<T>(s.OneMinusBeta1);
    readonly Vector<T> oneMinusBeta2 = Lanes.Of<T>(s.OneMinusBeta2);
    readonly Vector<T> inverseBias1 = Lanes.Of<T>(s.InverseBias1);
    readonly Vector<T> inverseRootBias2 = Lanes.Of<T>(s.InverseRootBias2);
    readonly Vector<T> epsilon = Lanes.Of<T>(s.Epsilon);
    readonly Vector<T> learningRate = Lanes.Of<T>(s.LearningRate);
    readonly Vector<T> weightDecay = Lanes.Of<T>(s.WeightDecay);

    public static int Moments => 2;

    public static AdamWRule<T> From(in StepScalars scalars) => new(scalars);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(ref Vector<T> theta, Vector<T> g, ref Vector<T> m, ref Vector<T> v, ref Vector<T> none)
    {
        m += oneMinusBeta1 * (g - m);
        v += oneMinusBeta2 * (g * g - v);
        var direction = m * inverseBias1 / (Vector.SquareRoot(v) * inverseRootBias2 + epsilon);
        theta -= learningRate * (direction + weightDecay * theta);
    }
}
