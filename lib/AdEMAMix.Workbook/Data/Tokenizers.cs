using System.Text.Json;

namespace AdEMAMix.Workbook;

/// <summary>Reads a tokenizer of any kind from the JSON that stands in checkpoints and beside token files.</summary>
public static class Tokenizers
{
    /// <summary>Reads what an <see cref="ITokenizer.ToJson"/> wrote.</summary>
    /// <param name="json">The JSON.</param>
    /// <param name="paths">The workbook, whose cache holds the vocabularies that the JSON only names.</param>
    /// <param name="folder">Where files that the JSON names are looked for; null for the current folder.</param>
    /// <exception cref="DataException">It is something else, or a file that it names is missing or another one.</exception>
    public static ITokenizer FromJson(string json, WorkbookPaths paths, string? folder = null) => KindOf(json) switch
    {
        "characters" => CharacterTokenizer.FromJson(json),
        Gpt2Tokenizer.Name => Same(Gpt2Tokenizer.Load(paths), json),
        SentencePieceTokenizer.Kind => Same(new SentencePieceTokenizer(Path.Combine(folder ?? Directory.GetCurrentDirectory(), SentencePieceTokenizer.ModelFile)), json),
        var kind => throw new DataException($"A tokenizer of kind '{kind}' is not known here: use the version of the workbook that wrote it."),
    };

    static ITokenizer Same(ITokenizer tokenizer, string json) => tokenizer.ToJson() == json.Trim() ? tokenizer
        : throw new DataException("The tokenizer's files are not those that the tokens were made with (another SHA-256): put the old ones back, or tokenize again.");

    static string KindOf(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("kind", out var kind) && kind.ValueKind == JsonValueKind.String) return kind.GetString()!;
            throw new JsonException("it has no kind");
        }
        catch (JsonException problem)
        {
            throw new DataException($"The tokenizer cannot be read ({problem.Message}): use the file as it was written.", problem);
        }
    }
}
