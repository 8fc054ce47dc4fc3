using System.Numerics;

namespace AdEMAMix.Workbook;

/// <summary>A random order of the numbers 0 to n - 1 that is computed, not stored: element i is known without the others.</summary>
/// <remarks>
/// A Feistel network (Luby and Rackoff 1988) permutes the 2h-bit numbers, 4^h >= n: each round replaces the halves (l, r) by
/// (r, l xor F(r, key)), which can be undone whatever F is, so the whole is a bijection. Numbers that fall outside 0 to n - 1 are
/// sent through again until they fall inside ("cycle walking", Black and Rogaway 2002): at most four times on average,
/// and still a bijection. F is the finalizer of SplitMix64 (Steele, Lea and Flood 2014).
/// </remarks>
public readonly struct WindowPermutation
{
    const int Rounds = 6;
    const ulong Gamma = 0x9E3779B97F4A7C15; // 2^64 / golden ratio, odd: SplitMix64's increment

    readonly ulong key;
    readonly int half;

    /// <summary>The order that belongs to a seed and an epoch.</summary>
    /// <param name="count">How many numbers: at least 1.</param>
    /// <param name="seed">Another seed, another order.</param>
    /// <param name="epoch">Another epoch, another order.</param>
    public WindowPermutation(long count, int seed, long epoch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        key = Mix(Mix((uint)seed + Gamma) + (ulong)epoch * Gamma);
        half = Math.Max(1, (BitOperations.Log2((ulong)count - 1 | 1) + 2) / 2);
    }

    /// <summary>How many numbers are permuted.</summary>
    public long Count { get; }

    /// <summary>Element <paramref name="index"/> of the order.</summary>
    public long this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            var value = (ulong)index;
            do value = Feistel(value);
            while (value >= (ulong)Count);
            return (long)value;
        }
    }

    /// <summary>A number in 0 to <paramref name="count"/> - 1 that belongs to the same seed and epoch.</summary>
    internal long Draw(long count) => (long)Math.BigMul(Mix(key), (ulong)count, out _);

    ulong Feistel(ulong value)
    {
        var mask = (1UL << half) - 1;
        var left = value >> half;
        var right = value & mask;
        for (var round = 1; round <= Rounds; round++) (left, right) = (right, left ^ (Mix(key + (ulong)round * Gamma + right) & mask));
        return left << half | right;
    }

    static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
}
