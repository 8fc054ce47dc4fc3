using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace AdEMAMix.Workbook;

/// <summary>What one machine measured of the optimizers' cost, as a file with a hash of its content: committed under data/results/cost.</summary>
public sealed record CostRecord
{
    /// <summary>Name of the folder under data/results.</summary>
    public const string Folder = "cost";

    const int CurrentFormat = 1;
    const string HashField = "sha256";

    static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    static readonly JsonSerializerOptions Compact = new(Json) { WriteIndented = false };

    /// <summary>Version of the file's layout.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>When it was measured, UTC.</summary>
    public required DateTime Measured { get; init; }

    /// <summary>Threads of every side.</summary>
    public required int Threads { get; init; }

    /// <summary>Code and machine.</summary>
    public required RunEnvironment Environment { get; init; }

    /// <summary>Whole training steps, one per model size, smallest first.</summary>
    public required IReadOnlyList<StepBenchmark> Steps { get; init; }

    /// <summary>The optimizer's step alone.</summary>
    public required IReadOnlyList<UpdateBenchmark> Updates { get; init; }

    /// <summary>AdEMAMix beside tensor operators and PyTorch; none where it was not measured.</summary>
    public IReadOnlyList<OptimizerBenchmarkRow> Peers { get; init; } = [];

    /// <summary>Several processes that train together; null where they were not measured.</summary>
    public RanksBenchmark? Ranks { get; init; }

    /// <summary>Writes the record; equal records give equal bytes.</summary>
    /// <param name="path">The file; its folder is made when missing.</param>
    public void Write(string path)
    {
        var content = JsonSerializer.SerializeToNode(this, Compact)!.AsObject();
        content.Insert(0, HashField, Hash(content));
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var temporary = path + ".tmp";
        File.WriteAllText(temporary, content.ToJsonString(Json) + "\n");
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Reads a record.</summary>
    /// <exception cref="StoreException">The file is no such record, of a newer format, or was edited.</exception>
    public static CostRecord Read(string path)
    {
        try
        {
            var content = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
            if ((int?)content["format"] is > CurrentFormat and var format) throw new StoreException($"'{path}' has format {format}, but this workbook knows formats up to {CurrentFormat}: update the workbook.");
            var stated = (string?)content[HashField];
            content.Remove(HashField);
            if (stated != Hash(content)) throw new StoreException($"'{path}' does not match its hash: it was edited or damaged; restore it from git, or measure again with 'environment/workbook bench cost --json {path}'.");
            return content.Deserialize<CostRecord>(Compact)!;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or NullReferenceException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"'{path}' is not a record of costs ({problem.Message.TrimEnd('.')}): restore it from git, or delete it.", problem);
        }
    }

    /// <summary>The newest committed record; null where none is.</summary>
    /// <exception cref="StoreException">A record was edited or is none.</exception>
    public static CostRecord? Latest(WorkbookPaths paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var folder = Path.Combine(paths.Results, Folder);
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal).Select(Read).MaxBy(record => record.Measured) : null;
    }

    // Over the values, not over white space.
    static string Hash(JsonObject content) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content.ToJsonString(Compact))));
}
