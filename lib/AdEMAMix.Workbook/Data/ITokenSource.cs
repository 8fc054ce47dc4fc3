namespace AdEMAMix.Workbook;

/// <summary>A long row of tokens that windows are cut from: a text in memory (<see cref="MemoryTokens"/>) or files on disk (<see cref="ShardTokens"/>).</summary>
/// <remarks>Immutable, and safe to read from several threads at once.</remarks>
public interface ITokenSource
{
    /// <summary>Tokens.</summary>
    long Length { get; }

    /// <summary>Some consecutive tokens, without copying where they lie together.</summary>
    /// <param name="start">The first, from 0.</param>
    /// <param name="length">How many.</param>
    /// <returns>The tokens; they may be read as long as this source is referenced.</returns>
    /// <exception cref="ArgumentOutOfRangeException">They are not all within 0 and <see cref="Length"/>.</exception>
    /// <exception cref="DataException">A token is outside the vocabulary, or the file has changed since it was opened.</exception>
    ReadOnlySpan<ushort> Window(long start, int length);

    /// <summary>A part of this source.</summary>
    /// <param name="start">Its first token.</param>
    /// <param name="length">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">It reaches beyond the source.</exception>
    ITokenSource Slice(long start, long length);
}
