namespace AdEMAMix.Workbook;

/// <summary>Replaces a share of the training targets by tokens drawn uniformly: a pure function of seed, step and place.</summary>
/// <param name="share">Which share, in (0, 1).</param>
/// <param name="vocabulary">Tokens to draw from; the right one may be drawn again.</param>
/// <param name="seed">Another seed, other places.</param>
sealed class LabelNoise(double share, int vocabulary, int seed)
{
    // A power of two of its own: no run's data seed draws the same numbers.
    const int SeedOffset = 1 << 29;

    /// <summary>Draws the targets of one step, in place.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="targets">The batch's targets in the order of its rows.</param>
    public void Apply(int step, Span<long> targets)
    {
        for (var i = 0; i < targets.Length; i++)
        {
            var draw = new WindowPermutation(1L << 62, seed ^ SeedOffset, (long)step * targets.Length + i);
            if (draw.Draw(1L << 53) < share * (1L << 53)) targets[i] = (long)new WindowPermutation(1L << 62, (seed ^ SeedOffset) + 1, (long)step * targets.Length + i).Draw(vocabulary);
        }
    }
}
