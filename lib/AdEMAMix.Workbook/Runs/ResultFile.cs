using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

/// <summary>A finished run as committed text: data/results/EXPERIMENT/RUNID.json. A hash of its content shows an edited figure.</summary>
public static class ResultFile
{
    const int Format = 1;
    static readonly string[] Columns = ["step", "tokens", "seconds", "trainLoss", "validationLoss", "learningRate", "tokensPerSecond"];
    static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly JsonSerializerOptions Nodes = new(RunConfig.Compact);

    /// <summary>Writes a finished or diverged run. The same run gives the same bytes.</summary>
    /// <param name="run">The run with its points.</param>
    /// <param name="folder">The experiment's folder; created when missing.</param>
    /// <returns>The file written.</returns>
    /// <exception cref="StoreException">The run is not done.</exception>
    public static string Write(RunRecord run, string folder)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (!run.IsDone) throw new StoreException($"Run {run.Id} is {RunStore.Name(run.State)}; only finished runs are exported.");
        var content = new JsonObject
        {
            ["format"] = Format,
            ["id"] = run.Id,
            ["state"] = RunStore.Name(run.State),
            ["step"] = run.Step,
            ["message"] = run.Message,
            ["ended"] = run.Ended is { } ended ? RunStore.Stamp(ended) : null,
            ["config"] = JsonSerializer.SerializeToNode(run.Config, Nodes),
            ["environment"] = JsonSerializer.SerializeToNode(run.Environment, Nodes),
            ["result"] = JsonSerializer.SerializeToNode(run.Result, Nodes),
            ["columns"] = new JsonArray([.. Columns.Select(c => JsonValue.Create(c))]),
            ["points"] = new JsonArray([.. run.Points.Select(p => p.Rounded()).Select(Row)]),
        };
        // Only where there are some, so that the hashes of other files stay.
        if (run.Measurements.Count > 0) content["measurements"] = JsonSerializer.SerializeToNode(run.Measurements.Select(m => m.Rounded()), Nodes);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, run.Id + ".json");
        var temporary = path + ".tmp";
        File.WriteAllText(temporary, Spell(content, Hash(content)) + "\n");
        File.Move(temporary, path, overwrite: true);
        return path;
    }

    /// <summary>Reads a result file.</summary>
    /// <exception cref="StoreException">The file is not a result file, of a newer format, or was edited.</exception>
    public static RunRecord Read(string path)
    {
        try
        {
            var content = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
            if ((int)content["format"]! > Format) throw new StoreException($"'{path}' has format {content["format"]}, but this workbook knows formats up to {Format}: update the workbook.");
            var stated = (string?)content["sha256"];
            content.Remove("sha256");
            if (stated != Hash(content)) throw new StoreException($"'{path}' does not match its hash: it was edited or damaged; restore it ('git checkout -- {path}') or delete it and train the run again.");
            var config = RunConfig.Parse(content["config"]!.ToJsonString(), path);
            var id = (string)content["id"]!;
            if (config.RunId != id) throw new StoreException($"'{path}' says it is run {id}, but its configuration is run {config.RunId}: delete it and train the run again.");
            var points = content["points"]!.AsArray().Select(row => Point(row!.AsArray())).ToList();
            return new RunRecord
            {
                Id = id,
                Config = config,
                State = Enum.Parse<RunState>((string)content["state"]!, ignoreCase: true),
                Step = (int)content["step"]!,
                Seconds = points.LastOrDefault()?.Seconds ?? 0,
                TokensPerSecond = points.LastOrDefault()?.TokensPerSecond ?? 0,
                Message = (string?)content["message"],
                Ended = content["ended"] is { } ended ? ended.GetValue<DateTime>().ToUniversalTime() : null,
                Environment = content["environment"].Deserialize<RunEnvironment>(Nodes),
                Result = content["result"].Deserialize<RunResult>(Nodes),
                Points = points,
                Measurements = content["measurements"].Deserialize<List<RunMeasurement>>(Nodes) ?? [],
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException or ArgumentException or IOException)
        {
            throw new StoreException($"'{path}' is not a result file ({e.Message.TrimEnd('.')}): restore it from git or delete it.", e);
        }
    }

    /// <summary>Imports every result file below a folder that the store does not hold as done.</summary>
    /// <returns>How many runs were imported.</returns>
    /// <exception cref="StoreException">A file was edited or is not a result file.</exception>
    public static int ImportAll(RunStore store, string folder)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (!Directory.Exists(folder)) return 0;
        var known = store.List().Where(r => r.IsDone).Select(r => r.Id).ToHashSet();
        var imported = 0;
        foreach (var path in Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            // Costs are measured, not trained.
            if (Path.GetFileName(Path.GetDirectoryName(path)) == CostRecord.Folder) continue;
            if (known.Contains(Path.GetFileNameWithoutExtension(path))) continue;
            store.Insert(Read(path));
            imported++;
        }
        return imported;
    }

    static JsonArray Row(RunPoint p) => [p.Step, p.Tokens, p.Seconds, p.TrainLoss, p.ValidationLoss is { } loss ? JsonValue.Create(loss) : null, p.LearningRate, p.TokensPerSecond];

    static RunPoint Point(JsonArray row) => new((int)row[0]!, (long)row[1]!, (double)row[2]!, (double)row[3]!, (double?)row[4], (double)row[5]!, (double)row[6]!);

    // The hash is over the values, not over white space.
    static string Hash(JsonObject content) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content.ToJsonString(Nodes))));

    // Indented, but one point or row a line: short enough to read, and a diff shows points.
    static string Spell(JsonObject content, string hash)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Indented))
        {
            writer.WriteStartObject();
            writer.WriteString("sha256", hash);
            foreach (var (name, value) in content)
            {
                writer.WritePropertyName(name);
                if (name is "points")
                {
                    writer.WriteStartArray();
                    foreach (var row in value!.AsArray()) writer.WriteRawValue(row!.ToJsonString(Nodes));
                    writer.WriteEndArray();
                }
                else if (name is "measurements")
                {
                    writer.WriteStartArray();
                    foreach (var measurement in value!.AsArray()) WriteMeasurement(writer, measurement!.AsObject());
                    writer.WriteEndArray();
                }
                else if (value is null) writer.WriteNullValue();
                else if (name is "columns") writer.WriteRawValue(value.ToJsonString(Nodes));
                else value.WriteTo(writer, Nodes);
            }
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    static void WriteMeasurement(Utf8JsonWriter writer, JsonObject measurement)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in measurement)
        {
            writer.WritePropertyName(name);
            if (name is "rows")
            {
                writer.WriteStartArray();
                foreach (var row in value!.AsArray()) writer.WriteRawValue(row!.ToJsonString(Nodes));
                writer.WriteEndArray();
            }
            else writer.WriteRawValue(value!.ToJsonString(Nodes));
        }
        writer.WriteEndObject();
    }
}
