using System.Text.Json;

namespace AdEMAMix.Workbook;

/// <summary>Where an unfinished tokenization stands: written beside the token files after they have reached the disk, so that it never promises what is not there.</summary>
/// <param name="Tokenizer">The tokenizer as JSON.</param>
/// <param name="Settings">How the texts are cut into files.</param>
/// <param name="Inputs">The texts as they were at the start.</param>
/// <param name="File">The text being read.</param>
/// <param name="Offset">Bytes of it that are done.</param>
/// <param name="Validation">Whether validation has begun.</param>
/// <param name="Index">Number of the token file being written.</param>
/// <param name="Tokens">Tokens in that file.</param>
/// <param name="Finished">Texts that are done.</param>
/// <param name="Shards">Token files that are done.</param>
sealed record TokenizingJournal(
    string Tokenizer, ShardSettings Settings, IReadOnlyList<TextInput> Inputs, int File, long Offset, bool Validation, int Index, long Tokens,
    IReadOnlyList<ShardInput> Finished, IReadOnlyList<ShardEntry> Shards)
{
    /// <summary>Name of the journal's file; it is removed when the token files are complete.</summary>
    public const string FileName = "tokenizing.json";

    public static TokenizingJournal? Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        try
        {
            return System.IO.File.Exists(file) ? JsonSerializer.Deserialize<TokenizingJournal>(System.IO.File.ReadAllBytes(file), ShardManifest.Json) ?? throw new JsonException("it holds null") : null;
        }
        catch (JsonException problem)
        {
            throw new DataException($"'{file}' cannot be read ({problem.Message.TrimEnd('.')}): remove the folder and tokenize again.", problem);
        }
    }

    public void Write(string folder) => DurableFile.Replace(Path.Combine(folder, FileName), stream => stream.Write(JsonSerializer.SerializeToUtf8Bytes(this, ShardManifest.Json)));
}
