// Counter-based random bits: a hash of (key, position), so that results depend neither on threads nor on history.
using System.Numerics;

namespace AdEMAMix;

/// <summary>Random bits for stochastic rounding.</summary>
static class RandomBits
{
    /// <summary>32 random bits for each of the positions <paramref name="position"/>, position + 1, ...</summary>
    public static Vector<uint> At(uint key, uint position) =>
        Mix((Vector<uint>.Indices + new Vector<uint>(position)) * new Vector<uint>(0x9E3779B9u) ^ new Vector<uint>(key));

    /// <summary>Uniform numbers in [0, 1), 24 bits each, for the same positions.</summary>
    public static Vector<float> Uniform(uint key, uint position) =>
        Vector.ConvertToSingle(Vector.AsVectorInt32(At(key, position) >> 8)) * (1f / (1 << 24));

    /// <summary>A key for one array at one step.</summary>
    public static uint Key(ulong seed, long step, int array) =>
        Mix(Mix(Mix(new Vector<uint>((uint)seed)) ^ new Vector<uint>((uint)(seed >> 32) + (uint)step))
            ^ new Vector<uint>((uint)array * 0x85EBCA6Bu + (uint)(step >> 32)))[0];

    // "lowbias32" of C. Wellons' search for integer hashes: every input bit flips every output bit with probability near 1/2.
    static Vector<uint> Mix(Vector<uint> x)
    {
        x ^= x >> 16;
        x *= new Vector<uint>(0x21F0AAAD);
        x ^= x >> 15;
        x *= new Vector<uint>(0x735A2D97);
        return x ^ (x >> 15);
    }
}
