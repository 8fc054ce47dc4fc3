// A cell cut at the lines that change its language: #!csharp, #!html, #!javascript, #!markdown, #!mermaid.
namespace AdEMAMix.Notebooks;

/// <summary>A stretch of a cell in one language.</summary>
/// <param name="Language">One of <see cref="CellLanguages"/>, or the name of one that does not run here.</param>
/// <param name="Line">Its first line in the cell, from 1.</param>
/// <param name="Text">Its text without the line that names the language.</param>
sealed record CellSection(string Language, int Line, string Text)
{
    /// <summary>The text with empty lines in place of what comes before it, so that its lines have the cell's numbers.</summary>
    public string Padded => new string('\n', Line - 1) + Text;
}

static class CellSections
{
    /// <summary>The sections of a cell in order; those without text are left out.</summary>
    /// <param name="code">The cell's text.</param>
    /// <param name="language">What it is written in until a line says otherwise.</param>
    public static IReadOnlyList<CellSection> Split(string code, string language)
    {
        language = CellLanguages.Known(language) ?? language;
        if (!code.Contains("#!", StringComparison.Ordinal)) return string.IsNullOrWhiteSpace(code) ? [] : [new CellSection(language, 1, code)];
        var lines = code.Split('\n');
        var sections = new List<CellSection>();
        for (var start = 0; start < lines.Length;)
        {
            var end = NextSelector(lines, start, language);
            if (end > start && string.Join('\n', lines[start..end]) is var text && !string.IsNullOrWhiteSpace(text)) sections.Add(new CellSection(language, start + 1, text));
            if (end < lines.Length) language = Selected(lines[end])!;
            start = end + 1;
        }
        return sections;
    }

    /// <summary>The language that a line selects, or null where it is not such a line.</summary>
    public static string? Selected(string line)
    {
        var text = line.Trim();
        if (!text.StartsWith("#!", StringComparison.Ordinal)) return null;
        var word = text[2..].Split([' ', '\t'], 2)[0];
        return CellLanguages.Known(word);
    }

    static int NextSelector(string[] lines, int start, string language)
    {
        // In C# the parser knows what is a directive and what only looks like one inside a string; the other languages have no such lines.
        var directives = language == CellLanguages.CSharp ? CellDirectives.Lines(string.Join('\n', lines[start..])).Select(line => line + start).ToHashSet() : null;
        for (var i = start; i < lines.Length; i++)
            if (Selected(lines[i]) is not null && directives?.Contains(i) != false) return i;
        return lines.Length;
    }
}
