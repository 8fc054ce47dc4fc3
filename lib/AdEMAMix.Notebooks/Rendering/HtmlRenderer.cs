// A notebook as one HTML page that opens from disk, asks nothing of the network, and can be sent by mail.
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace AdEMAMix.Notebooks;

/// <summary>Renders notebooks. The same notebook gives the same page, byte for byte.</summary>
public static partial class HtmlRenderer
{
    /// <summary>The page of a notebook: prose, highlighted code that folds, outputs, a table of contents. Nothing is executed.</summary>
    /// <remarks>
    /// Charts are drawn by the one embedded copy of plotly.js from the figures' stored data; without scripts each is there as its picture. Outputs pass a
    /// sanitizer. A content security policy allows the page's own scripts and, by their hashes, those in the source of the author's #!html and #!javascript
    /// cells (<see cref="RenderOptions.Scripts"/> leaves them out); no other script runs and no request leaves the page.
    /// </remarks>
    /// <exception cref="NotebookException">The notebook shows a chart, and plotly.js is not where <see cref="RenderTools.PlotlyScript"/> says.</exception>
    public static string Render(NotebookDocument document, RenderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(document);
        options ??= new();
        var folder = options.Directory ?? (document.Path is { } path ? Path.GetDirectoryName(Path.GetFullPath(path)) : null);
        // Marks made with the notebook's own hash cannot stand in its text.
        var nonce = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonText.WriteCompact(document.Json))))[..24];
        var formulas = new Formulas(options.Tools, nonce);
        var diagrams = Diagrams.Draw(DiagramSources(document), options.Tools, options.Note);
        var prose = new Prose(folder, formulas, diagrams, nonce);
        var author = new AuthorMarkup(options.Scripts);
        var outputs = new OutputHtml(prose);
        var body = new StringBuilder();
        var position = 0;
        foreach (var cell in document.Cells)
        {
            position++;
            if (cell.Kind == CellKind.Markdown) AppendProse(body, prose.ToHtml(cell.Source));
            else if (cell.Kind == CellKind.Code && (!string.IsNullOrWhiteSpace(cell.Source) || cell.Outputs.Count > 0)) AppendCode(body, cell, position, prose, diagrams, author, outputs, options.CodeOpen);
        }
        var title = options.Title ?? prose.Title ?? (document.Path is { } file ? Path.GetFileNameWithoutExtension(file) : "Notebook");
        var text = body.ToString();
        var contents = Contents(prose);
        var (fill, style) = formulas.Set(text + contents, options.Note);
        return Page(title, prose.Title is null, fill(contents), NotebookLink().Replace(fill(text), "$1$2.html$3"), style, document, author, outputs.Charts > 0 ? Plotly(options.Tools.PlotlyScript) : null);
    }

    static HashSet<string> DiagramSources(NotebookDocument document)
    {
        var sources = new HashSet<string>(StringComparer.Ordinal);
        foreach (var cell in document.Cells)
        {
            if (cell.Kind == CellKind.Markdown) sources.UnionWith(Prose.DiagramSources(cell.Source));
            else if (cell.Kind == CellKind.Code && CellLanguage.Of(cell) is { Language: "mermaid" } diagram) sources.Add(diagram.Source);
        }
        sources.RemoveWhere(string.IsNullOrWhiteSpace);
        return sources;
    }

    static void AppendProse(StringBuilder body, string html) => body.Append("<section class=\"prose\">\n").Append(html).Append("</section>\n");

    static void AppendCode(StringBuilder body, NotebookCell cell, int position, Prose prose, Diagrams diagrams, AuthorMarkup author, OutputHtml outputs, bool open)
    {
        var (language, source) = CellLanguage.Of(cell);
        if (language == "markdown")
        {
            AppendProse(body, prose.ToHtml(source));
            return;
        }
        var count = cell.ExecutionCount is { } n ? n.ToString(CultureInfo.InvariantCulture) : " ";
        body.Append(cell.ExecutionCount is null ? "<section class=\"cell\">\n" : $"<section class=\"cell\" id=\"cell-{count}\">\n");
        if (!string.IsNullOrWhiteSpace(cell.Source))
        {
            // What is there for its result is folded: the reader wants the tool, not its markup.
            body.Append(open && language == "csharp" ? "<details class=\"code\" open>" : "<details class=\"code\">");
            body.Append("<summary><span class=\"count\">[").Append(count).Append("]</span><code class=\"first\">").Append(WebUtility.HtmlEncode(FirstLine(cell.Source))).Append("</code>");
            if (cell.Duration is { TotalSeconds: >= 0.1 } duration) body.Append("<span class=\"time\">").Append(Spoken(duration)).Append("</span>");
            body.Append("</summary>\n<pre><code>").Append(language == "csharp" ? CodeHighlighter.ToHtml(cell.Source.TrimEnd()) : WebUtility.HtmlEncode(cell.Source.TrimEnd())).Append("</code></pre></details>\n");
        }
        switch (language)
        {
            case "html":
                body.Append("<div class=\"output html wide\">").Append(author.OfHtml(source)).Append("</div>\n");
                outputs.AppendErrors(body, cell.Outputs);
                break;
            case "javascript":
                body.Append(author.OfJavaScript(source, string.Create(CultureInfo.InvariantCulture, $"script-{position}"))).Append('\n');
                outputs.AppendErrors(body, cell.Outputs);
                break;
            case "mermaid":
                body.Append(diagrams.ToHtml(source)).Append('\n');
                outputs.AppendErrors(body, cell.Outputs);
                break;
            default:
                outputs.Append(body, cell.Outputs);
                break;
        }
        body.Append("</section>\n");
    }

    static string Page(string title, bool untitled, string contents, string body, string formulaStyle, NotebookDocument document, AuthorMarkup author, string? plotly)
    {
        var script = Resource("page.js");
        // Only these scripts, by their hashes; no network; pictures from the page itself.
        var scripts = string.Join(' ', new[] { plotly, script }.OfType<string>().Select(AuthorMarkup.Source).Concat(author.Sources));
        var page = new StringBuilder();
        page.Append(Head(title, scripts, formulaStyle + Resource("page.css")));
        page.Append("<div class=\"page\">\n").Append(contents).Append("<main>\n");
        if (document.Cells.Any(cell => cell.Kind == CellKind.Code)) page.Append("<p class=\"tools\"><button type=\"button\" id=\"fold\" hidden>Hide code</button></p>\n");
        if (untitled) page.Append("<h1>").Append(WebUtility.HtmlEncode(title)).Append("</h1>\n");
        page.Append(body);
        page.Append("<footer>").Append(Footer(document)).Append("</footer>\n</main>\n</div>\n");
        if (plotly is not null) page.Append("<script>").Append(plotly).Append("</script>\n");
        page.Append("<script>").Append(script).Append("</script>\n</body>\n</html>\n");
        return page.ToString();
    }

    /// <summary>The start of a page, up to its body: the policy that lets nothing but the given scripts run and nothing leave.</summary>
    internal static string Head(string title, string scripts, string style) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {(scripts.Length > 0 ? scripts : "'none'")}; style-src 'unsafe-inline'; img-src data: blob:; media-src data:; font-src data:; base-uri 'none'; form-action 'none'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{WebUtility.HtmlEncode(title)}</title>
        <link rel="icon" href="data:,">
        <style>
        {style}</style>
        </head>
        <body>

        """.ReplaceLineEndings("\n");

    static string Contents(Prose prose)
    {
        var headings = prose.Headings.Where(heading => heading.Level is 2 or 3).ToArray();
        if (headings.Length < 2) return "<div class=\"contents\"></div>\n";
        var text = new StringBuilder("<nav class=\"contents\" aria-label=\"Contents\"><details open><summary>Contents</summary>\n<ol>\n");
        foreach (var (level, id, html) in headings) text.Append(CultureInfo.InvariantCulture, $"<li class=\"level-{level}\"><a href=\"#{id}\">{html}</a></li>\n");
        return text.Append("</ol></details></nav>\n").ToString();
    }

    static string Footer(NotebookDocument document)
    {
        var executed = document.Cells.Count(cell => cell.ExecutionCount is not null);
        var seconds = document.Cells.Sum(cell => cell.Duration?.TotalSeconds ?? 0);
        var name = document.Path is { } path ? $"Made from <code>{WebUtility.HtmlEncode(Path.GetFileName(path))}</code>" : "Made from a notebook";
        if (executed == 0) return name + ", which has not been run.";
        var date = document.Executed is { } day ? $" on {day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}" : "";
        return $"{name}: {executed.ToString(CultureInfo.InvariantCulture)} cells run{date}{(seconds >= 0.1 ? $" in {Spoken(TimeSpan.FromSeconds(seconds))}" : "")}.";
    }

    static string Plotly(string? path)
    {
        const string remedy = "run 'environment/workbook setup', which installs it";
        if (path is null) throw new NotebookException($"The notebook shows a chart, and no plotly.js was given to draw it with: {remedy}.");
        try
        {
            // As a browser reads it: one kind of line end, and nothing that ends the script element early.
            return AuthorMarkup.InScript(File.ReadAllText(path).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n'));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"The notebook shows a chart, and plotly.js is not at '{path}': {remedy}.", e);
        }
    }

    static string FirstLine(string source) => source.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0) ?? "";

    internal static string Spoken(TimeSpan time) => time switch
    {
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalSeconds: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        { TotalMinutes: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.0} h"),
    };

    // Pages lie side by side as their notebooks do: a link from one to the next leads to its page.
    [GeneratedRegex("(<a [^>]*href=\")([A-Za-z0-9._-]+)\\.ipynb([\"#])")]
    private static partial Regex NotebookLink();

    internal static string Resource(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
