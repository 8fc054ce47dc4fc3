// The element update of AdEMAMix: algorithm 1 of arXiv 2409.03137. The most important lines of this library.
using System.Numerics;
using System.Runtime.CompilerServices;

namespace AdEMAMix;

/// <summary>
/// AdEMAMix with its three moments. An average <c>m &lt;- beta*m + (1-beta)*g</c> is written <c>m += (1-beta)*(g - m)</c>:
/// the same value, but the rounding of beta itself (0.9999f is off by 1.7e-8, every step in the same direction) drops out,
/// which a memory of ten thousand steps would add up.
/// </summary>
readonly struct AdEMAMixRule<T>(in StepScalars s) : IUpdateRule<AdEMAMixRule<T>, T> where T : INumberBase<T>
{
    readonly Vector<T> oneMinusBeta1 = Lanes.Of<T>(s.OneMinusBeta1);
    readonly Vector<T> oneMinusBeta2 = Lanes.Of<T>(s.OneMinusBeta2);
    readonly Vector<T> oneMinusBeta2Silent = Lanes.Of<T>(s.OneMinusBeta2Silent);
    readonly Vector<T> oneMinusBeta3 = Lanes.Of<T>(s.OneMinusBeta3);
    readonly Vector<T> inverseBias1 = Lanes.Of<T>(s.InverseBias1);
    readonly Vector<T> inverseRootBias2 = Lanes.Of<T>(s.InverseRootBias2);
    readonly Vector<T> alpha = Lanes.Of<T>(s.Alpha);
    readonly Vector<T> epsilon = Lanes.Of<T>(s.Epsilon);
    readonly Vector<T> learningRate = Lanes.Of<T>(s.LearningRate);
    readonly Vector<T> weightDecay = Lanes.Of<T>(s.WeightDecay);

    public static int Moments => 3;

    public static AdEMAMixRule<T> From(in StepScalars scalars) => new(scalars);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(ref Vector<T> theta, Vector<T> g, ref Vector<T> m1, ref Vector<T> m2, ref Vector<T> v)
    {
        m1 += oneMinusBeta1 * (g - m1);         // fast EMA: reacts
        m2 += oneMinusBeta3 * (g - m2);         // slow EMA: remembers
        v += OneMinusBeta2(g) * (g * g - v);    // second moment: scales
        var direction = (m1 * inverseBias1 + alpha * m2) / (Vector.SquareRoot(v) * inverseRootBias2 + epsilon);
        theta -= learningRate * (direction + weightDecay * theta);
    }

    // The same for all elements, unless the guard against rare gradients is on.
    Vector<T> OneMinusBeta2(Vector<T> g) => Vector.ConditionalSelect(Vector.Equals(g, Vector<T>.Zero), oneMinusBeta2Silent, oneMinusBeta2);
}

/// <summary>AdEMAMix with beta1 = 0: the fast EMA is the gradient itself, so it needs no buffer.</summary>
readonly struct AdEMAMixWithoutFastRule<T>(in StepScalars s) : IUpdateRule<AdEMAMixWithoutFastRule<T>, T> where T : INumberBase<T>
{
    readonly Vector<T> oneMinusBeta2 = Lanes.Of<T>(s.OneMinusBeta2);
    readonly Vector<T> oneMinusBeta2Silent = Lanes.Of<T>(s.OneMinusBeta2Silent);
    readonly Vector<T> oneMinusBeta3 = Lanes.Of<T>(s.OneMinusBeta3);
    readonly Vector<T> inverseRootBias2 = Lanes.Of<T>(s.InverseRootBias2);
    readonly Vector<T> alpha = Lanes.Of<T>(s.Alpha);
    readonly Vector<T> epsilon = Lanes.Of<T>(s.Epsilon);
    readonly Vector<T> learningRate = Lanes.Of<T>(s.LearningRate);
    readonly Vector<T> weightDecay = Lanes.Of<T>(s.WeightDecay);

    public static int Moments => 2;

    public static AdEMAMixWithoutFastRule<T> From(in StepScalars scalars) => new(scalars);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(ref Vector<T> theta, Vector<T> g, ref Vector<T> m2, ref Vector<T> v, ref Vector<T> none)
    {
        m2 += oneMinusBeta3 * (g - m2);
        v += OneMinusBeta2(g) * (g * g - v);
        var direction = (g + alpha * m2) / (Vector.SquareRoot(v) * inverseRootBias2 + epsilon);
        theta -= learningRate * (direction + weightDecay * theta);
    }

    // The same for all elements, unless the guard against rare gradients is on.
    Vector<T> OneMinusBeta2(Vector<T> g) => Vector.ConditionalSelect(Vector.Equals(g, Vector<T>.Zero), oneMinusBeta2Silent, oneMinusBeta2);
}
