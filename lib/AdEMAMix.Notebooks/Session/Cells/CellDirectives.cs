// The lines of C# that are for the engine, not for the compiler: #r, #i, #load and #! lines.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AdEMAMix.Notebooks;

/// <summary>One directive and the line of the cell that it stands on (from 1).</summary>
abstract record CellDirective(int Line);

/// <summary>An assembly to reference.</summary>
sealed record ReferenceDirective(int Line, string Path) : CellDirective(Line);

/// <summary>A package to restore and reference; no version means the newest that is stable.</summary>
sealed record PackageDirective(int Line, string Id, string? Version) : CellDirective(Line);

/// <summary>A place to look for packages.</summary>
sealed record SourceDirective(int Line, string Source) : CellDirective(Line);

/// <summary>A file whose code runs at this place.</summary>
sealed record ImportDirective(int Line, string Path) : CellDirective(Line);

/// <summary>A request for the time that the cell takes.</summary>
sealed record TimeDirective(int Line) : CellDirective(Line);

/// <summary>A question to the session: <c>who</c>, <c>whos</c> or <c>lsmagic</c>.</summary>
sealed record ListDirective(int Line, string What) : CellDirective(Line);

/// <summary>A directive that this engine does not have, and why that is and what to do.</summary>
sealed record UnsupportedDirective(int Line, string Text, string Reason) : CellDirective(Line);

/// <summary>A cell cut at its imports: each part is C# with the other lines blank, so that line numbers stay those of the cell.</summary>
sealed record CellPart(string Code, IReadOnlyList<CellDirective> Directives);

static class CellDirectives
{
    const string Nuget = "nuget:";

