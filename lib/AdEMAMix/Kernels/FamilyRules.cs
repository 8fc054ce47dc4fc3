// The element updates of AdEMAMix's relatives. Each is tested against a naive reference and against other people's numbers.
using System.Numerics;
using System.Runtime.CompilerServices;

namespace AdEMAMix;

/// <summary>
/// Simplified-AdEMAMix (arXiv 2502.02431): one sum of gradients with a long memory, and the fresh gradient beside it, weighted
/// by alpha.
/// </summary>
readonly struct SimplifiedAdEMAMixRule<T>(in StepScalars s) : IUpdateRule<SimplifiedAdEMAMixRule<T>, T> where T : INumberBase<T>
{
    readonly Vector<T> oneMinusBeta1 = Lanes.Of<T>(s.OneMinusBeta1);
    readonly Vector<T> oneMinusBeta2 = Lanes.Of<T>(s.OneMinusBeta2);
    readonly Vector<T> inverseRootBias2 = Lanes.Of<T>(s.InverseRootBias2);
    readonly Vector<T> alpha = Lanes.Of<T>(s.Alpha);
    readonly Vector<T> epsilon = Lanes.Of<T>(s.Epsilon);
    readonly Vector<T> learningRate = Lanes.Of<T>(s.LearningRate);
    readonly Vector<T> weightDecay = Lanes.Of<T>(s.WeightDecay);

    public static int Moments => 2;

    public static SimplifiedAdEMAMixRule<T> From(in StepScalars scalars) => new(scalars);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(ref Vector<T> theta, Vector<T> g, ref Vector<T> m, ref Vector<T> v, ref Vector<T> none)
    {
        m += g - oneMinusBeta1 * m;             // m <- beta1*m + g
        v += oneMinusBeta2 * (g * g - v);
        var direction = (alpha * g + m) / (Vector.SquareRoot(v) * inverseRootBias2 + epsilon);
        theta -= learningRate * (direction + weightDecay * theta);
    }
}

/// <summary>Lion (arXiv 2302.06675): the sign of an interpolation between gradient and average.</summary>
readonly struct LionRule<T>(in StepScalars s) : IUpdateRule<LionRule<T>, T> where T : INumberBase<T>
{
    readonly Vector<T> oneMinusBeta1 = Lanes.Of<T>(s.OneMinusBeta1);
    readonly Vector<T> oneMinusBeta2 = Lanes.Of<T>(s.OneMinusBeta2);
    readonly Vector<T> learningRate = Lanes.Of<T>(s.LearningRate);
    readonly Vector<T> weightDecay = Lanes.Of<T>(s.WeightDecay);

    public static int Moments => 1;

    public static LionRule<T> From(in StepScalars scalars) => new(scalars);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(ref Vector<T> theta, Vector<T> g, ref Vector<T> m, ref Vector<T> none, ref Vector<T> neither)
    {
        var direction = Sign(m + oneMinusBeta1 * (g - m));
        m += oneMinusBeta2 * (g - m);
        theta -= learningRate * (direction + weightDecay * theta);
    }

    static Vector<T> Sign(Vector<T> x) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), Vector<T>.One,
            Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), -Vector<T>.One, x));
}

/// <summary>SGD with momentum as PyTorch defines it: the decay is part of the gradient, the momentum a sum.</summary>
readonly struct SgdRule<T>(in StepScalars s) : IUpdateRule<SgdRule<T>, T> where T : INumberBase<T>
{
    readonly Vector<T> oneMinusMomentum = Lanes.Of<T>(s.OneMinusBeta1);
    readonly Vector<T> fresh = Lanes.Of<T>(s.Alpha);
    readonly Vector<T> ofMomentum = Lanes.Of<T>(s.Alpha == 0 ? 1 : s.Beta1);
    readonly Vector<T> learningRate = Lanes.Of<T>(s.LearningRate);
    readonly Vector<T> weightDecay = Lanes.Of<T>(s.WeightDecay);

    public static int Moments => 1;

    public static SgdRule<T> From(in StepScalars scalars) => new(scalars);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(ref Vector<T> theta, Vector<T> g, ref Vector<T> m, ref Vector<T> none, ref Vector<T> neither)
    {
        var decayed = g + weightDecay * theta;
        m += decayed - oneMinusMomentum * m;    // m <- momentum*m + decayed
        theta -= learningRate * (fresh * decayed + ofMomentum * m);     // Nesterov: g + momentum*m; else m
    }
}
