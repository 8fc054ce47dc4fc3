using System.Text;
using System.Text.Json;

namespace AdEMAMix.Workbook;

/// <summary>GPT-2's byte-level byte-pair encoding (Radford et al. 2019): 50,257 tokens, every text and every string of bytes has an encoding.</summary>
/// <remarks>The vocabulary and its merges are the published files, fetched as pinned in data/sources.json. Not safe for several threads at once.</remarks>
public sealed class Gpt2Tokenizer : ITokenizer
{
    /// <summary>Its name in data/sources.json.</summary>
    public const string Name = "gpt2";

    const string EndOfText = "<|endoftext|>";

    readonly byte[][] pieces;
    readonly BytePairEncoder encoder;
    readonly string hash;

    /// <summary>A tokenizer of the form of GPT-2's.</summary>
    /// <param name="vocabulary">encoder.json: each token's spelling and number.</param>
    /// <param name="merges">vocab.bpe: a line of version, then one pair of spellings per line in the order of learning.</param>
    /// <exception cref="DataException">The two do not fit together.</exception>
    public Gpt2Tokenizer(ReadOnlySpan<byte> vocabulary, ReadOnlySpan<byte> merges)
    {
        try
        {
            var tokens = JsonSerializer.Deserialize<Dictionary<string, ushort>>(vocabulary)!;
            if (!tokens.Values.Order().SequenceEqual(Enumerable.Range(0, tokens.Count).Select(token => (ushort)token))) throw new JsonException("its numbers have gaps");
            var byteOf = SpellingOfBytes();
            pieces = new byte[tokens.Count][];
            foreach (var (spelling, token) in tokens) pieces[token] = spelling == EndOfText ? Encoding.UTF8.GetBytes(spelling) : [.. spelling.Select(symbol => byteOf[symbol])];
            EndOfDocument = tokens.TryGetValue(EndOfText, out var end) ? end : null;
            var ofByte = new ushort[256];
            foreach (var (symbol, value) in byteOf) ofByte[value] = tokens[symbol.ToString()];
            encoder = new BytePairEncoder(ofByte, Encoding.UTF8.GetString(merges).Split('\n').Skip(1).Where(line => line.Length > 0).Select(line => line.Split(' '))
                .Select(pair => (tokens[pair[0]], tokens[pair[1]], tokens[pair[0] + pair[1]])));
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or IndexOutOfRangeException or ArgumentException)
        {
            throw new DataException($"The vocabulary of GPT-2's form cannot be used ({problem.Message.TrimEnd('.')}): fetch it again.", problem);
        }
        hash = Sha256.Of([.. vocabulary, .. merges]);
    }

    /// <inheritdoc/>
    public int VocabularySize => pieces.Length;

    /// <inheritdoc/>
    public ushort? EndOfDocument { get; }

    /// <summary>GPT-2's own, fetched into data/cache if it is missing.</summary>
    /// <exception cref="DataException">It cannot be had.</exception>
    public static Gpt2Tokenizer Load(WorkbookPaths paths, Action<string>? report = null, CancellationToken cancellation = default)
    {
        var folder = new TokenizerFetcher(paths) { Report = report }.Fetch(Name, cancellation);
        return new Gpt2Tokenizer(TextFiles.Read(Path.Combine(folder, "encoder.json")), TextFiles.Read(Path.Combine(folder, "vocab.bpe")));
    }

    /// <inheritdoc/>
    public ushort[] Encode(ReadOnlySpan<char> text)
    {
        try
        {
            var bytes = new byte[TextNormalisation.Utf8.GetByteCount(text)];
            TextNormalisation.Utf8.GetBytes(text, bytes);
            return EncodeBytes(bytes);
        }
        catch (EncoderFallbackException problem)
        {
            throw new DataException($"The text holds half a surrogate pair at index {problem.Index}: repair the text.", problem);
        }
    }

    /// <summary>The tokens of any bytes; those of UTF-8 text are the text's.</summary>
    public ushort[] EncodeBytes(ReadOnlySpan<byte> bytes)
    {
        var tokens = new List<ushort>(bytes.Length / 3 + 1);
        while (!bytes.IsEmpty)
        {
            var word = Gpt2Words.First(bytes);
            encoder.Encode(bytes[..word], tokens);
            bytes = bytes[word..];
        }
        return [.. tokens];
    }

    /// <summary>The text of some tokens; bytes that are not UTF-8, as where a character is cut in two, become U+FFFD.</summary>
    /// <exception cref="DataException">A token is not below <see cref="VocabularySize"/>.</exception>
    public string Decode(ReadOnlySpan<ushort> tokens) => Encoding.UTF8.GetString(DecodeBytes(tokens));

    /// <summary>The bytes of some tokens.</summary>
    /// <exception cref="DataException">A token is not below <see cref="VocabularySize"/>.</exception>
    public byte[] DecodeBytes(ReadOnlySpan<ushort> tokens)
    {
        var bytes = new List<byte>(4 * tokens.Length);
        for (var i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] >= pieces.Length)
                throw new DataException($"Token {tokens[i]} at position {i} is outside the vocabulary of {pieces.Length}: decode with the tokenizer that the text was encoded with.");
            bytes.AddRange(pieces[tokens[i]]);
        }
        return [.. bytes];
    }

    /// <summary>Before the last white space that a word follows: no word of the expression reaches over it.</summary>
    public int LastCut(ReadOnlySpan<char> text)
    {
        for (var i = text.Length - 2; i > 0; i--)
            if (char.IsWhiteSpace(text[i]) && !char.IsWhiteSpace(text[i + 1])) return i;
        return 0;
    }

    /// <inheritdoc/>
    public string ToJson() => JsonSerializer.Serialize(new { kind = Name, sha256 = hash });

    // So that vocabularies can be written as text, each byte has a printable character: its own where Latin-1 has one, else the next from U+0100 on.
    static Dictionary<char, byte> SpellingOfBytes()
    {
        var spelling = new Dictionary<char, byte>();
        var further = 256;
        for (var value = 0; value < 256; value++)
            spelling.Add((char)(value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? value : further++), (byte)value);
        return spelling;
    }
}
