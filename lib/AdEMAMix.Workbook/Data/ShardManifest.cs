using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AdEMAMix.Workbook;

/// <summary>shards.json beside the token files: what they were made of and by which tokenizer. `workbook data tokenize` writes it last.</summary>
/// <param name="Vocabulary">Number of tokens of the tokenizer.</param>
/// <param name="Tokenizer">The tokenizer, as <see cref="ITokenizer.ToJson"/> writes it.</param>
/// <param name="Settings">How the texts were cut into files: two runs of `data tokenize` with the same settings and inputs give the same files.</param>
/// <param name="Inputs">The texts, in the order in which they were read.</param>
/// <param name="Shards">The token files.</param>
public sealed record ShardManifest(int Vocabulary, JsonElement Tokenizer, ShardSettings Settings, IReadOnlyList<ShardInput> Inputs, IReadOnlyList<ShardEntry> Shards)
{
    /// <summary>Name of the manifest's file.</summary>
    public const string FileName = "shards.json";

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        PropertyNameCaseInsensitive = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The manifest of a folder; null where there is none.</summary>
    /// <exception cref="DataException">It cannot be read.</exception>
    public static ShardManifest? Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<ShardManifest>(File.ReadAllBytes(file), Json) ?? throw new JsonException("it holds null") : null;
        }
        catch (Exception problem) when (problem is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new DataException($"'{file}' cannot be read ({problem.Message.TrimEnd('.')}): restore it, or tokenize again into an empty folder.", problem);
        }
    }

    internal byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Json), (byte)'\n'];
}

/// <summary>How texts are cut into token files.</summary>
/// <param name="Format">Layout of the files.</param>
/// <param name="Validation">Share of the bytes of the texts, at their end, that goes to validation; 0 for none.</param>
/// <param name="ShardTokens">Tokens per file; null for one file each for training and validation.</param>
public sealed record ShardSettings(TokenFormat Format, double Validation, long? ShardTokens = null);

/// <summary>A text that went into token files.</summary>
/// <param name="File">Its name, relative to the folder that was tokenized.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">SHA-256 of its bytes.</param>
public sealed record ShardInput(string File, long Bytes, string Sha256);

/// <summary>A token file.</summary>
/// <param name="File">Its name.</param>
/// <param name="Tokens">How many tokens it holds.</param>
/// <param name="Sha256">SHA-256 of the whole file, header included.</param>
public sealed record ShardEntry(string File, long Tokens, string Sha256);
