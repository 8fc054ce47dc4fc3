// What a page makes of a code cell: code with outputs, or the HTML, script, diagram or prose that its author wrote.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>The language of a cell: its first line if that is a magic word (<c>#!html</c>), else its metadata, else C#.</summary>
static class CellLanguage
{
    /// <summary>A cell's language in lower case, and its text without the line that names it.</summary>
    public static (string Language, string Source) Of(NotebookCell cell)
    {
        var source = cell.Source;
        var lines = source.Split('\n');
        var first = Array.FindIndex(lines, line => !string.IsNullOrWhiteSpace(line));
        if (first >= 0 && Known(Word(lines[first])) is { } named) return (named, string.Join('\n', lines.Skip(first + 1)));
        var metadata = cell.Json["metadata"] as JsonObject;
        var language = Text((metadata?["polyglot_notebook"] as JsonObject)?["kernelName"]) ?? Text((metadata?["dotnet_interactive"] as JsonObject)?["language"]) ?? Text((metadata?["vscode"] as JsonObject)?["languageId"]);
        return (Known(language) ?? "csharp", source);
    }

    static string? Word(string line) => line.TrimStart().StartsWith("#!", StringComparison.Ordinal) ? line.Trim()[2..].Split([' ', '\t'], 2)[0] : null;

    static string? Known(string? word) => word?.ToLowerInvariant() switch
    {
        "html" => "html",
        "javascript" or "js" => "javascript",
        "mermaid" => "mermaid",
        "markdown" or "md" => "markdown",
        _ => null,
    };

    static string? Text(JsonNode? node) => MultilineText.IsString(node) ? node!.GetValue<string>() : null;
}
