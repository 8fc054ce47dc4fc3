// What a page makes of a code cell: code with outputs, or the HTML, script, diagram or prose that its author wrote.
namespace AdEMAMix.Notebooks;

/// <summary>The language of a cell: its first line if that is a magic word (<c>#!html</c>), else its metadata, else C#.</summary>
static class CellLanguage
{
    /// <summary>A cell's language, one of <see cref="CellLanguages"/>, and its text without the line that names it. A line that names C# is shown with the code.</summary>
    public static (string Language, string Source) Of(NotebookCell cell)
    {
        var lines = cell.Source.Split('\n');
        var first = Array.FindIndex(lines, line => !string.IsNullOrWhiteSpace(line));
        if (first >= 0 && CellSections.Selected(lines[first]) is { } named and not CellLanguages.CSharp) return (named, string.Join('\n', lines.Skip(first + 1)));
        return (CellLanguages.Known(NotebookLanguage.Named(cell)) ?? CellLanguages.CSharp, cell.Source);
    }
}
