namespace AdEMAMix.Workbook;

/// <summary>Some consecutive rows of every batch: those that one rank trains on.</summary>
/// <param name="First">The first row, from 0.</param>
/// <param name="Count">How many.</param>
readonly record struct BatchRows(int First, int Count)
{
    /// <summary>A rank's rows: the batch divided in order, so that the samples of a step do not depend on the number of ranks.</summary>
    public static BatchRows Of(int batch, RankGroup? ranks) => ranks is null ? new(0, batch)
        : new(batch * ranks.Rank / ranks.Size, batch * (ranks.Rank + 1) / ranks.Size - batch * ranks.Rank / ranks.Size);
}
