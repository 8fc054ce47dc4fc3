// Eight bits per element: blocks of 256 with one scale each, and a code made for the moment's range.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AdEMAMix;

/// <summary>
/// Both codes are short floats, shifted so that zero is one of their values: x in units of the block's scale becomes y = 2 + x,
/// and y keeps four bits of mantissa. So a code is eight bits of y as a float lies in memory, taken out by one shift, and
/// stochastic rounding is one addition of random bits below them.
/// <list type="bullet">
/// <item>Averages of the gradient: a sign, and y in [2, 512): eight powers of two. Neighbours are 1/16 to 1/32 of y apart;
/// 1/3952 of the scale at zero, 1/31 at the top. Fine near zero, where most elements lie, and never coarser than 1/16 of x + 1/2000.</item>
/// <item>Second moment: no sign, y in [2, 131072): sixteen powers of two, neighbours 1/16 to 1/32 of y apart. Six decades.</item>
/// </list>
/// </summary>
/// <remarks>
/// A second moment above zero never becomes zero: its root divides. The scale is the block's largest magnitude, rounded up to
/// two bits of mantissa: were it exact, it would change a little at every step, and with it the rounding of every element of
/// the block. Blocks whose largest magnitude is too small for a float per code (below 1e-33) count as zero.
/// </remarks>
static unsafe class EightBit
{
    // Bits of y below its four bits of mantissa: what rounding decides on.
    const int Fraction = 19;
    const uint Below = (1u << Fraction) - 1;
    const uint Zero = 0x40000000;                           // y = 2
    const float SignedSpan = 256 * 31 / 16f - 2;            // the largest code's y, less 2
    const float UnsignedSpan = 65536 * 31 / 16f - 2;

    /// <summary>Decodes up to one block.</summary>
    public static void Decode(byte* codes, float scale, bool signed, float* target, int length)
    {
        if (signed)
            Decode<SignedCode>(codes, scale, target, length);
        else
            Decode<UnsignedCode>(codes, scale, target, length);
    }

    /// <summary>
    /// Encodes up to one block with its scale. Rounds up with a probability equal to the fraction cut off, by the bits of
    /// <paramref name="random"/> from <paramref name="shift"/> on; see <see cref="RandomBits"/>.
    /// </summary>
    public static void Encode(float* source, float scale, bool signed, byte* codes, int length, uint* random, int shift)
    {
        if (signed)
            Encode<SignedCode>(source, scale, codes, length, random, shift);
        else
            Encode<UnsignedCode>(source, scale, codes, length, random, shift);
    }

    /// <summary>Encodes up to one block, each element by the nearest code; returns its scale.</summary>
    public static float EncodeNearest(float* source, bool signed, byte* codes, int length)
    {
        var scale = Scale(source, length);
        Encode(source, scale, signed, codes, length, null, 0);
        return scale;
    }

    static void Decode<TCode>(byte* codes, float scale, float* target, int length) where TCode : struct, ICode
    {
        var unit = Vector512.Create(scale * (1 / TCode.Span));
        var (i, width) = (0, Vector512<float>.Count);
        for (; i <= length - width; i += width)
            Vector512.Store(TCode.Decode(Lanes8.Widen(codes + i), unit), target + i);
        if (i == length)
            return;
        var padded = stackalloc byte[width];
        var values = stackalloc float[width];
        new ReadOnlySpan<byte>(codes + i, length - i).CopyTo(new Span<byte>(padded, width));
        Vector512.Store(TCode.Decode(Lanes8.Widen(padded), unit), values);
        new ReadOnlySpan<float>(values, length - i).CopyTo(new Span<float>(target + i, length - i));
    }

    static void Encode<TCode>(float* source, float scale, byte* codes, int length, uint* random, int shift) where TCode : struct, ICode
    {
        var unit = scale * (1 / TCode.Span);
        var inverse = Vector512.Create(float.IsNormal(unit) ? 1 / unit : 0);
        var (i, width) = (0, Vector512<float>.Count);
        if (random != null)
            for (; i <= length - width; i += width)
                Lanes8.Narrow(TCode.Encode(Vector512.Load((uint*)source + i), inverse, (Vector512.Load(random + i) >>> shift) & Vector512.Create(Below)), codes + i);
        else
            for (; i <= length - width; i += width)
                Lanes8.Narrow(TCode.Encode(Vector512.Load((uint*)source + i), inverse, Vector512.Create((Below + 1) / 2)), codes + i);
        if (i == length)
            return;
        var padded = stackalloc byte[width];
        var values = stackalloc uint[width];
        var rounding = stackalloc uint[width];
        new ReadOnlySpan<uint>(source + i, length - i).CopyTo(new Span<uint>(values, width));
        for (var k = 0; k < length - i; k++)
            rounding[k] = random != null ? (random[i + k] >> shift) & Below : (Below + 1) / 2;
        Lanes8.Narrow(TCode.Encode(Vector512.Load(values), inverse, Vector512.Load(rounding)), padded);
        new ReadOnlySpan<byte>(padded, length - i).CopyTo(new Span<byte>(codes + i, length - i));
    }

