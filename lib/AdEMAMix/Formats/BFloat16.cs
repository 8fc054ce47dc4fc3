// bfloat16 <-> float: the upper half of a float. Decoding is exact; encoding rounds to nearest even, or stochastically.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AdEMAMix;

/// <summary>Conversions between arrays of bfloat16 (as ushort) and float.</summary>
static unsafe class BFloat16
{
    /// <summary>Widens; exact.</summary>
    public static void Decode(ushort* source, float* target, int length)
    {
        var (i, width) = (0, Vector512<ushort>.Count);
        for (; i <= length - width; i += width)
        {
            var (low, high) = Vector512.Widen(Vector512.Load(source + i));
            Vector512.Store(low << 16, (uint*)target + i);
            Vector512.Store(high << 16, (uint*)target + i + width / 2);
        }
        for (; i < length; i++)
            ((uint*)target)[i] = (uint)source[i] << 16;
    }

    /// <summary>Rounds to nearest, ties to even; a NaN stays a NaN.</summary>
    public static void Encode(float* source, ushort* target, int length)
    {
        var (i, width) = (0, Vector512<ushort>.Count);
        for (; i <= length - width; i += width)
        {
            var low = Nearest(Vector512.Load((uint*)source + i));
            var high = Nearest(Vector512.Load((uint*)source + i + width / 2));
            Vector512.Store(Vector512.Narrow(low, high), target + i);
        }
        for (; i < length; i++)
            target[i] = (ushort)Nearest(Vector512.Create<uint>(((uint*)source)[i]))[0];
    }

    /// <summary>
    /// Rounds up with a probability equal to the fraction cut off, so that the expected value is exact and an average that
    /// moves by less than half a unit per step still moves. The bits of <paramref name="random"/> from <paramref name="shift"/>
    /// on decide; see <see cref="RandomBits"/>.
    /// </summary>
    public static void EncodeStochastic(float* source, ushort* target, int length, uint* random, int shift)
    {
        var (i, width) = (0, Vector512<ushort>.Count);
        for (; i <= length - width; i += width)
        {
            var low = Stochastic(Vector512.Load((uint*)source + i), Vector512.Load(random + i) >>> shift);
            var high = Stochastic(Vector512.Load((uint*)source + i + width / 2), Vector512.Load(random + i + width / 2) >>> shift);
            Vector512.Store(Vector512.Narrow(low, high), target + i);
        }
        for (; i < length; i++)
            target[i] = (ushort)Stochastic(Vector512.Create(((uint*)source)[i]), Vector512.Create(random[i] >> shift))[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<uint> Nearest(Vector512<uint> bits)
    {
        var tie = (bits >> 16) & Vector512<uint>.One;
        return KeepNaN(bits, (bits + Vector512.Create<uint>(0x7FFF) + tie) >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<uint> Stochastic(Vector512<uint> bits, Vector512<uint> random)
    {
        random &= Vector512.Create<uint>(0xFFFF);
        var finite = Vector512.LessThan(bits & Vector512.Create<uint>(0x7FFFFFFF), Vector512.Create<uint>(0x7F800000));
        return KeepNaN(bits, Vector512.ConditionalSelect(finite, bits + random, bits) >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<uint> KeepNaN(Vector512<uint> bits, Vector512<uint> rounded)
    {
        var isNaN = Vector512.GreaterThan(bits & Vector512.Create<uint>(0x7FFFFFFF), Vector512.Create<uint>(0x7F800000));
        return Vector512.ConditionalSelect(isNaN, (bits >> 16) | Vector512.Create<uint>(0x40), rounded);
    }
}
