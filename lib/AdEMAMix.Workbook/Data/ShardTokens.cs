namespace AdEMAMix.Workbook;

/// <summary>The tokens of one or several mapped files, one after the other, as one source; a window may begin in one file and end in the next.</summary>
/// <remarks>
/// Resident memory does not grow with what has been read: mapped pages are given back now and then. Every window that is handed out has
/// been checked against the vocabulary.
/// </remarks>
public sealed class ShardTokens : ITokenSource
{
    // A fault maps the pages around it too, 64 KiB to 2 MiB by the system's choice: this many windows hold at most 64 MiB.
    const int WindowsBetweenReleases = 32;

    readonly TokenShard[] shards;
    readonly long[] starts;
    readonly int vocabulary;
    readonly long offset;
    int windows;

    internal ShardTokens(IReadOnlyList<TokenShard> shards, int vocabulary)
    {
        this.shards = [.. shards];
        this.vocabulary = vocabulary;
        starts = new long[this.shards.Length];
        foreach (var (i, shard) in this.shards.Index())
        {
            starts[i] = Length;
            Length += shard.Length;
        }
    }

    ShardTokens(ShardTokens whole, long offset, long length)
    {
        (shards, starts, vocabulary) = (whole.shards, whole.starts, whole.vocabulary);
        (this.offset, Length) = (offset, length);
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public ITokenSource Slice(long start, long length)
    {
        RequireInside(start, length);
        return new ShardTokens(this, offset + start, length);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<ushort> Window(long start, int length)
    {
        RequireInside(start, length);
        if (Interlocked.Increment(ref windows) % WindowsBetweenReleases == 0)
            foreach (var mapped in shards) mapped.Release();
        var position = offset + start;
        var index = ShardAt(position);
        var inShard = position - starts[index];
        if (inShard + length <= shards[index].Length) return Checked(shards[index], inShard, length);

        var joined = new ushort[length];
        for (var filled = 0; filled < length; index++, inShard = 0)
        {
            var part = Checked(shards[index], inShard, (int)Math.Min(length - filled, shards[index].Length - inShard));
            part.CopyTo(joined.AsSpan(filled));
            filled += part.Length;
        }
        return joined;
    }

    ReadOnlySpan<ushort> Checked(TokenShard shard, long first, int count)
    {
        var tokens = shard.Tokens(first, count);
        if (Beyond(tokens, vocabulary) is var at && at >= 0) throw OutsideVocabulary(shard, first + at, tokens[at], vocabulary);
        return tokens;
    }

    /// <summary>Index of the first token that is not below the vocabulary's size; -1 for none.</summary>
    internal static int Beyond(ReadOnlySpan<ushort> tokens, int vocabulary) =>
        vocabulary > ushort.MaxValue ? -1 : tokens.IndexOfAnyExceptInRange((ushort)0, (ushort)(vocabulary - 1));

    internal static DataException OutsideVocabulary(TokenShard shard, long position, ushort token, int vocabulary) =>
        new(FormattableString.Invariant($"Token {token} at position {position:N0} of '{shard.Path}' is outside the vocabulary of {vocabulary:N0}: give the vocabulary that the file was made with as data.vocabulary, or make the file again."));

    int ShardAt(long position)
    {
        var found = Array.BinarySearch(starts, position);
        return found >= 0 ? found : ~found - 1;
    }

    void RequireInside(long start, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - length);
    }
}
