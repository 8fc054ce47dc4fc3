namespace AdEMAMix.Workbook;

/// <summary>Replaces a share of the training targets by tokens drawn uniformly: a pure function of seed and place.</summary>
/// <param name="share">Which share, in (0, 1).</param>
/// <param name="vocabulary">Tokens to draw from; the right one may be drawn again.</param>
/// <param name="seed">Another seed, other places.</param>
sealed class LabelNoise(double share, int vocabulary, int seed)
{
    // A power of two of its own: no run's data seed draws the same numbers.
    const int SeedOffset = 1 << 29;

    /// <summary>Draws targets that follow each other, in place.</summary>
    /// <param name="first">The number of the first one, counted over all steps, rows and places.</param>
    /// <param name="targets">The targets in the order of rows.</param>
    public void Apply(long first, Span<long> targets)
    {
        for (var i = 0; i < targets.Length; i++)
            if (Draw(SeedOffset, first + i, 1L << 53) < share * (1L << 53)) targets[i] = Draw(SeedOffset + 1, first + i, vocabulary);
    }

    long Draw(int offset, long place, long count) => new WindowPermutation(1L << 62, seed ^ offset, place).Draw(count);
}
