// The languages that a cell or a section of one may be written in, by all the names that notebooks give them.
namespace AdEMAMix.Notebooks;

static class CellLanguages
{
    public const string CSharp = "csharp";
    public const string Html = "html";
    public const string JavaScript = "javascript";
    public const string Markdown = "markdown";
    public const string Mermaid = "mermaid";

    // Kernels of Polyglot Notebooks that this engine does not have, as people call them.
    static readonly Dictionary<string, string> Others = new(StringComparer.OrdinalIgnoreCase)
    {
        ["fsharp"] = "F#",
        ["f#"] = "F#",
        ["pwsh"] = "PowerShell",
        ["powershell"] = "PowerShell",
        ["sql"] = "SQL",
        ["mssql"] = "SQL",
        ["kql"] = "KQL",
        ["http"] = "HTTP",
        ["python"] = "Python",
        ["python3"] = "Python",
        ["pythonkernel"] = "Python",
        ["r"] = "R",
        ["value"] = "stored values",
    };

    /// <summary>The names that start a section, for completion and for lists.</summary>
    public static IReadOnlyList<string> Selectors { get; } = [CSharp, Html, JavaScript, Markdown, Mermaid];

    /// <summary>The language that a name stands for where it runs here, else null.</summary>
    public static string? Known(string? name) => name?.ToLowerInvariant() switch
    {
        "csharp" or "c#" or "cs" or ".net-csharp" or "ademamix-csharp" or "polyglot-notebook.csharp" or "dotnet-interactive.csharp" => CSharp,
        "html" or "polyglot-notebook.html" or "dotnet-interactive.html" => Html,
        "javascript" or "js" or "polyglot-notebook.javascript" or "dotnet-interactive.javascript" => JavaScript,
        "markdown" or "md" => Markdown,
        "mermaid" or "polyglot-notebook.mermaid" => Mermaid,
        _ => null,
    };

    /// <summary>What people call a language that this engine does not run, else null.</summary>
    public static string? Foreign(string name) => Others.GetValueOrDefault(name);
}
