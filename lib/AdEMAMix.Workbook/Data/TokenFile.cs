using System.Buffers.Binary;

namespace AdEMAMix.Workbook;

/// <summary>How a file of 16-bit tokens is laid out.</summary>
public enum TokenFormat
{
    /// <summary>nanoGPT's: little-endian tokens, nothing else.</summary>
    NanoGpt,

    /// <summary>llm.c's: 256 little-endian words of 32 bits, of which the first three are magic, version and number of tokens; then the tokens.</summary>
    LlmC,
}

/// <summary>What the first bytes of a token file say about it; the formats need no file name extension of their own.</summary>
/// <param name="Format">The layout.</param>
/// <param name="Start">Bytes before the first token.</param>
/// <param name="Tokens">How many there are.</param>
public sealed record TokenFile(TokenFormat Format, int Start, long Tokens)
{
    /// <summary>Bytes of llm.c's header.</summary>
    public const int HeaderBytes = 256 * sizeof(int);

    internal const int Magic = 20240520;
    internal const int Version = 1;
    const int WideMagic = 20240801; // llm.c's files of 32-bit tokens, for Llama 3

    /// <summary>Reads a file's header and compares it with the file's length.</summary>
    /// <param name="file">Its path, for messages.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="head">Its first <see cref="HeaderBytes"/> bytes, or all of it where it is shorter.</param>
    /// <exception cref="DataException">It is empty, cut short, or no file of 16-bit tokens.</exception>
    public static TokenFile Read(string file, long length, ReadOnlySpan<byte> head)
    {
        if (length == 0) throw new DataException($"The token file '{file}' is empty: make it again, or remove it.");
        return LooksLikeHeader(head) ? ReadHeader(file, length, head) : new TokenFile(TokenFormat.NanoGpt, 0, Even(file, length) / sizeof(ushort));
    }

    /// <summary>The header of a file in llm.c's format.</summary>
    public static byte[] Header(long tokens)
    {
        var header = new byte[HeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), Version);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), checked((int)tokens));
        return header;
    }

    static TokenFile ReadHeader(string file, long length, ReadOnlySpan<byte> head)
    {
        if (head.Length < HeaderBytes)
            throw new DataException(FormattableString.Invariant($"The token file '{file}' ends within its header, after {length:N0} of {HeaderBytes:N0} bytes: copy it again."));
        var (magic, version) = (Word(head, 0), Word(head, 1));
        if (magic == WideMagic) throw new DataException($"The token file '{file}' holds tokens of 32 bits (llm.c, magic {magic}), but tokens here have 16 bits: tokenize the text with a vocabulary of at most 65,536.");
        if (magic != Magic) throw new DataException($"The file '{file}' starts with a header whose magic is {magic}, not {Magic} as in llm.c's token files: choose a token file.");
        if (version != Version) throw new DataException($"The token file '{file}' has version {version} of llm.c's format, but only version {Version} (tokens of 16 bits) can be read: make it again in that version.");
        var tokens = (long)Word(head, 2);
        var expected = HeaderBytes + tokens * sizeof(ushort);
        if (tokens < 1) throw new DataException(FormattableString.Invariant($"The token file '{file}' says in its header that it holds {tokens:N0} tokens: make it again, or remove it."));
        if (length < expected) throw new DataException(FormattableString.Invariant($"The token file '{file}' is cut short: {length:N0} bytes where its header promises {tokens:N0} tokens, {expected:N0} bytes; copy it again."));
        if (length > expected) throw new DataException(FormattableString.Invariant($"The token file '{file}' is longer than its header says: {length:N0} bytes where {tokens:N0} tokens take {expected:N0}; copy it again."));
        return new TokenFile(TokenFormat.LlmC, HeaderBytes, tokens);
    }

    static long Even(string file, long length) => length % sizeof(ushort) == 0 ? length
        : throw new DataException(FormattableString.Invariant($"The token file '{file}' ends in mid-token: {length:N0} bytes are not a whole number of 16-bit tokens; copy it again."));

    // A few words and then nothing but zeros: no run of tokens begins so, and a wrong magic is told apart from a file without a header.
    static bool LooksLikeHeader(ReadOnlySpan<byte> head)
    {
        if (head.Length < sizeof(int)) return false;
        if (Word(head, 0) is Magic or WideMagic) return true;
        return head.Length == HeaderBytes && Word(head, 0) != 0 && Word(head, 1) is > 0 and < 100 && head[(8 * sizeof(int))..].IndexOfAnyExcept((byte)0) < 0;
    }

    static int Word(ReadOnlySpan<byte> head, int index) => BinaryPrimitives.ReadInt32LittleEndian(head[(index * sizeof(int))..]);
}
