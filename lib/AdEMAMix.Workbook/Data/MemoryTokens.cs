namespace AdEMAMix.Workbook;

/// <summary>Tokens in memory: those of a text, encoded when it was loaded.</summary>
public sealed class MemoryTokens(ReadOnlyMemory<ushort> tokens) : ITokenSource
{
    /// <inheritdoc/>
    public long Length => tokens.Length;

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> Window(long start, int length) => tokens.Span.Slice(Index(start), length);

    /// <inheritdoc/>
    public ITokenSource Slice(long start, long length) => new MemoryTokens(tokens.Slice(Index(start), Index(length)));

    static int Index(long value) => value is >= 0 and <= int.MaxValue ? (int)value : throw new ArgumentOutOfRangeException(nameof(value), value, "Tokens in memory are numbered by 32 bits.");
}
