// Counter-based random bits: a hash of (key, position), so that results depend neither on threads nor on history.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AdEMAMix;

/// <summary>Random bits for stochastic rounding.</summary>
static class RandomBits
{
    // The golden ratio: neighbours start far apart.
    const uint Spread = 0x9E3779B9u;

    /// <summary>32 random bits for each of the positions <paramref name="position"/>, position + 1, ...</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> At(uint key, uint position) =>
        Mix(Vector512<uint>.Indices * Spread + Vector512.Create<uint>(position * Spread) ^ Vector512.Create<uint>(key));

    /// <summary>Uniform numbers in [0, 1), 24 bits each, for the same positions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Uniform(uint key, uint position) =>
        Vector512.ConvertToSingle((At(key, position) >> 8).AsInt32()) * (1f / (1 << 24));

    /// <summary>A key for one array at one step.</summary>
    public static uint Key(ulong seed, long step, int array) =>
        Mix(Mix(Mix(Vector512.Create<uint>((uint)seed)) ^ Vector512.Create<uint>((uint)(seed >> 32) + (uint)step))
            ^ Vector512.Create<uint>((uint)array * 0x85EBCA6Bu + (uint)(step >> 32)))[0];

    // "lowbias32" of C. Wellons' search for integer hashes: every input bit flips every output bit with probability near 1/2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<uint> Mix(Vector512<uint> x)
    {
        x ^= x >> 16;
        x *= Vector512.Create<uint>(0x21F0AAAD);
        x ^= x >> 15;
        x *= Vector512.Create<uint>(0x735A2D97);
        return x ^ (x >> 15);
    }
}