    /// <summary>
    /// A block's scale: the largest magnitude, rounded up to a multiple of a quarter of its power of two; NaN if anything is not
    /// finite. A few units in the last place above such a multiple count as it: decoding may round by that much.
    /// </summary>
    public static float Scale(float* source, int length)
    {
        var (a, b) = (Vector512<uint>.Zero, Vector512<uint>.Zero);
        var (i, width) = (0, Vector512<uint>.Count);
        for (; i <= length - 2 * width; i += 2 * width)
        {
            a = Vector512.Max(a, Vector512.Load((uint*)source + i) & Vector512.Create<uint>(0x7FFFFFFF));
            b = Vector512.Max(b, Vector512.Load((uint*)source + i + width) & Vector512.Create<uint>(0x7FFFFFFF));
        }
        var largest = Vector512.Max(a, b);
        var half = Vector256.Max(largest.GetLower(), largest.GetUpper());
        var quarter = Vector128.Max(half.GetLower(), half.GetUpper());
        var bits = Math.Max(Math.Max(quarter[0], quarter[1]), Math.Max(quarter[2], quarter[3]));
        for (; i < length; i++)
            bits = Math.Max(bits, ((uint*)source)[i] & 0x7FFFFFFF);
        if (bits >= 0x7F800000)
            return float.NaN;
        var rounded = (bits + 0x1FFFFB) & ~0x1FFFFFu;
        return BitConverter.UInt32BitsToSingle(Math.Min(rounded, 0x7F7FFFFF));
    }

    /// <summary>One of the two codes.</summary>
    interface ICode
    {
        /// <summary>The largest value, in units.</summary>
        static abstract float Span { get; }

        /// <summary>What codes stand for.</summary>
        static abstract Vector512<float> Decode(Vector512<uint> codes, Vector512<float> unit);

        /// <summary>The codes, in the lowest eight bits, of floats given as bits: below y + rounding.</summary>
        static abstract Vector512<uint> Encode(Vector512<uint> bits, Vector512<float> inverse, Vector512<uint> rounding);
    }

    readonly struct SignedCode : ICode
    {
        public static float Span => SignedSpan;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Decode(Vector512<uint> codes, Vector512<float> unit)
        {
            var y = ((codes & Vector512.Create<uint>(0x7F)) << Fraction) | Vector512.Create(Zero);
            var magnitude = (y.AsSingle() - Vector512.Create(2f)) * unit;
            return (magnitude.AsUInt32() | ((codes & Vector512.Create<uint>(0x80)) << 24)).AsSingle();
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<uint> Encode(Vector512<uint> bits, Vector512<float> inverse, Vector512<uint> rounding)
        {
            var y = (bits & Vector512.Create<uint>(0x7FFFFFFF)).AsSingle() * inverse + Vector512.Create(2f);
            var code = (Vector512.Min(y.AsUInt32() + rounding, Vector512.Create(Zero + (127 << Fraction))) >>> Fraction) & Vector512.Create<uint>(0x7F);
            return code | ((bits >>> 24) & Vector512.Create<uint>(0x80));
        }
    }

    readonly struct UnsignedCode : ICode
    {
        public static float Span => UnsignedSpan;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Decode(Vector512<uint> codes, Vector512<float> unit) =>
            (((codes << Fraction) | Vector512.Create(Zero)).AsSingle() - Vector512.Create(2f)) * unit;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<uint> Encode(Vector512<uint> bits, Vector512<float> inverse, Vector512<uint> rounding)
        {
            var y = bits.AsSingle() * inverse + Vector512.Create(2f);
            var code = Vector512.Min(y.AsUInt32() + rounding, Vector512.Create(Zero + (255 << Fraction))) >>> Fraction;
            var least = Vector512.ConditionalSelect(Vector512.Equals(bits, Vector512<uint>.Zero), Vector512.Create(Zero >> Fraction), Vector512.Create((Zero >> Fraction) + 1));
            return Vector512.Max(code, least);
        }
    }
}
