// Counter-based random bits: a hash of (key, position), so that results depend neither on threads nor on history.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AdEMAMix;

/// <summary>
/// Random bits for stochastic rounding: 32 per element and step, of which each moment takes others. Rounding needs 16 (bfloat16)
/// or 19 of them (eight bits); where two moments' ranges overlap, what is a leading bit for one is a trailing one for the other.
/// </summary>
static unsafe class RandomBits
{
    // The golden ratio: neighbours start far apart.
    const uint Spread = 0x9E3779B9u;

    /// <summary>The lowest of the bits that moment 0, 1 or 2 of a parameter takes.</summary>
    public static int Shift(int moment) => 13 * moment / 2;

    /// <summary>Writes 32 bits for each of the positions <paramref name="position"/>, position + 1, ...; length rounded up to a vector's.</summary>
    public static void Fill(uint* target, int length, uint key, long position)
    {
        var counter = Vector512<uint>.Indices * Spread + Vector512.Create((uint)position * Spread);
        var (keys, stride) = (Vector512.Create(key), Vector512.Create((uint)Vector512<uint>.Count * Spread));
        for (var i = 0; i < length; i += Vector512<uint>.Count, counter += stride)
            Vector512.Store(Mix(counter ^ keys), target + i);
    }

    /// <summary>A key for one parameter at one step.</summary>
    public static uint Key(ulong seed, long step, int parameter) =>
        Mix(Mix(Mix(Vector512.Create((uint)seed)) ^ Vector512.Create((uint)(seed >> 32) + (uint)step))
            ^ Vector512.Create((uint)parameter * 0x85EBCA6Bu + (uint)(step >> 32)))[0];

    // "lowbias32" of C. Wellons' search for integer hashes: every input bit flips every output bit with probability near 1/2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<uint> Mix(Vector512<uint> x)
    {
        x ^= x >>> 16;
        x *= Vector512.Create<uint>(0x21F0AAAD);
        x ^= x >>> 15;
        x *= Vector512.Create<uint>(0x735A2D97);
        return x ^ (x >>> 15);
    }
}
