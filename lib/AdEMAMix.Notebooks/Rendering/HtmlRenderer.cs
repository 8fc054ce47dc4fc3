// A notebook as one HTML page that opens from disk, asks nothing of the network, and can be sent by mail.
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace AdEMAMix.Notebooks;

/// <summary>Renders notebooks. The same notebook gives the same page, byte for byte.</summary>
public static class HtmlRenderer
{
    /// <summary>The page of a notebook: prose, highlighted code that folds, outputs, a table of contents. Nothing is executed.</summary>
    /// <remarks>Charts are drawn by the one embedded copy of plotly.js from the figures' stored data. A content security policy lets no other script of
    /// the page run and no request leave it, so scripts inside stored outputs stay without effect.</remarks>
    /// <exception cref="NotebookException">The notebook shows a chart, and plotly.js is not where <see cref="RenderOptions.PlotlyScript"/> says.</exception>
    public static string Render(NotebookDocument document, RenderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(document);
        options ??= new();
        var folder = options.Directory ?? (document.Path is { } path ? Path.GetDirectoryName(Path.GetFullPath(path)) : null);
        var prose = new Prose(folder);
        var outputs = new OutputHtml(prose);
        var body = new StringBuilder();
        foreach (var cell in document.Cells)
        {
            switch (cell.Kind)
            {
                case CellKind.Markdown:
                    body.Append("<section class=\"prose\">\n").Append(prose.ToHtml(cell.Source)).Append("</section>\n");
                    break;
                case CellKind.Code when !string.IsNullOrWhiteSpace(cell.Source) || cell.Outputs.Count > 0:
                    AppendCode(body, cell, outputs, options.CodeOpen);
                    break;
            }
        }
        var title = options.Title ?? prose.Title ?? (document.Path is { } file ? Path.GetFileNameWithoutExtension(file) : "Notebook");
        return Page(title, prose, body, document, outputs.Charts > 0 ? Plotly(options.PlotlyScript) : null);
    }

    static void AppendCode(StringBuilder body, NotebookCell cell, OutputHtml outputs, bool open)
    {
        var count = cell.ExecutionCount is { } n ? n.ToString(CultureInfo.InvariantCulture) : " ";
        body.Append(cell.ExecutionCount is null ? "<section class=\"cell\">\n" : $"<section class=\"cell\" id=\"cell-{count}\">\n");
        if (!string.IsNullOrWhiteSpace(cell.Source))
        {
            body.Append(open ? "<details class=\"code\" open>" : "<details class=\"code\">");
            body.Append("<summary><span class=\"count\">[").Append(count).Append("]</span><code class=\"first\">").Append(WebUtility.HtmlEncode(FirstLine(cell.Source))).Append("</code>");
            if (cell.Duration is { TotalSeconds: >= 0.1 } duration) body.Append("<span class=\"time\">").Append(Spoken(duration)).Append("</span>");
            body.Append("</summary>\n<pre><code>").Append(CodeHighlighter.ToHtml(cell.Source.TrimEnd())).Append("</code></pre></details>\n");
        }
        outputs.Append(body, cell.Outputs);
        body.Append("</section>\n");
    }

    static string Page(string title, Prose prose, StringBuilder body, NotebookDocument document, string? plotly)
    {
        var style = Resource("page.css");
        var script = Resource("page.js");
        // Only these scripts, by their hashes; no network; pictures from the page itself.
        var scripts = string.Join(' ', new[] { plotly, script }.OfType<string>().Select(text => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'"));
        var page = new StringBuilder();
        page.Append(string.Create(CultureInfo.InvariantCulture, $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; media-src data:; font-src data:; base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{WebUtility.HtmlEncode(title)}</title>
            <link rel="icon" href="data:,">
            <style>
            {style}</style>
            </head>
            <body>

            """).ReplaceLineEndings("\n"));
        page.Append("<div class=\"page\">\n");
        AppendContents(page, prose);
        page.Append("<main>\n");
        if (document.Cells.Any(cell => cell.Kind == CellKind.Code)) page.Append("<p class=\"tools\"><button type=\"button\" id=\"fold\" hidden>Hide code</button></p>\n");
        if (prose.Title is null) page.Append("<h1>").Append(WebUtility.HtmlEncode(title)).Append("</h1>\n");
        page.Append(body);
        page.Append("<footer>").Append(Footer(document)).Append("</footer>\n</main>\n</div>\n");
        if (plotly is not null) page.Append("<script>").Append(plotly).Append("</script>\n");
        page.Append("<script>").Append(script).Append("</script>\n</body>\n</html>\n");
        return page.ToString();
    }

    static void AppendContents(StringBuilder page, Prose prose)
    {
        var headings = prose.Headings.Where(heading => heading.Level is 2 or 3).ToArray();
        if (headings.Length < 2)
        {
            page.Append("<div class=\"contents\"></div>\n");
            return;
        }
        page.Append("<nav class=\"contents\" aria-label=\"Contents\"><details open><summary>Contents</summary>\n<ol>\n");
        foreach (var (level, id, html) in headings) page.Append(CultureInfo.InvariantCulture, $"<li class=\"level-{level}\"><a href=\"#{id}\">{html}</a></li>\n");
        page.Append("</ol></details></nav>\n");
    }

    static string Footer(NotebookDocument document)
    {
        var executed = document.Cells.Count(cell => cell.ExecutionCount is not null);
        var seconds = document.Cells.Sum(cell => cell.Duration?.TotalSeconds ?? 0);
        var name = document.Path is { } path ? $"Made from <code>{WebUtility.HtmlEncode(Path.GetFileName(path))}</code>" : "Made from a notebook";
        if (executed == 0) return name + ", which has not been run.";
        return $"{name}: {executed.ToString(CultureInfo.InvariantCulture)} cells run{(seconds >= 0.1 ? $" in {Spoken(TimeSpan.FromSeconds(seconds))}" : "")}.";
    }

    static string Plotly(string? path)
    {
        const string remedy = "run 'environment/workbook setup', which installs it";
        if (path is null) throw new NotebookException($"The notebook shows a chart, and no plotly.js was given to draw it with: {remedy}.");
        try
        {
            // As a browser reads it: one kind of line end, and nothing that ends the script element early.
            return File.ReadAllText(path).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n')
                .Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase).Replace("<!--", "<\\!--", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"The notebook shows a chart, and plotly.js is not at '{path}': {remedy}.", e);
        }
    }

    static string FirstLine(string source) => source.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0) ?? "";

    static string Spoken(TimeSpan time) => time switch
    {
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalSeconds: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        { TotalMinutes: < 120 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.0} h"),
    };

    static string Resource(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
