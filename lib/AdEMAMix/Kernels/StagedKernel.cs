// For arrays that are not float: 256 elements at a time are decoded to floats in the first-level cache, updated there, encoded back.
namespace AdEMAMix;

/// <summary>Any mixture of storage formats, with float arithmetic.</summary>
static unsafe class StagedKernel
{
    /// <summary>Elements staged at a time.</summary>
    public const int Block = 256;

    /// <summary>Updates elements [start, start + length); start is a multiple of <see cref="Block"/>.</summary>
    public static void Run<TRule>(in StepEntry e, long start, int length) where TRule : struct, IUpdateRule<TRule, float>
    {
        var buffer = stackalloc float[5 * Block];
        for (var end = start + length; start < end; start += Block)
        {
            var n = (int)Math.Min(Block, end - start);
            var theta = Load(e.Theta, start, n, buffer);
            var g = Load(e.Gradient, start, n, buffer + Block);
            var a = Load(e.A, start, n, buffer + 2 * Block);
            var b = Load(e.B, start, n, buffer + 3 * Block);
            var c = Load(e.C, start, n, buffer + 4 * Block);
            Sweep.Run<TRule, float>(e.Scalars, theta, g, a, b, c, n);
            Store(e.Theta, start, n, theta);
            Store(e.A, start, n, a);
            Store(e.B, start, n, b);
            Store(e.C, start, n, c);
        }
    }

    static float* Load(in ArrayView view, long start, int n, float* buffer)
    {
        switch (view.Format)
        {
            case ElementFormat.None:
                return null;
            case ElementFormat.Float32:
                return (float*)view.Data + start;
            case ElementFormat.Signed8 or ElementFormat.Unsigned8:
                EightBit.Decode((byte*)view.Data + start, view.Scales[start / Block], view.Format == ElementFormat.Signed8, buffer, n);
                return buffer;
            default:
                BFloat16.Decode((ushort*)view.Data + start, buffer, n);
                return buffer;
        }
    }

    static void Store(in ArrayView view, long start, int n, float* values)
    {
        switch (view.Format)
        {
            case ElementFormat.BFloat16:
                BFloat16.Encode(values, (ushort*)view.Data + start, n);
                break;
            case ElementFormat.BFloat16Stochastic:
                BFloat16.EncodeStochastic(values, (ushort*)view.Data + start, n, view.RandomKey, start);
                break;
            case ElementFormat.Signed8 or ElementFormat.Unsigned8:
                view.Scales[start / Block] = EightBit.Encode(values, view.Format == ElementFormat.Signed8, (byte*)view.Data + start, n, view.RandomKey, start);
                break;
        }
    }
}
