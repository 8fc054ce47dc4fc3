// What a notebook's cells are written in, and whether all that would run can run here.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

static class NotebookLanguage
{
    /// <summary>The code cells that have code, with the number that they get in a fresh run: the one Jupyter shows in brackets.</summary>
    public static IEnumerable<(int Number, NotebookCell Cell)> CodeCells(NotebookDocument document) =>
        document.Cells.Where(cell => cell.Kind == CellKind.Code && !string.IsNullOrWhiteSpace(cell.Source)).Select((cell, i) => (i + 1, cell));

    /// <summary>Refuses a notebook with cells or directives that this engine does not run, before anything has run.</summary>
    /// <exception cref="NotebookException">A cell is in a language, or uses a directive, that this engine does not have.</exception>
    public static void Check(NotebookDocument document)
    {
        var file = document.Path is null ? "the notebook" : $"'{Path.GetFileName(document.Path)}'";
        foreach (var (number, cell) in CodeCells(document))
        {
            foreach (var section in CellSections.Split(cell.Source, Of(document, cell)))
            {
                if (CellLanguages.Known(section.Language) is null)
                    throw new NotebookException($"Cell {number} of {file} is written in '{section.Language}', which cannot run here: make it C#, HTML, JavaScript, Markdown or Mermaid, or remove it.");
                if (section.Language == CellLanguages.CSharp && CellDirectives.FirstUnsupported(section.Padded) is { } directive)
                    throw new NotebookException($"Cell {number} of {file} uses the directive {directive.Text} in line {directive.Line}, {directive.Reason}.");
            }
        }
    }

    /// <summary>The language of a cell by its metadata, else the notebook's own: one of <see cref="CellLanguages"/>, or a name that it does not know.</summary>
    public static string Of(NotebookDocument document, NotebookCell cell)
    {
        var language = Named(cell) ?? DefaultLanguage(document);
        return CellLanguages.Known(language) ?? language;
    }

    static string DefaultLanguage(NotebookDocument document)
    {
        var metadata = document.Json["metadata"] as JsonObject;
        var polyglot = Text(((metadata?["polyglot_notebook"] as JsonObject)?["kernelInfo"] as JsonObject)?["defaultKernelName"]);
        var kernel = metadata?["kernelspec"] as JsonObject;
        return polyglot ?? (Text(kernel?["name"]) is { } name && CellLanguages.Known(name) is { } known ? known : Text(kernel?["language"]) ?? Text(kernel?["name"]) ?? CellLanguages.CSharp);
    }

    /// <summary>The language that a cell's own metadata names, whether known here or not; null where they name none.</summary>
    public static string? Named(NotebookCell cell)
    {
        var metadata = cell.Json["metadata"] as JsonObject;
        return Text((metadata?["polyglot_notebook"] as JsonObject)?["kernelName"])
            ?? Text((metadata?["dotnet_interactive"] as JsonObject)?["language"])
            ?? Text((metadata?["vscode"] as JsonObject)?["languageId"]);
    }

    static string? Text(JsonNode? node) => MultilineText.IsString(node) ? node!.GetValue<string>() : null;
}
