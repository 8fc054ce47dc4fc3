// HTML that was stored in a notebook, made fit to stand in a page that must not be steered by it.
using System.Text.RegularExpressions;

namespace AdEMAMix.Notebooks;

static partial class StoredHtml
{
    /// <summary>Without scripts, frames and whatever fetches or redirects. (The page's policy would stop them; taking them out also keeps its console clean.)</summary>
    public static string WithoutScripts(string html) => Handler().Replace(Lone().Replace(Paired().Replace(html, ""), ""), "$1");

    /// <summary>The picture of a chart: the first image whose data is in the markup itself.</summary>
    public static string? Picture(string html) => Image().Match(html) is { Success: true } match ? Handler().Replace(match.Value, "$1") : null;

    [GeneratedRegex(@"<(script|iframe|object)\b.*?</\1\s*>", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Paired();

    [GeneratedRegex(@"</?(script|iframe|object|embed|link|meta|base|noscript)\b[^>]*>", RegexOptions.IgnoreCase)]
    private static partial Regex Lone();

    [GeneratedRegex("""(<[a-z][^<>]*?)\s+on[a-z]+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", RegexOptions.IgnoreCase)]
    private static partial Regex Handler();

    [GeneratedRegex("""<img\b[^>]*\bsrc="data:image/[^>]*>""", RegexOptions.IgnoreCase)]
    private static partial Regex Image();
}
