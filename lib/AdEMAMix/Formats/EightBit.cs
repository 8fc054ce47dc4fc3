// Eight bits per element: blocks of 256 with one scale each, and a code made for the moment's range.
using System.Numerics;

namespace AdEMAMix;

/// <summary>
/// Averages of the gradient: a signed k in [-127, 127] stands for sign(k) * (k/127)^2 * scale. Second moment: k in [0, 255]
/// stands for (k/255)^4 * scale, so that its root has the same shape and nine decades fit. Steps are fine near zero, where most
/// elements lie, and the code is two multiplications away from the value: no table, all lanes at once.
/// </summary>
/// <remarks>
/// Rounding is stochastic (see <see cref="BFloat16.EncodeStochastic"/>). A second moment above zero never becomes zero: its
/// root divides. The scale is the block's largest magnitude, rounded up to two bits of mantissa: were it exact, it would
/// change a little at every step, and with it the rounding of every element of the block.
/// </remarks>
static unsafe class EightBit
{
    const float SignedTop = 127 * 127;
    const float UnsignedTop = 255f * 255f * 255f * 255f;

    /// <summary>Decodes up to one block.</summary>
    public static void Decode(byte* codes, float scale, bool signed, float* target, int length)
    {
        var width = Vector<byte>.Count;
        var i = 0;
        for (; i <= length - width; i += width)
            if (signed)
                DecodeSigned((sbyte*)codes + i, scale / SignedTop, target + i);
            else
                DecodeUnsigned(codes + i, scale / UnsignedTop, target + i);
        if (i == length)
            return;
        Span<byte> padded = stackalloc byte[width];
        Span<float> values = stackalloc float[width];
        new ReadOnlySpan<byte>(codes + i, length - i).CopyTo(padded);
        fixed (byte* p = padded)
        fixed (float* v = values)
        {
            Decode(p, scale, signed, v, width);
            new ReadOnlySpan<float>(v, length - i).CopyTo(new Span<float>(target + i, length - i));
        }
    }

    /// <summary>Encodes up to one block with random bits that depend on key and position alone; returns its scale.</summary>
    public static float Encode(float* source, bool signed, byte* codes, int length, uint key, long position) =>
        Encode(source, signed, codes, length, key, position, stochastic: true);

    /// <summary>Encodes up to one block, each element by the nearest code; returns its scale.</summary>
    public static float EncodeNearest(float* source, bool signed, byte* codes, int length) =>
        Encode(source, signed, codes, length, 0, 0, stochastic: false);

    static float Encode(float* source, bool signed, byte* codes, int length, uint key, long position, bool stochastic)
    {
        var scale = Scale(source, length);
        var inverse = float.IsNormal(scale) ? 1 / scale : 0;
        var width = Vector<byte>.Count;
        var i = 0;
        for (; i <= length - width; i += width)
            EncodeVector(source + i, inverse, signed, codes + i, key, (uint)(position + i), stochastic);
        if (i == length)
            return scale;
        Span<byte> padded = stackalloc byte[width];
        Span<float> values = stackalloc float[width];
        new ReadOnlySpan<float>(source + i, length - i).CopyTo(values);
        fixed (byte* p = padded)
        fixed (float* v = values)
        {
            EncodeVector(v, inverse, signed, p, key, (uint)(position + i), stochastic);
            new ReadOnlySpan<byte>(p, length - i).CopyTo(new Span<byte>(codes + i, length - i));
        }
        return scale;
    }

    // The largest magnitude, rounded up to a multiple of a quarter of its power of two; NaN if anything is not finite.
    static float Scale(float* source, int length)
    {
        var largest = Vector<uint>.Zero;
        var i = 0;
        for (; i <= length - Vector<uint>.Count; i += Vector<uint>.Count)
            largest = Vector.Max(largest, Vector.Load((uint*)source + i) & new Vector<uint>(0x7FFFFFFF));
        var bits = 0u;
        for (var k = 0; k < Vector<uint>.Count; k++)
            bits = Math.Max(bits, largest[k]);
        for (; i < length; i++)
            bits = Math.Max(bits, ((uint*)source)[i] & 0x7FFFFFFF);
        if (bits >= 0x7F800000)
            return float.NaN;
        var rounded = (bits + 0x1FFFFF) & ~0x1FFFFFu;
        return BitConverter.UInt32BitsToSingle(Math.Min(rounded, 0x7F7FFFFF));
    }

