// For arrays that are not float: a thousand elements at a time are decoded to floats in the first-level cache, updated there, encoded back.
namespace AdEMAMix;

/// <summary>Any mixture of storage formats, with float arithmetic.</summary>
static unsafe class StagedKernel
{
    /// <summary>Elements that share a scale, where a format has scales.</summary>
    public const int Block = 256;

    // Elements staged at a time: several blocks, so that one block's work fills the time in which another waits for its scale.
    const int Stage = 4 * Block;

    /// <summary>Updates elements [start, start + length); start is a multiple of <see cref="Block"/>.</summary>
    public static void Run<TRule>(in StepEntry e, long start, int length) where TRule : struct, IUpdateRule<TRule, float>
    {
        const int line = 64;        // bytes: a vector that straddles two lines of the cache costs two accesses
        var memory = stackalloc byte[6 * Stage * sizeof(float) + line];
        var buffer = (float*)(((nuint)memory + line - 1) / line * line);
        var random = e.A.Format is ElementFormat.Float32 ? null : (uint*)buffer + 5 * Stage;
        for (var end = start + length; start < end; start += Stage)
        {
            var n = (int)Math.Min(Stage, end - start);
            var theta = Load(e.Theta, start, n, buffer);
            var g = Load(e.Gradient, start, n, buffer + Stage);
            var a = Load(e.A, start, n, buffer + 2 * Stage);
            var b = Load(e.B, start, n, buffer + 3 * Stage);
            var c = Load(e.C, start, n, buffer + 4 * Stage);
            Sweep.Run<TRule, float>(e.Scalars, theta, g, a, b, c, n);
            if (random != null)
                RandomBits.Fill(random, n, e.A.RandomKey, start);
            Store(e.Theta, start, n, theta, random, 0);
            Store(e.A, start, n, a, random, RandomBits.Shift(0));
            Store(e.B, start, n, b, random, RandomBits.Shift(1));
            Store(e.C, start, n, c, random, RandomBits.Shift(2));
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
                for (var i = 0; i < n; i += Block)
                    EightBit.Decode((byte*)view.Data + start + i, view.Scales[(start + i) / Block], view.Format == ElementFormat.Signed8, buffer + i, Math.Min(Block, n - i));
                return buffer;
            default:
                BFloat16.Decode((ushort*)view.Data + start, buffer, n);
                return buffer;
        }
    }

    static void Store(in ArrayView view, long start, int n, float* values, uint* random, int shift)
    {
        switch (view.Format)
        {
            case ElementFormat.BFloat16:
                BFloat16.Encode(values, (ushort*)view.Data + start, n);
                break;
            case ElementFormat.BFloat16Stochastic:
                BFloat16.EncodeStochastic(values, (ushort*)view.Data + start, n, random, shift);
                break;
            case ElementFormat.Signed8 or ElementFormat.Unsigned8:
                for (var i = 0; i < n; i += Block)
                    view.Scales[(start + i) / Block] = EightBit.Scale(values + i, Math.Min(Block, n - i));
                for (var i = 0; i < n; i += Block)
                    EightBit.Encode(values + i, view.Scales[(start + i) / Block], view.Format == ElementFormat.Signed8, (byte*)view.Data + start + i, Math.Min(Block, n - i), random + i, shift);
                break;
        }
    }
}
