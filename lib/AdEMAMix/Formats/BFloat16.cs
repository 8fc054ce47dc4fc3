// bfloat16 <-> float: the upper half of a float. Decoding is exact; encoding rounds to nearest even, or stochastically.
using System.Numerics;

namespace AdEMAMix;

/// <summary>Conversions between arrays of bfloat16 (as ushort) and float.</summary>
static unsafe class BFloat16
{
    /// <summary>Widens; exact.</summary>
    public static void Decode(ushort* source, float* target, int length)
    {
        var (i, width) = (0, Vector<ushort>.Count);
        for (; i <= length - width; i += width)
        {
            Vector.Widen(Vector.Load(source + i), out var low, out var high);
            Vector.Store(low << 16, (uint*)target + i);
            Vector.Store(high << 16, (uint*)target + i + width / 2);
        }
        for (; i < length; i++)
            ((uint*)target)[i] = (uint)source[i] << 16;
    }

    /// <summary>Rounds to nearest, ties to even; a NaN stays a NaN.</summary>
    public static void Encode(float* source, ushort* target, int length)
    {
        var (i, width) = (0, Vector<ushort>.Count);
        for (; i <= length - width; i += width)
        {
            var low = Nearest(Vector.Load((uint*)source + i));
            var high = Nearest(Vector.Load((uint*)source + i + width / 2));
            Vector.Store(Vector.Narrow(low, high), target + i);
        }
        for (; i < length; i++)
            target[i] = (ushort)Nearest(new Vector<uint>(((uint*)source)[i]))[0];
    }

    /// <summary>
    /// Rounds up with a probability equal to the fraction cut off, so that the expected value is exact and an average that
    /// moves by less than half a unit per step still moves. The random bits are a function of key and position alone.
    /// </summary>
    public static void EncodeStochastic(float* source, ushort* target, int length, uint key, long position)
    {
        var (i, width) = (0, Vector<ushort>.Count);
        for (; i <= length - width; i += width)
        {
            var low = Stochastic(Vector.Load((uint*)source + i), key, (uint)(position + i));
            var high = Stochastic(Vector.Load((uint*)source + i + width / 2), key, (uint)(position + i + width / 2));
            Vector.Store(Vector.Narrow(low, high), target + i);
        }
        for (; i < length; i++)
            target[i] = (ushort)Stochastic(new Vector<uint>(((uint*)source)[i]), key, (uint)(position + i))[0];
    }

    static Vector<uint> Nearest(Vector<uint> bits)
    {
        var tie = (bits >> 16) & Vector<uint>.One;
        return KeepNaN(bits, (bits + new Vector<uint>(0x7FFF) + tie) >> 16);
    }

    static Vector<uint> Stochastic(Vector<uint> bits, uint key, uint position)
    {
        var random = RandomBits.At(key, position) & new Vector<uint>(0xFFFF);
        var finite = Vector.LessThan(bits & new Vector<uint>(0x7FFFFFFF), new Vector<uint>(0x7F800000));
        return KeepNaN(bits, Vector.ConditionalSelect(finite, bits + random, bits) >> 16);
    }

    static Vector<uint> KeepNaN(Vector<uint> bits, Vector<uint> rounded)
    {
        var isNaN = Vector.GreaterThan(bits & new Vector<uint>(0x7FFFFFFF), new Vector<uint>(0x7F800000));
        return Vector.ConditionalSelect(isNaN, (bits >> 16) | new Vector<uint>(0x40), rounded);
    }
}
