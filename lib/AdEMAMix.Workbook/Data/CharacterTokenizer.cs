using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AdEMAMix.Workbook;

/// <summary>One token per character; the vocabulary is the sorted set of a text's characters.</summary>
/// <remarks>
/// A character is a Unicode scalar value, not a UTF-16 code unit: an emoji is one token, never two halves that a model could mix up.
/// (An accent written as a combining mark is a token of its own; texts are not composed or decomposed.)
/// </remarks>
public sealed class CharacterTokenizer : ITokenizer
{
    /// <summary>Tokens are 16-bit.</summary>
    public const int MaximumVocabulary = ushort.MaxValue + 1;

    const int Unknown = -1;

    readonly Rune[] characters;
    readonly int[] tokenOfBasic = new int[char.MaxValue + 1];
    readonly Dictionary<int, ushort> tokenOfSupplementary = [];

    CharacterTokenizer(Rune[] sorted)
    {
        characters = sorted;
        Array.Fill(tokenOfBasic, Unknown);
        for (var token = 0; token < sorted.Length; token++)
        {
            var value = sorted[token].Value;
            if (value <= char.MaxValue) tokenOfBasic[value] = token;
            else tokenOfSupplementary.Add(value, (ushort)token);
        }
    }

    /// <summary>Number of tokens; they are 0 to this number less one.</summary>
    public int VocabularySize => characters.Length;

    /// <summary>None: texts of characters are parted by blank lines.</summary>
    public ushort? EndOfDocument => null;

    /// <summary>The characters in the order of their tokens, that is of their code points.</summary>
    public string Symbols => string.Concat(characters.Select(character => character.ToString()));

    /// <summary>The tokenizer of a text: training and validation together, so that no validation character is unknown.</summary>
    /// <exception cref="DataException">The text is empty, not valid Unicode, or has more than 65,536 distinct characters.</exception>
    public static CharacterTokenizer Of(ReadOnlySpan<char> text)
    {
        var basic = new bool[char.MaxValue + 1];
        var supplementary = new HashSet<int>();
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                basic[text[i]] = true;
                continue;
            }
            supplementary.Add(RuneAt(text, i).Value);
            i++;
        }
        var values = Enumerable.Range(0, basic.Length).Where(value => basic[value]).Concat(supplementary.Order()).ToArray();
        if (values.Length == 0) throw new DataException("A tokenizer cannot be made of an empty text: choose a text.");
        if (values.Length > MaximumVocabulary)
            throw new DataException(FormattableString.Invariant($"The text has {values.Length:N0} distinct characters, but tokens of 16 bits number {MaximumVocabulary:N0}: use a text in fewer scripts."));
        return new CharacterTokenizer([.. values.Select(value => new Rune(value))]);
    }

    /// <summary>The tokens of a text, one per character.</summary>
    /// <exception cref="DataException">A character is not in the vocabulary.</exception>
    public ushort[] Encode(ReadOnlySpan<char> text)
    {
        var tokens = new ushort[text.Length];
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var token = tokenOfBasic[text[i]]; // surrogates are never there
            if (token == Unknown)
            {
                var character = RuneAt(text, i);
                if (character.IsBmp || !tokenOfSupplementary.TryGetValue(character.Value, out var wide)) throw UnknownCharacter(character, text[..i], count);
                token = wide;
                i++;
            }
            tokens[count++] = (ushort)token;
        }
        if (count < tokens.Length) Array.Resize(ref tokens, count);
        return tokens;
    }

    /// <summary>The text of some tokens.</summary>
    /// <exception cref="DataException">A token is not below <see cref="VocabularySize"/>.</exception>
    public string Decode(ReadOnlySpan<ushort> tokens)
    {
        var text = new StringBuilder(tokens.Length);
        for (var i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] >= characters.Length)
                throw new DataException($"Token {tokens[i]} at position {i} is outside the vocabulary of {characters.Length}: decode with the tokenizer that the text was encoded with.");
            text.Append(characters[tokens[i]].ToString());
        }
        return text.ToString();
    }

    /// <inheritdoc/>
    public int LastCut(ReadOnlySpan<char> text) => text.IsEmpty || !char.IsHighSurrogate(text[^1]) ? text.Length : text.Length - 1;

    /// <summary>The tokenizer as JSON, for a checkpoint; equal tokenizers give equal JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(new Document("characters", Symbols), DocumentOptions);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="DataException">It is something else.</exception>
    public static CharacterTokenizer FromJson([StringSyntax(StringSyntaxAttribute.Json)] string json)
    {
        try
        {
            var document = JsonSerializer.Deserialize<Document>(json, DocumentOptions);
            if (document is not { Kind: "characters" }) throw new DataException($"The tokenizer is of kind '{document?.Kind}', not 'characters': use the version of the workbook that wrote it.");
            var tokenizer = Of(document.Symbols);
            return tokenizer.Symbols == document.Symbols ? tokenizer : throw new DataException("The tokenizer's symbols are not sorted or repeat: use the file as it was written.");
        }
        catch (JsonException problem)
        {
            throw new DataException($"The tokenizer cannot be read ({problem.Message}): use the file as it was written.", problem);
        }
    }

    static readonly JsonSerializerOptions DocumentOptions = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    sealed record Document(string Kind, string Symbols);

    static Rune RuneAt(ReadOnlySpan<char> text, int index)
    {
        if (Rune.DecodeFromUtf16(text[index..], out var rune, out _) == System.Buffers.OperationStatus.Done) return rune;
        throw new DataException($"The text holds half a surrogate pair (U+{(int)text[index]:X4}) at index {index}: repair the text.");
    }

    static DataException UnknownCharacter(Rune character, ReadOnlySpan<char> before, int position)
    {
        var line = before.Count('\n') + 1;
        var column = before.Length - before.LastIndexOf('\n');
        var shown = Rune.IsControl(character) ? "" : $"'{character}' ";
        return new DataException($"The character {shown}(U+{character.Value:X4}) at position {position} (line {line}, column {column}) is not in the tokenizer's vocabulary: replace it, or train on text that holds it.");
    }
}
