// Cells that the front end draws: HTML, scripts, Markdown, diagrams.
namespace AdEMAMix.Notebooks;

static class ClientLanguages
{
    /// <summary>What a section is shown as; null where its language is not one of these.</summary>
    public static MimeBundle? Show(string language, string text)
    {
        text = text.Trim('\n', '\r');
        return language switch
        {
            CellLanguages.Html => new MimeBundle(("text/html", text)),
            // Each viewer takes one form of a bundle, so the script runs once. Jupyter and VS Code have a renderer for the first; the second is what .NET Interactive puts out and
            // what viewers without one run. Only in the second does the script see the page's global scope as its own.
            CellLanguages.JavaScript => new MimeBundle(("application/javascript", text), ("text/html", $"<script type=\"text/javascript\">\n{text.Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase)}\n</script>")),
            CellLanguages.Markdown => new MimeBundle(("text/markdown", text)),
            // The mime type that JupyterLab draws; where nobody can, the source is still readable.
            CellLanguages.Mermaid => new MimeBundle(("text/vnd.mermaid", text), ("text/plain", text)),
            _ => null,
        };
    }
}
