// What the traversal of memory knows about an optimizer: its moments and the update of one vector of elements.
using System.Numerics;

namespace AdEMAMix;

/// <summary>One optimizer's element update, written once for every arithmetic type and width.</summary>
/// <typeparam name="TSelf">The rule: a struct that holds the step's coefficients, rounded to T.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
/// <remarks>Only additions, products, quotients and roots, each rounded once, in a fixed order, and no fused
/// multiply-add: so an element's result depends neither on its place in a vector nor on the machine's width.</remarks>
interface IUpdateRule<TSelf, T> where TSelf : struct, IUpdateRule<TSelf, T>
{
    /// <summary>How many moments (1 to 3) the optimizer keeps per parameter.</summary>
    static abstract int Moments { get; }

    /// <summary>Rounds the step's coefficients to T.</summary>
    static abstract TSelf From(in StepScalars scalars);

    /// <summary>One step for one vector of elements: parameters, gradient, and the moments in the optimizer's order.</summary>
    void Update(ref Vector<T> theta, Vector<T> g, ref Vector<T> a, ref Vector<T> b, ref Vector<T> c);
}

/// <summary>The conversion that rules share.</summary>
static class Lanes
{
    /// <summary>A double coefficient, rounded to T, in every lane.</summary>
    public static Vector<T> Of<T>(double value) where T : INumberBase<T> => new(T.CreateTruncating(value));
}
