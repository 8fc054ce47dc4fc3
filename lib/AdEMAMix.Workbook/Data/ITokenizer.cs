namespace AdEMAMix.Workbook;

/// <summary>Turns text into tokens of 16 bits and back.</summary>
/// <remarks>Not safe for several threads at once.</remarks>
public interface ITokenizer
{
    /// <summary>Number of tokens; they are 0 to this number less one.</summary>
    int VocabularySize { get; }

    /// <summary>The token that closes a document, so that a model can tell where one ends; null where the vocabulary has none.</summary>
    ushort? EndOfDocument { get; }

    /// <summary>The tokens of a text; <see cref="EndOfDocument"/> is never among them.</summary>
    /// <exception cref="DataException">The text holds something that has no token.</exception>
    ushort[] Encode(ReadOnlySpan<char> text);

    /// <summary>The text of some tokens; <see cref="EndOfDocument"/> gives its own spelling, such as &lt;|endoftext|&gt;.</summary>
    /// <exception cref="DataException">A token is not below <see cref="VocabularySize"/>.</exception>
    string Decode(ReadOnlySpan<ushort> tokens);

    /// <summary>The last place where a text that goes on may be cut so that its two parts, encoded one by one, give the tokens of the whole; 0 for none.</summary>
    int LastCut(ReadOnlySpan<char> text);

    /// <summary>The tokenizer as JSON, for a checkpoint; equal tokenizers give equal JSON. Large vocabularies are named by their hash.</summary>
    string ToJson();
}
