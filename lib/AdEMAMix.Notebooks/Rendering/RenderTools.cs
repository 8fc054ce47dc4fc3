// The programs and scripts that rendering uses beside its own code, and where they are.
namespace AdEMAMix.Notebooks;

/// <summary>Where plotly.js, KaTeX, mermaid, node and a Chromium are. Each may be missing: what needs it says so and shows less.</summary>
public sealed record RenderTools
{
    /// <summary>The plotly.js file that draws charts (plotly.min.js or a smaller bundle of it).</summary>
    public string? PlotlyScript { get; init; }

    /// <summary>Which plotly.js that is, for example <c>plotly.js-cartesian-dist-min@4.1.1</c>; pictures are made anew when it changes.</summary>
    public string PlotlyVersion { get; init; } = "plotly.js";

    /// <summary>The folder with katex.min.js, katex.min.css and fonts/ that sets equations.</summary>
    public string? KatexFolder { get; init; }

    /// <summary>The mermaid.min.js file that draws diagrams.</summary>
    public string? MermaidScript { get; init; }

    /// <summary>The node program that KaTeX runs in.</summary>
    public string? Node { get; init; }

    /// <summary>The Chromium that draws pictures and diagrams, without a window.</summary>
    public string? Chromium { get; init; }

    /// <summary>What 'environment/workbook setup' put into a folder, and the programs on PATH.</summary>
    /// <param name="folder">The launcher's folder: environment/.state.</param>
    public static RenderTools In(string folder)
    {
        var version = Path.Combine(folder, "plotly.version");
        return new RenderTools
        {
            PlotlyScript = Path.Combine(folder, "plotly.min.js"),
            PlotlyVersion = File.Exists(version) ? File.ReadAllText(version).Trim() : "plotly.js",
            KatexFolder = Path.Combine(folder, "katex"),
            MermaidScript = Path.Combine(folder, "mermaid.min.js"),
            Node = OnPath("node", "nodejs"),
            Chromium = OnPath("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
        };
    }

    static string? OnPath(params string[] names)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }
}
