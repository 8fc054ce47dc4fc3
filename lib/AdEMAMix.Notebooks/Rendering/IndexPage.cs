// The page over all notebooks of a folder: title, first sentence, a picture, when the results were made.
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>Renders index.html: one entry for each notebook that has a page.</summary>
public static class IndexPage
{
    /// <summary>The index of the pages in a folder.</summary>
    /// <param name="notebooks">Notebook files; those without a page in the folder, or that cannot be read, are left out.</param>
    /// <param name="folder">Where the pages are.</param>
    /// <param name="title">The heading.</param>
    public static string Render(IEnumerable<string> notebooks, string folder, string title = "Notebooks")
    {
        ArgumentNullException.ThrowIfNull(notebooks);
        var entries = new StringBuilder();
        foreach (var file in notebooks.Distinct(StringComparer.Ordinal).OrderBy(Path.GetFileName, StringComparer.Ordinal))
        {
            var page = Path.GetFileNameWithoutExtension(file) + ".html";
            if (!File.Exists(Path.Combine(folder, page))) continue;
            try
            {
                Append(entries, NotebookDocument.Load(file), page);
            }
            catch (NotebookException)
            {
                // Its page is from an earlier, readable version; the verb that meets the file says what is wrong with it.
            }
        }
        return new StringBuilder(HtmlRenderer.Head(title, "", HtmlRenderer.Resource("page.css") + HtmlRenderer.Resource("index.css")))
            .Append("<main class=\"index\">\n<h1>").Append(WebUtility.HtmlEncode(title)).Append("</h1>\n").Append(entries).Append("</main>\n</body>\n</html>\n").ToString();
    }

    static void Append(StringBuilder entries, NotebookDocument document, string page)
    {
        var prose = new Prose(null, new Formulas(new RenderTools(), "index"), Diagrams.Draw([], new RenderTools(), null), "index");
        foreach (var cell in document.Cells.Where(cell => cell.Kind == CellKind.Markdown))
        {
            prose.ToHtml(cell.Source);
            if (prose.Title is not null && prose.FirstSentence is not null) break;
        }
        var outputs = document.Cells.SelectMany(cell => cell.Outputs).OfType<JsonObject>().Select(output => output["data"]).OfType<JsonObject>();
        var picture = outputs.Where(data => FigureJsonText.Of(data) is not null && MultilineText.IsValid(data["text/html"]))
            .Select(data => HtmlSanitizer.Picture(MultilineText.Read(data["text/html"]))).FirstOrDefault(image => image is not null);
        entries.Append("<article>\n<a class=\"picture\" href=\"").Append(WebUtility.HtmlEncode(Uri.EscapeDataString(page))).Append("\" tabindex=\"-1\" aria-hidden=\"true\">").Append(picture ?? "").Append("</a>\n<div>\n<h2><a href=\"")
            .Append(WebUtility.HtmlEncode(Uri.EscapeDataString(page))).Append("\">").Append(WebUtility.HtmlEncode(prose.Title ?? Path.GetFileNameWithoutExtension(page))).Append("</a></h2>\n");
        if (prose.FirstSentence is { Length: > 0 } sentence) entries.Append("<p>").Append(WebUtility.HtmlEncode(sentence)).Append("</p>\n");
        entries.Append("<p class=\"source\">").Append(Provenance(document)).Append("</p>\n</div>\n</article>\n");
    }

    static string Provenance(NotebookDocument document)
    {
        var name = $"<code>{WebUtility.HtmlEncode(Path.GetFileName(document.Path!))}</code>";
        var executed = document.Cells.Count(cell => cell.ExecutionCount is not null);
        if (executed == 0) return $"{name}, not run yet";
        var seconds = document.Cells.Sum(cell => cell.Duration?.TotalSeconds ?? 0);
        return string.Create(CultureInfo.InvariantCulture, $"{name}, {executed} cells{(document.Executed is { } day ? $", results of {day:yyyy-MM-dd}" : "")}{(seconds >= 0.1 ? $", {HtmlRenderer.Spoken(TimeSpan.FromSeconds(seconds))}" : "")}");
    }
}
