// Which of a notebook's cells are C#, and whether all that would run can run here.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

static class NotebookLanguage
{
    static readonly string[] CSharp = ["csharp", "c#", "cs", ".net-csharp", "ademamix-csharp"];

    /// <summary>The code cells that have code, with the number that they get in a fresh run: the one Jupyter shows in brackets.</summary>
    public static IEnumerable<(int Number, NotebookCell Cell)> CodeCells(NotebookDocument document) =>
        document.Cells.Where(cell => cell.Kind == CellKind.Code && !string.IsNullOrWhiteSpace(cell.Source)).Select((cell, i) => (i + 1, cell));

    /// <summary>Refuses a notebook with cells or directives that this engine does not run, before anything has run.</summary>
    /// <exception cref="NotebookException">A cell is not C# or uses an unsupported directive.</exception>
    public static void Check(NotebookDocument document)
    {
        var file = document.Path is null ? "the notebook" : $"'{Path.GetFileName(document.Path)}'";
        var standard = DefaultLanguage(document);
        foreach (var (number, cell) in CodeCells(document))
        {
            var language = Language(cell) ?? standard;
            if (!CSharp.Contains(language, StringComparer.OrdinalIgnoreCase))
                throw new NotebookException($"Cell {number} of {file} is written in '{language}', and only C# cells can run here: make it C# or Markdown, or remove it.");
            if (CellDirectives.FirstUnsupported(cell.Source) is { } directive)
                throw new NotebookException($"Cell {number} of {file} uses the directive {directive.Text} in line {directive.Line}, which the workbook's engine does not have: remove it (supported are #r \"file\", #load, #!import and #!csharp).");
        }
    }

    static string DefaultLanguage(NotebookDocument document)
    {
        var metadata = document.Json["metadata"] as JsonObject;
        var polyglot = Text(((metadata?["polyglot_notebook"] as JsonObject)?["kernelInfo"] as JsonObject)?["defaultKernelName"]);
        var kernel = metadata?["kernelspec"] as JsonObject;
        return polyglot ?? (Text(kernel?["name"]) is { } name && CSharp.Contains(name) ? "csharp" : Text(kernel?["language"]) ?? Text(kernel?["name"]) ?? "csharp");
    }

    static string? Language(NotebookCell cell)
    {
        var metadata = cell.Json["metadata"] as JsonObject;
        return Text((metadata?["polyglot_notebook"] as JsonObject)?["kernelName"])
            ?? Text((metadata?["dotnet_interactive"] as JsonObject)?["language"])
            ?? Text((metadata?["vscode"] as JsonObject)?["languageId"]);
    }

    static string? Text(JsonNode? node) => MultilineText.IsString(node) ? node!.GetValue<string>() : null;
}
