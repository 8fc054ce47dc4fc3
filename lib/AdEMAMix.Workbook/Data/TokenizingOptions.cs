namespace AdEMAMix.Workbook;

/// <summary>What `workbook data tokenize` is asked for.</summary>
/// <param name="Source">A name in data/sources.json, a text file, or a folder of .txt files.</param>
/// <param name="Tokenizer">"gpt2", "characters", "sentencepiece" (to train a model) or "sentencepiece:MODEL".</param>
/// <param name="Folder">Where the token files go.</param>
/// <param name="Format">Their layout.</param>
/// <param name="ShardTokens">Tokens per file; null for one file each, or in llm.c's format for 100 million.</param>
/// <param name="Validation">Share of the texts' bytes, at their end, for validation: 0 for none, at most 0.5.</param>
/// <param name="Vocabulary">Tokens of a model to train; only with "sentencepiece".</param>
public sealed record TokenizingOptions(string Source, string Tokenizer, string Folder, TokenFormat Format = TokenFormat.NanoGpt, long? ShardTokens = null, double Validation = 0.05, int? Vocabulary = null)
{
    /// <summary>Tokens of a file in llm.c's format, whose header counts in 32 bits.</summary>
    public const long LlmCShardTokens = 100_000_000;

    internal ShardSettings Validate()
    {
        if (!(Validation >= 0 && Validation <= 0.5)) throw new ConfigException(FormattableString.Invariant($"A validation share of {Validation} is outside [0, 0.5]: choose for example 0.05, or 0 for none."));
        if (ShardTokens is not null and not (>= 1 and <= int.MaxValue)) throw new ConfigException(FormattableString.Invariant($"{ShardTokens:N0} tokens per file are outside 1 to {int.MaxValue:N0}: choose for example 100000000."));
        if (Vocabulary is not null and not (>= 2 and <= CharacterTokenizer.MaximumVocabulary)) throw new ConfigException(FormattableString.Invariant($"A vocabulary of {Vocabulary:N0} is outside 2 to {CharacterTokenizer.MaximumVocabulary:N0}: choose for example 32000."));
        if (Tokenizer == SentencePieceTokenizer.Kind != Vocabulary is not null)
            throw new ConfigException(Vocabulary is null
                ? "The tokenizer 'sentencepiece' without a model is trained first and needs --vocabulary N: give it, or name a model as sentencepiece:FILE."
                : $"--vocabulary is the size of a SentencePiece model to train and does not go with '{Tokenizer}': leave it out, or choose the tokenizer 'sentencepiece'.");
        return new ShardSettings(Format, Validation, ShardTokens ?? (Format == TokenFormat.LlmC ? LlmCShardTokens : null));
    }
}