    /// <summary>The names of directives that work here, with what they do.</summary>
    public static IReadOnlyList<(string Name, string Meaning)> Supported { get; } =
    [
        ("#r \"FILE\"", "references an assembly"),
        ("#r \"nuget: ID, VERSION\"", "restores and references a package"),
        ("#i \"nuget: SOURCE\"", "adds a place to look for packages"),
        ("#load \"FILE\"", "runs a C# file at this place"),
        ("#!import FILE", "runs a notebook or a C# file at this place"),
        ("#!time", "shows the time that the cell takes"),
        ("#!who", "lists the variables"),
        ("#!whos", "lists the variables with types and values"),
        ("#!lsmagic", "lists the directives"),
        ("#!csharp", "what follows is C#"),
        ("#!html", "what follows is shown as HTML"),
        ("#!javascript", "what follows runs in the viewer's browser"),
        ("#!markdown", "what follows is shown as prose"),
        ("#!mermaid", "what follows is drawn as a diagram"),
    ];

    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.CSharp14, DocumentationMode.Parse, SourceCodeKind.Script);

    /// <summary>The parts of C# code in order; a directive that acts at its place ends the part before it.</summary>
    public static IReadOnlyList<CellPart> Split(string code)
    {
        var directives = Find(code);
        if (directives.Count == 0) return [new CellPart(code, [])];
        var lines = code.Split('\n');
        var blank = directives.Select(d => d.Line - 1).ToHashSet();
        var parts = new List<CellPart>();
        var taken = 0;
        List<CellDirective> pending = [];
        foreach (var directive in directives)
        {
            if (directive is ImportDirective or ListDirective)
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
            var text = string.Join('\n', lines.Take(end).Select((line, i) => i < taken || blank.Contains(i) ? "" : line));
            if (pending.Count > 0 || !string.IsNullOrWhiteSpace(text)) parts.Add(new CellPart(text, pending));
            pending = [];
            taken = end;
        }
    }

    /// <summary>The text of a cell with all that is not C# as spaces: the compiler sees only C#, and every position stays.</summary>
    public static string Blank(string code)
    {
        var lines = code.Split('\n');
        var sections = CellSections.Split(code, CellLanguages.CSharp).Where(section => section.Language == CellLanguages.CSharp).ToArray();
        var keep = new bool[lines.Length];
        foreach (var section in sections)
        {
            var count = section.Text.Split('\n').Length;
            var directives = Lines(section.Text).ToHashSet();
            for (var i = 0; i < count; i++) keep[section.Line - 1 + i] = !directives.Contains(i);
        }
        return string.Join('\n', lines.Select((line, i) => keep[i] ? line : new string(' ', line.Length)));
    }

    /// <summary>The first directive of C# code that this engine does not have, or null.</summary>
    public static UnsupportedDirective? FirstUnsupported(string code) => Find(code).OfType<UnsupportedDirective>().FirstOrDefault();

    /// <summary>The lines (from 0) of C# code that are directives for the engine.</summary>
    public static IEnumerable<int> Lines(string code) => Find(code).Select(directive => directive.Line - 1);

    static List<CellDirective> Find(string code)
    {
        if (!code.Contains('#', StringComparison.Ordinal)) return [];
        var found = new List<CellDirective>();
        string[]? lines = null;
        // The parser knows what is a directive and what only looks like one inside a string.
        foreach (var trivia in CSharpSyntaxTree.ParseText(code, ParseOptions).GetRoot().DescendantTrivia(descendIntoTrivia: false))
        {
            if (!trivia.IsDirective || trivia.GetStructure() is not DirectiveTriviaSyntax { IsActive: true } directive) continue;
            var line = directive.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
            var text = (lines ??= code.Split('\n'))[line - 1].Trim();
            if (text.StartsWith("#!", StringComparison.Ordinal)) found.Add(Magic(line, text));
            else if (directive is ReferenceDirectiveTriviaSyntax reference) found.Add(Reference(line, reference.File.ValueText));
            else if (directive is LoadDirectiveTriviaSyntax load) found.Add(new ImportDirective(line, load.File.ValueText));
            else if (text.StartsWith("#i ", StringComparison.Ordinal)) found.Add(Source(line, Quoted(text[3..])));
        }
        return found;
    }

    static CellDirective Magic(int line, string text)
    {
        var words = text.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var name = words[0][2..];
        return words[0] switch
        {
            _ when CellLanguages.Known(name) is not null => new MarkerDirective(line),
            "#!import" when words.Length == 2 => new ImportDirective(line, Quoted(words[1])),
            "#!time" => new TimeDirective(line),
            "#!who" or "#!whos" or "#!lsmagic" => new ListDirective(line, name),
            "#!import" => new UnsupportedDirective(line, words[0], "without a file: name one behind it"),
            "#!set" or "#!share" => new UnsupportedDirective(line, words[0], "which hands variables between kernels, and C# is the only one here: assign the variable in C#"),
            "#!connect" => new UnsupportedDirective(line, words[0], "which connects another kernel, and C# is the only one here: remove it"),
            _ when CellLanguages.Foreign(name) is { } language => new UnsupportedDirective(line, words[0], $"and the workbook's engine does not run {language}: write it in C#, or open the notebook in Polyglot Notebooks"),
            _ => new UnsupportedDirective(line, words[0], "which the workbook's engine does not have: remove it, or ask '#!lsmagic' for those that it has"),
        };
    }

    static CellDirective Reference(int line, string text)
    {
        if (!text.StartsWith(Nuget, StringComparison.OrdinalIgnoreCase)) return new ReferenceDirective(line, text);
        var parts = text[Nuget.Length..].Split(',', 2, StringSplitOptions.TrimEntries);
        var version = parts.Length > 1 && parts[1].Length > 0 ? parts[1] : null;
        return IsPackageId(parts[0]) && version?.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+' or '*' or '[' or ']' or '(' or ')' or ',' or ' ') != false
            ? new PackageDirective(line, parts[0], version)
            : new UnsupportedDirective(line, $"#r \"{text}\"", "which names no package: write #r \"nuget: Id, Version\"");
    }

    static CellDirective Source(int line, string text) => text.StartsWith(Nuget, StringComparison.OrdinalIgnoreCase) && text[Nuget.Length..].Trim() is { Length: > 0 } source
        ? new SourceDirective(line, source)
        : new UnsupportedDirective(line, $"#i \"{text}\"", "which names no source: write #i \"nuget: SOURCE\"");

    static bool IsPackageId(string id) => id.Length > 0 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    static string Quoted(string text) => text.Trim().Trim('"');

    /// <summary>A line that only says what language follows.</summary>
    sealed record MarkerDirective(int Line) : CellDirective(Line);
}