    static void DecodeSigned(sbyte* codes, float unit, float* target)
    {
        Vector.Widen(Vector.Load(codes), out var low, out var high);
        Vector.Widen(low, out var a, out var b);
        Vector.Widen(high, out var c, out var d);
        var n = Vector<float>.Count;
        Vector.Store(Square(a, unit), target);
        Vector.Store(Square(b, unit), target + n);
        Vector.Store(Square(c, unit), target + 2 * n);
        Vector.Store(Square(d, unit), target + 3 * n);

        static Vector<float> Square(Vector<int> k, float unit)
        {
            var x = Vector.ConvertToSingle(k);
            return x * Vector.Abs(x) * unit;
        }
    }

    static void DecodeUnsigned(byte* codes, float unit, float* target)
    {
        Vector.Widen(Vector.Load(codes), out var low, out var high);
        Vector.Widen(low, out var a, out var b);
        Vector.Widen(high, out var c, out var d);
        var n = Vector<float>.Count;
        Vector.Store(Fourth(a, unit), target);
        Vector.Store(Fourth(b, unit), target + n);
        Vector.Store(Fourth(c, unit), target + 2 * n);
        Vector.Store(Fourth(d, unit), target + 3 * n);

        static Vector<float> Fourth(Vector<uint> k, float unit)
        {
            var x = Vector.ConvertToSingle(Vector.AsVectorInt32(k));
            return x * x * (x * x * unit);
        }
    }

    static void EncodeVector(float* source, float inverse, bool signed, byte* codes, uint key, uint position, bool stochastic)
    {
        var n = Vector<float>.Count;
        var a = Code(0);
        var b = Code(1);
        var c = Code(2);
        var d = Code(3);
        Vector.Store(Vector.Narrow(Vector.AsVectorUInt16(Vector.Narrow(a, b)), Vector.AsVectorUInt16(Vector.Narrow(c, d))), codes);

        Vector<int> Code(int part)
        {
            var x = Vector.Load(source + part * n);
            var threshold = stochastic ? RandomBits.Uniform(key, position + (uint)(part * n)) : new Vector<float>(0.5f);
            return signed ? CodeSigned(x, inverse, threshold) : CodeUnsigned(x, inverse, threshold);
        }
    }

    // y = k^2; between k and k + 1 there are 2k + 1 units, and y lies (y - k^2) of them above k.
    static Vector<int> CodeSigned(Vector<float> x, float inverse, Vector<float> threshold)
    {
        var y = Vector.Min(Vector.Abs(x) * inverse * SignedTop, new Vector<float>(SignedTop));
        var k = Vector.Floor(Vector.SquareRoot(y));
        var up = Vector.GreaterThan(y - k * k, threshold * (k + k + Vector<float>.One));
        var code = Vector.ConvertToInt32(k) - up;
        return Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), -code, code);
    }

    // y = k^4; (k + 1)^4 - k^4 = (2k + 1)(2k^2 + 2k + 1).
    static Vector<int> CodeUnsigned(Vector<float> x, float inverse, Vector<float> threshold)
    {
        var y = Vector.Min(x * inverse * UnsignedTop, new Vector<float>(UnsignedTop));
        var k = Vector.Floor(Vector.SquareRoot(Vector.SquareRoot(y)));
        var square = k * k;
        var gap = (k + k + Vector<float>.One) * (square + square + k + k + Vector<float>.One);
        var up = Vector.GreaterThan(y - square * square, threshold * gap);
        var code = Vector.Min(Vector.ConvertToInt32(k) - up, new Vector<int>(255));
        return Vector.ConditionalSelect(Vector.GreaterThan(y, Vector<float>.Zero), Vector.Max(code, Vector<int>.One), Vector<int>.Zero);
    }
}
