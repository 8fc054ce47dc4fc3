// One cell of a notebook: a typed view on its JSON object, which stays the only copy of the data.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>What a cell holds.</summary>
public enum CellKind
{
    /// <summary>Code with its outputs.</summary>
    Code,

    /// <summary>Prose in Markdown.</summary>
    Markdown,

    /// <summary>Text that is left alone.</summary>
    Raw,
}

/// <summary>One cell. Reading and writing go to <see cref="Json"/>, so that whatever this class does not know is kept as it was.</summary>
public sealed class NotebookCell
{
    internal NotebookCell(JsonObject json, CellKind kind)
    {
        Json = json;
        Kind = kind;
    }

    /// <summary>The cell as it stands in the file.</summary>
    public JsonObject Json { get; }

    /// <summary>Code, Markdown or raw.</summary>
    public CellKind Kind { get; }

    /// <summary>The cell's id of nbformat 4.5, or null in an older file.</summary>
    public string? Id => Json["id"]?.GetValue<string>();

    /// <summary>The cell's text, lines separated by \n.</summary>
    public string Source
    {
        get => MultilineText.Read(Json["source"]);
        set => Json["source"] = MultilineText.Lines(value);
    }

    /// <summary>The cell's tags, for example <c>parameters</c>.</summary>
    public IReadOnlyList<string> Tags =>
        (Json["metadata"] as JsonObject)?["tags"] is JsonArray tags ? [.. tags.OfType<JsonValue>().Select(tag => tag.ToString())] : [];

    /// <summary>The outputs of a code cell, as nbformat has them; empty for other cells.</summary>
    public JsonArray Outputs
    {
        get => Json["outputs"] as JsonArray ?? [];
        internal set => Set("outputs", value);
    }

    /// <summary>The number Jupyter shows in brackets, or null where the cell has not run.</summary>
    public int? ExecutionCount
    {
        get => (Json["execution_count"] as JsonValue)?.TryGetValue(out int count) == true ? count : null;
        internal set => Set("execution_count", value is null ? null : JsonValue.Create(value.Value));
    }

    /// <summary>How long the cell took when it made its present outputs, from <c>metadata.workbook.seconds</c>; null where it is not known.</summary>
    public TimeSpan? Duration
    {
        get => (Json["metadata"] as JsonObject)?["workbook"] is JsonObject workbook && workbook["seconds"] is JsonValue value && value.TryGetValue(out double seconds) && seconds is >= 0 and < 1e9
            ? TimeSpan.FromSeconds(seconds)
            : null;
    }

    /// <summary>Records how long the cell took to make the outputs that it has.</summary>
    internal void RecordDuration(TimeSpan duration)
    {
        if (Json["metadata"] is not JsonObject metadata) Set("metadata", metadata = []);
        if (metadata["workbook"] is not JsonObject workbook) Insert(metadata, "workbook", workbook = []);
        workbook["seconds"] = JsonValue.Create(Math.Round(duration.TotalSeconds, duration.TotalSeconds < 10 ? 1 : 0));
    }

    internal void Set(string key, JsonNode? value)
    {
        if (Json.ContainsKey(key)) Json[key] = value;
        else Insert(Json, key, value);
    }

    /// <summary>Puts a new key where a file with sorted keys has it, without moving any other.</summary>
    internal static void Insert(JsonObject map, string key, JsonNode? value)
    {
        var index = 0;
        foreach (var (name, _) in map)
        {
            if (string.CompareOrdinal(name, key) > 0) break;
            index++;
        }
        map.Insert(index, key, value);
    }
}
