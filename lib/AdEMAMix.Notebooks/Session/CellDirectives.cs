// The lines of a cell that are for the engine, not for the compiler: #r "file", #!import FILE and other #! lines.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AdEMAMix.Notebooks;

/// <summary>One directive and the line of the cell that it stands on (from 1).</summary>
abstract record CellDirective(int Line);

/// <summary>An assembly to reference.</summary>
sealed record ReferenceDirective(int Line, string Path) : CellDirective(Line);

/// <summary>A file whose code runs at this place.</summary>
sealed record ImportDirective(int Line, string Path) : CellDirective(Line);

/// <summary>A directive that this engine does not have.</summary>
sealed record UnsupportedDirective(int Line, string Text) : CellDirective(Line);

/// <summary>A cell cut at its imports: each part is C# with the other lines blank, so that line numbers stay those of the cell.</summary>
sealed record CellPart(string Code, IReadOnlyList<CellDirective> Directives);

static class CellDirectives
{
    static readonly string[] CSharpNames = ["#!csharp", "#!c#", "#!C#"];

    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.CSharp14, DocumentationMode.Parse, SourceCodeKind.Script);

    /// <summary>The cell's parts in order; an import ends the part that it belongs to and comes before the code that follows it.</summary>
    public static IReadOnlyList<CellPart> Split(string code)
    {
        var directives = Find(code);
        if (directives.Count == 0) return [new CellPart(code, [])];
        var lines = code.Split('\n');
        var parts = new List<CellPart>();
        var taken = 0;
        List<CellDirective> pending = [];
        foreach (var directive in directives)
        {
            if (directive is ImportDirective)
            {
                AddPart(directive.Line - 1);
                parts.Add(new CellPart("", [directive]));
            }
            else
            {
                pending.Add(directive);
            }
        }
        AddPart(lines.Length);
        return parts;

        void AddPart(int end)
        {
            var blank = directives.Select(d => d.Line - 1).ToHashSet();
            var text = string.Join('\n', lines.Take(end).Select((line, i) => i < taken || blank.Contains(i) ? "" : line));
            if (pending.Count > 0 || !string.IsNullOrWhiteSpace(text)) parts.Add(new CellPart(text, pending));
            pending = [];
            taken = end;
        }
    }

    /// <summary>The text with its directive lines as spaces: the compiler sees only C#, and every position stays.</summary>
    public static string Blank(string code)
    {
        var blank = Find(code).Select(directive => directive.Line - 1).ToHashSet();
        return blank.Count == 0 ? code : string.Join('\n', code.Split('\n').Select((line, i) => blank.Contains(i) ? new string(' ', line.Length) : line));
    }

    /// <summary>The first directive of a cell that this engine does not have, or null.</summary>
    public static UnsupportedDirective? FirstUnsupported(string code) => Find(code).OfType<UnsupportedDirective>().FirstOrDefault();

    /// <summary>The directives of a cell; also those that a marker names as C#, which say nothing new, so that they are blanked.</summary>
    static List<CellDirective> Find(string code)
    {
        if (!code.Contains('#', StringComparison.Ordinal)) return [];
        var found = new List<CellDirective>();
        // The parser knows what is a directive and what only looks like one inside a string.
        foreach (var trivia in CSharpSyntaxTree.ParseText(code, ParseOptions).GetRoot().DescendantTrivia(descendIntoTrivia: false))
        {
            if (!trivia.IsDirective || trivia.GetStructure() is not DirectiveTriviaSyntax { IsActive: true } directive) continue;
            var line = directive.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
            var text = code.Split('\n')[line - 1].Trim();
            if (text.StartsWith("#!", StringComparison.Ordinal))
            {
                var words = text.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                if (CSharpNames.Contains(words[0])) found.Add(new MarkerDirective(line));
                else if (words[0] == "#!import" && words.Length == 2) found.Add(new ImportDirective(line, words[1].Trim('"')));
                else found.Add(new UnsupportedDirective(line, words[0]));
            }
            else if (directive is ReferenceDirectiveTriviaSyntax reference)
            {
                var path = reference.File.ValueText;
                if (path.StartsWith("nuget:", StringComparison.OrdinalIgnoreCase)) found.Add(new UnsupportedDirective(line, "#r \"nuget: ...\""));
                else found.Add(new ReferenceDirective(line, path));
            }
            else if (text.StartsWith("#i ", StringComparison.Ordinal))
            {
                found.Add(new UnsupportedDirective(line, "#i"));
            }
        }
        return found;
    }

    /// <summary>A line that only says that the cell is C#.</summary>
    sealed record MarkerDirective(int Line) : CellDirective(Line);
}
