using System.Text.Json;

namespace AdEMAMix.Workbook;

// Which vocabulary the tokens of a set of files belong to: recorded beside them, or told by the configuration.
public sealed partial class ShardSet
{
    /// <summary>Name of the file that <see cref="TokenDataset.Write"/> puts beside token files; a manifest goes before it.</summary>
    const string TokenizerFile = "tokenizer.json";

    /// <summary>The tokenizer, loaded only when it is used.</summary>
    /// <param name="vocabulary">The model's vocabulary, at least the tokenizer's; null for the tokenizer's.</param>
    /// <param name="paths">The workbook.</param>
    /// <exception cref="ConfigException">The vocabulary is smaller than the tokenizer's.</exception>
    /// <exception cref="DataException">It is not given, and nothing is recorded.</exception>
    internal ITokenizer Tokenizer(int? vocabulary, WorkbookPaths paths)
    {
        var (recorded, json) = Recorded(paths);
        if (recorded is null && vocabulary is null)
            throw new DataException($"Nothing beside '{Path}' says which vocabulary its tokens belong to: set data.vocabulary, for GPT-2's tokens to 50257.");
        if (recorded > vocabulary)
            throw new ConfigException(FormattableString.Invariant($"data.vocabulary is {vocabulary:N0}, but the tokenizer of '{Path}' has {recorded:N0} tokens: give at least that, or leave it out."));
        return new RecordedTokenizer(vocabulary ?? recorded!.Value, json, () => json is null
            ? throw new DataException($"Nothing beside '{Path}' says what its tokens stand for: only the files' maker knows.")
            : Tokenizers.FromJson(json, paths, Folder));
    }

    (int? Vocabulary, string? Json) Recorded(WorkbookPaths paths)
    {
        if (Manifest is not null) return (Manifest.Vocabulary, JsonSerializer.Serialize(Manifest.Tokenizer));
        var file = System.IO.Path.Combine(Folder, TokenizerFile);
        if (!File.Exists(file)) return (null, null);
        var json = TextNormalisation.Decode(TextFiles.Read(file), file);
        return (Tokenizers.FromJson(json, paths, Folder).VocabularySize, json.TrimEnd());
    }
}
