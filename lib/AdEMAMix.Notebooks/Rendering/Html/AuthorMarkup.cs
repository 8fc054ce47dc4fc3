// The author's own HTML and JavaScript cells as parts of the page: their scripts run, each allowed by its hash, and reach no network.
using System.Security.Cryptography;
using System.Text;
using AngleSharp;
using AngleSharp.Html;

namespace AdEMAMix.Notebooks;

/// <summary>Takes the source of #!html and #!javascript cells into the page and collects the hashes that its content security policy allows.</summary>
/// <remarks>This is the source of a cell, written by the notebook's author like its code; what a cell has put out is never given to this class. Handlers in
/// attributes (onclick="...") are left out, since the policy stops them: scripts add theirs with addEventListener.</remarks>
/// <param name="allowed">Whether scripts may run at all; otherwise the HTML passes the sanitizer and JavaScript cells show their code only.</param>
sealed class AuthorMarkup(bool allowed)
{
    readonly SortedSet<string> _hashes = new(StringComparer.Ordinal);

    /// <summary>The sources for the policy's script-src.</summary>
    public IEnumerable<string> Sources => _hashes;

    /// <summary>The result of an HTML cell.</summary>
    public string OfHtml(string source)
    {
        if (!allowed) return HtmlSanitizer.OfOutput(source);
        var body = HtmlSanitizer.Parse(source);
        // They would act on the page as a whole, or fetch; the policy stops the rest of what fetches.
        foreach (var element in body.QuerySelectorAll("base, meta, link, iframe, frame, object, embed, script[src]").ToArray()) element.Remove();
        // The policy stops handlers in attributes; without them the page's console has nothing to say.
        foreach (var element in body.QuerySelectorAll("*"))
            foreach (var handler in element.Attributes.Where(attribute => attribute.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase)).ToArray()) element.RemoveAttribute(handler.Name);
        foreach (var script in body.QuerySelectorAll("script"))
            if (script.GetAttribute("type") is null or "" or "text/javascript" or "application/javascript" or "module") Allow(script.TextContent);
        return body.ChildNodes.ToHtml(HtmlMarkupFormatter.Instance);
    }

    /// <summary>The result of a JavaScript cell: an empty place, and its script, which finds that place as <c>element</c> and may await.</summary>
    public string OfJavaScript(string source, string place)
    {
        if (!allowed) return "";
        var script = $"(async function (element) {{\n{InScript(source.ReplaceLineEndings("\n"))}\n}})(document.getElementById(\"{place}\"));";
        Allow(script);
        return $"<div class=\"output html\" id=\"{place}\"></div><script>{script}</script>";
    }

    void Allow(string script) => _hashes.Add(Source(script));

    /// <summary>A script's entry in a content security policy.</summary>
    public static string Source(string script) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'";

    /// <summary>A script as the text of a script element: nothing in it ends the element early.</summary>
    public static string InScript(string script) =>
        script.Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase).Replace("<!--", "<\\!--", StringComparison.Ordinal);
}
