// The sum of squares of a chunk of a gradient, in double: for clipping by global norm, and for finding NaN and infinity.
using System.Numerics;

namespace AdEMAMix;

/// <summary>Partial sums per chunk; adding them up in chunk order makes the norm independent of the thread count.</summary>
static unsafe class GradientNorm
{
    /// <summary>Sum of g^2 over the elements of one chunk. Not finite if and only if an element of a float or bfloat16
    /// gradient is not finite; squares of doubles may overflow.</summary>
    public static double SumOfSquares(in ArrayView gradient, long start, int length)
    {
        switch (gradient.Format)
        {
            case ElementFormat.Float32:
                return OfFloats((float*)gradient.Data + start, length);
            case ElementFormat.Float64:
                return OfDoubles((double*)gradient.Data + start, length);
            default:
                var buffer = stackalloc float[StagedKernel.Block];
                var sum = 0.0;
                for (var i = 0; i < length; i += StagedKernel.Block)
                {
                    var n = Math.Min(StagedKernel.Block, length - i);
                    BFloat16.Decode((ushort*)gradient.Data + start + i, buffer, n);
                    sum += OfFloats(buffer, n);
                }
                return sum;
        }
    }

    static double OfFloats(float* g, int length)
    {
        var (low, high) = (Vector<double>.Zero, Vector<double>.Zero);
        var (i, width) = (0, Vector<float>.Count);
        for (; i <= length - width; i += width)
        {
            Vector.Widen(Vector.Load(g + i), out var a, out var b);
            low += a * a;
            high += b * b;
        }
        var sum = Vector.Sum(low + high);
        for (; i < length; i++)
            sum += (double)g[i] * g[i];
        return sum;
    }

    static double OfDoubles(double* g, int length)
    {
        var (low, high) = (Vector<double>.Zero, Vector<double>.Zero);
        var (i, width) = (0, Vector<double>.Count);
        for (; i <= length - 2 * width; i += 2 * width)
        {
            var (a, b) = (Vector.Load(g + i), Vector.Load(g + i + width));
            low += a * a;
            high += b * b;
        }
        var sum = Vector.Sum(low + high);
        for (; i < length; i++)
            sum += g[i] * g[i];
        return sum;
    }
}
