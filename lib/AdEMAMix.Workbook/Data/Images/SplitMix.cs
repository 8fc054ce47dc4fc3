namespace AdEMAMix.Workbook;

/// <summary>Random numbers that belong to a seed and a place: SplitMix64 (Steele, Lea and Flood 2014), started from a hash of both.</summary>
/// <remarks>A value type without shared state: what one sample draws depends on no other sample.</remarks>
struct SplitMix(int seed, long place)
{
    const ulong Gamma = 0x9E3779B97F4A7C15; // 2^64 / golden ratio, odd

    ulong state = Mix(Mix((uint)seed + Gamma) ^ (ulong)place * Gamma);

    /// <summary>Uniform in (0, 1).</summary>
    public double Next() => ((Bits() >> 12) + 0.5) / (1UL << 52);

    /// <summary>Uniform in 0 to <paramref name="count"/> - 1.</summary>
    public int Below(int count) => (int)Math.BigMul(Bits(), (ulong)count, out _);

    /// <summary>Beta(a, a), by Jöhnk's method (1964), which is quick for a of at most 1.</summary>
    public double Beta(double a)
    {
        while (true)
        {
            var (x, y) = (Math.Pow(Next(), 1 / a), Math.Pow(Next(), 1 / a));
            if (x + y is > 0 and <= 1) return x / (x + y);
        }
    }

    ulong Bits() => Mix(state += Gamma);

    static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
}
