namespace AdEMAMix.Workbook;

/// <summary>How several processes train one run together.</summary>
/// <param name="ShardStates">Whether each keeps the optimizer's moments for its part of the parameters only; the run is bit for bit the same.</param>
/// <param name="Timeout">How long a rank waits for another one before it gives up; null for <see cref="DefaultTimeout"/>.</param>
public sealed record RankOptions(bool ShardStates = false, TimeSpan? Timeout = null)
{
    /// <summary>Longer than any pause of a healthy rank: an evaluation, a checkpoint on a slow disk.</summary>
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromMinutes(5);
}
