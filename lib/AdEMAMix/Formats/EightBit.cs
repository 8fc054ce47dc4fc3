// Eight bits per element: blocks of 256 with one scale each, and a code made for the moment's range.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
        if (signed)
            Decode<SignedCode>(codes, scale / SignedTop, target, length);
        else
            Decode<UnsignedCode>(codes, scale / UnsignedTop, target, length);
    }

    /// <summary>Encodes up to one block with random bits that depend on key and position alone; returns its scale.</summary>
    public static float Encode(float* source, bool signed, byte* codes, int length, uint key, long position) => signed
        ? Encode<SignedCode>(source, codes, length, key, (uint)position, stochastic: true)
        : Encode<UnsignedCode>(source, codes, length, key, (uint)position, stochastic: true);

    /// <summary>Encodes up to one block, each element by the nearest code; returns its scale.</summary>
    public static float EncodeNearest(float* source, bool signed, byte* codes, int length) => signed
        ? Encode<SignedCode>(source, codes, length, 0, 0, stochastic: false)
        : Encode<UnsignedCode>(source, codes, length, 0, 0, stochastic: false);

    static void Decode<TCode>(byte* codes, float unit, float* target, int length) where TCode : struct, ICode
    {
        var (i, width) = (0, Vector512<byte>.Count);
        for (; i <= length - width; i += width)
            DecodeVector<TCode>(codes + i, unit, target + i);
        if (i == length)
            return;
        var padded = stackalloc byte[width];
        var values = stackalloc float[width];
        new ReadOnlySpan<byte>(codes + i, length - i).CopyTo(new Span<byte>(padded, width));
        DecodeVector<TCode>(padded, unit, values);
        new ReadOnlySpan<float>(values, length - i).CopyTo(new Span<float>(target + i, length - i));
    }

    static float Encode<TCode>(float* source, byte* codes, int length, uint key, uint position, bool stochastic) where TCode : struct, ICode
    {
        var scale = Scale(source, length);
        var inverse = float.IsNormal(scale) ? 1 / scale : 0;
        var (i, width) = (0, Vector512<byte>.Count);
        for (; i <= length - width; i += width)
            EncodeVector<TCode>(source + i, inverse, codes + i, key, position + (uint)i, stochastic);
        if (i == length)
            return scale;
        var padded = stackalloc byte[width];
        var values = stackalloc float[width];
        new ReadOnlySpan<float>(source + i, length - i).CopyTo(new Span<float>(values, width));
        EncodeVector<TCode>(values, inverse, padded, key, position + (uint)i, stochastic);
        new ReadOnlySpan<byte>(padded, length - i).CopyTo(new Span<byte>(codes + i, length - i));
        return scale;
    }

    // The largest magnitude, rounded up to a multiple of a quarter of its power of two; NaN if anything is not finite.
    static float Scale(float* source, int length)
    {
        var largest = Vector512<uint>.Zero;
        var i = 0;
        for (; i <= length - Vector512<uint>.Count; i += Vector512<uint>.Count)
            largest = Vector512.Max(largest, Vector512.Load((uint*)source + i) & Vector512.Create<uint>(0x7FFFFFFF));
        var half = Vector256.Max(largest.GetLower(), largest.GetUpper());
        var quarter = Vector128.Max(half.GetLower(), half.GetUpper());
        var bits = Math.Max(Math.Max(quarter[0], quarter[1]), Math.Max(quarter[2], quarter[3]));
        for (; i < length; i++)
            bits = Math.Max(bits, ((uint*)source)[i] & 0x7FFFFFFF);
        if (bits >= 0x7F800000)
            return float.NaN;
        var rounded = (bits + 0x1FFFFF) & ~0x1FFFFFu;
        return BitConverter.UInt32BitsToSingle(Math.Min(rounded, 0x7F7FFFFF));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void DecodeVector<TCode>(byte* codes, float unit, float* target) where TCode : struct, ICode
    {
        TCode.Widen(codes, out var a, out var b, out var c, out var d);
        var n = Vector512<float>.Count;
        Vector512.Store(TCode.Value(Vector512.ConvertToSingle(a), unit), target);
        Vector512.Store(TCode.Value(Vector512.ConvertToSingle(b), unit), target + n);
        Vector512.Store(TCode.Value(Vector512.ConvertToSingle(c), unit), target + 2 * n);
        Vector512.Store(TCode.Value(Vector512.ConvertToSingle(d), unit), target + 3 * n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void EncodeVector<TCode>(float* source, float inverse, byte* codes, uint key, uint position, bool stochastic) where TCode : struct, ICode
    {
        var n = Vector512<float>.Count;
        var a = Code<TCode>(source, inverse, key, position, stochastic);
        var b = Code<TCode>(source + n, inverse, key, position + (uint)n, stochastic);
        var c = Code<TCode>(source + 2 * n, inverse, key, position + 2 * (uint)n, stochastic);
        var d = Code<TCode>(source + 3 * n, inverse, key, position + 3 * (uint)n, stochastic);
        Vector512.Store(Vector512.Narrow(Vector512.Narrow(a, b).AsUInt16(), Vector512.Narrow(c, d).AsUInt16()), codes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<int> Code<TCode>(float* source, float inverse, uint key, uint position, bool stochastic) where TCode : struct, ICode =>
        TCode.Code(Vector512.Load(source), inverse, stochastic ? RandomBits.Uniform(key, position) : Vector512.Create<float>(0.5f));

    // 1 / sqrt(x) to 5e-6, from the exponent's half and two steps of Newton's method: three times as fast as the exact root,
    // and the same on every machine. It only has to find the code below or, next to a code, that one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> InverseRoot(Vector512<float> x)
    {
        var (half, threeHalves) = (x * 0.5f, Vector512.Create<float>(1.5f));
        var r = (Vector512.Create<uint>(0x5F375A86) - (x.AsUInt32() >> 1)).AsSingle();
        r *= threeHalves - half * r * r;
        r *= threeHalves - half * r * r;
        return r;
    }

    /// <summary>One of the two codes.</summary>
    interface ICode
    {
        /// <summary>A vector of codes as four vectors of numbers.</summary>
        static abstract void Widen(byte* codes, out Vector512<int> a, out Vector512<int> b, out Vector512<int> c, out Vector512<int> d);

        /// <summary>What k stands for.</summary>
        static abstract Vector512<float> Value(Vector512<float> k, float unit);

        /// <summary>The code of x: the one below, or the one above where x lies further above than the threshold, a share of the gap.</summary>
        static abstract Vector512<int> Code(Vector512<float> x, float inverse, Vector512<float> threshold);
    }

    readonly struct SignedCode : ICode
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Widen(byte* codes, out Vector512<int> a, out Vector512<int> b, out Vector512<int> c, out Vector512<int> d)
        {
            var (low, high) = Vector512.Widen(Vector512.Load((sbyte*)codes));
            (a, b) = Vector512.Widen(low);
            (c, d) = Vector512.Widen(high);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Value(Vector512<float> k, float unit) => k * Vector512.Abs(k) * unit;

        // y = k^2; between k and k + 1 there are 2k + 1 units, and y lies (y - k^2) of them above k.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> Code(Vector512<float> x, float inverse, Vector512<float> threshold)
        {
            var y = Vector512.MinNative(Vector512.Create<float>(SignedTop), Vector512.Abs(x) * inverse * SignedTop);
            var below = Vector512.ConvertToInt32Native(y * InverseRoot(y));
            var k = Vector512.ConvertToSingle(below);
            var up = Vector512.GreaterThan(y - k * k, threshold * (k + k + Vector512<float>.One)).AsInt32();
            var code = below - up;
            return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero).AsInt32(), -code, code);
        }
    }

    readonly struct UnsignedCode : ICode
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Widen(byte* codes, out Vector512<int> a, out Vector512<int> b, out Vector512<int> c, out Vector512<int> d)
        {
            var (low, high) = Vector512.Widen(Vector512.Load(codes));
            var (p, q) = Vector512.Widen(low);
            var (r, s) = Vector512.Widen(high);
            (a, b, c, d) = (p.AsInt32(), q.AsInt32(), r.AsInt32(), s.AsInt32());
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Value(Vector512<float> k, float unit) => k * k * (k * k * unit);

        // y = k^4; (k + 1)^4 - k^4 = (2k + 1)(2k^2 + 2k + 1).
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<int> Code(Vector512<float> x, float inverse, Vector512<float> threshold)
        {
            var y = Vector512.MinNative(Vector512.Create<float>(UnsignedTop), x * inverse * UnsignedTop);
            var below = Vector512.ConvertToInt32Native(InverseRoot(InverseRoot(y)));
            var k = Vector512.ConvertToSingle(below);
            var square = k * k;
            var gap = (k + k + Vector512<float>.One) * (square + square + k + k + Vector512<float>.One);
            var up = Vector512.GreaterThan(y - square * square, threshold * gap).AsInt32();
            var code = Vector512.Min(below - up, Vector512.Create<int>(255));
            return Vector512.ConditionalSelect(Vector512.GreaterThan(y, Vector512<float>.Zero).AsInt32(), Vector512.Max(code, Vector512<int>.One), Vector512<int>.Zero);
        }
    }
}
