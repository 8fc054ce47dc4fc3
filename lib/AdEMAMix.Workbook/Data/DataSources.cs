using System.Text.Json;
using System.Text.Json.Serialization;

namespace AdEMAMix.Workbook;

/// <summary>The list of data/sources.json.</summary>
public sealed record DataSources
{
    /// <summary>The value of <see cref="DataConfig.Source"/> that stands for the reader's own file or folder.</summary>
    public const string File = "file";

    /// <summary>The value of <see cref="DataConfig.Source"/> that stands for the reader's own folder of images.</summary>
    public const string Images = "images";

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Every source, in the file's order.</summary>
    [JsonPropertyName("sources")]
    public required IReadOnlyList<DataSource> All { get; init; }

    /// <summary>Every tokenizer, in the file's order.</summary>
    public IReadOnlyList<TokenizerSource> Tokenizers { get; init; } = [];

    /// <summary>Reads data/sources.json.</summary>
    /// <exception cref="DataException">The file is missing or is not what it should be.</exception>
    public static DataSources Load(WorkbookPaths paths)
    {
        var file = Path.Combine(paths.Data, "sources.json");
        try
        {
            return JsonSerializer.Deserialize<DataSources>(System.IO.File.ReadAllBytes(file), Json) ?? throw new JsonException("it holds null");
        }
        catch (JsonException problem)
        {
            throw new DataException($"'{file}' cannot be read ({problem.Message}): restore it with git.", problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"'{file}' cannot be opened ({problem.Message}): restore it with git.", problem);
        }
    }

    /// <summary>The source of that name.</summary>
    /// <exception cref="ConfigException">There is none.</exception>
    public DataSource Find(string name) =>
        All.FirstOrDefault(source => source.Name == name)
        ?? throw new ConfigException($"There is no data source '{name}': use {string.Join(", ", All.Select(source => $"'{source.Name}'"))}, or '{File}' with the path of your own text, or '{Images}' with that of your own images.");
}
