using System.Text.Json;

namespace AdEMAMix.Workbook;

/// <summary>The tokenizer of token files: known by what was recorded beside them, and loaded only when text is asked for, which training never does.</summary>
sealed class RecordedTokenizer(int vocabulary, string? json, Func<ITokenizer> load) : ITokenizer
{
    readonly Lazy<ITokenizer> real = new(load);

    /// <summary>At least the tokenizer's own size: a model may have room for more.</summary>
    public int VocabularySize => vocabulary;

    public ushort? EndOfDocument => real.Value.EndOfDocument;

    public ushort[] Encode(ReadOnlySpan<char> text) => real.Value.Encode(text);

    public string Decode(ReadOnlySpan<ushort> tokens) => real.Value.Decode(tokens);

    public int LastCut(ReadOnlySpan<char> text) => real.Value.LastCut(text);

    public string ToJson() => json ?? JsonSerializer.Serialize(new { kind = "unknown", vocabulary });
}
