namespace AdEMAMix.Workbook;

/// <summary>One forgetting measurement, averaged over its batches: what an injection does to the injected batch, and to the others.</summary>
/// <param name="Offsets">Steps since the injection, from 0.</param>
/// <param name="Own">Loss on the injected batch, with less without.</param>
/// <param name="Placebo">Loss on the batches that were not injected, with less without.</param>
sealed record ForgettingCurve(IReadOnlyList<double> Offsets, IReadOnlyList<double> Own, IReadOnlyList<double> Placebo)
{
    /// <summary>How far the loss falls at most; positive where it falls.</summary>
    public double Drop => -Own.Min();

    /// <summary>The share of the deepest drop that is left at the end: 1 where nothing was forgotten.</summary>
    public double Retained => Own[^1] / Own.Min();

    /// <summary>What the step on any batch has done to the others by the end.</summary>
    public double PlaceboAtEnd => Placebo[^1];

    /// <summary>The curve divided by its deepest point, which becomes -1.</summary>
    public IReadOnlyList<double> Normalised => [.. Own.Select(x => x / Drop)];

    /// <summary>The curve of a measurement; null where a loss was not finite.</summary>
    public static ForgettingCurve? Of(RunMeasurement track, int batches)
    {
        if (track.Rows.Any(row => row.Contains(null))) return null;
        var own = new double[track.Rows.Count];
        var placebo = new double[track.Rows.Count];
        for (var measured = 0; measured < batches; measured++)
        {
            var without = track[ForgettingTrack.Name(null, measured)];
            for (var injected = 0; injected < batches; injected++)
            {
                var with = track[ForgettingTrack.Name(injected, measured)];
                var (sum, count) = injected == measured ? (own, batches) : (placebo, batches * (batches - 1));
                for (var i = 0; i < sum.Length; i++) sum[i] += (with[i]!.Value - without[i]!.Value) / count;
            }
        }
        return new ForgettingCurve([.. track["offset"].Select(x => x!.Value)], own, placebo);
    }
}
