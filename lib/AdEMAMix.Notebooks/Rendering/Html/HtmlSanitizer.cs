// HTML from outputs and from prose, made fit to stand in a page that must not be steered by it: read by a real HTML parser, rebuilt from what is known to be harmless.
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using AngleSharp.Xhtml;

namespace AdEMAMix.Notebooks;

/// <summary>Keeps listed elements, attributes, style properties and address schemes; everything else goes, and nothing is kept as it was written.</summary>
/// <remarks>The result is written anew from the parsed tree, with plain HTML elements only, so that a browser reads it as this class did: no foreign content
/// (SVG becomes an image, where scripts cannot run), no raw-text elements, no comments. Pictures are data addresses; nothing is fetched.</remarks>
static partial class HtmlSanitizer
{
    /// <summary>Deeper nesting than any author writes: below, elements go and their text stays.</summary>
    const int DepthLimit = 120;

    const int OpenLimit = 10_000, TextLimit = 100_000;

    static readonly HashSet<string> Elements = Set(
        "a abbr b bdi bdo blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption figure font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark meter ol p pre progress q rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr audio video source");

    static readonly HashSet<string> Void = Set("br col hr img source wbr");

    /// <summary>Elements whose content is no text for a reader, or that mean something else than it seems to.</summary>
    static readonly HashSet<string> Dropped = Set(
        "script style template noscript noembed noframes xmp plaintext iframe frame frameset object embed applet param head title meta link base math textarea select option optgroup button input datalist output canvas map area portal dialog slot keygen isindex bgsound marquee");

    static readonly Dictionary<string, HashSet<string>> Attributes = new(StringComparer.Ordinal)
    {
        ["*"] = Set("title lang dir align valign width height role"),
        ["a"] = Set("rel"),
        ["font"] = Set("color size"),
        ["ol"] = Set("start reversed type"),
        ["li"] = Set("value"),
        ["td"] = Set("colspan rowspan bgcolor nowrap"),
        ["th"] = Set("colspan rowspan scope bgcolor nowrap"),
        ["tr"] = Set("bgcolor"),
        ["table"] = Set("border cellpadding cellspacing bgcolor summary"),
        ["col"] = Set("span"),
        ["colgroup"] = Set("span"),
        ["img"] = Set("alt"),
        ["progress"] = Set("value max"),
        ["meter"] = Set("value min max low high optimum"),
        ["details"] = Set("open"),
        ["time"] = Set("datetime"),
        ["audio"] = Set("controls loop"),
        ["video"] = Set("controls loop"),
    };

    static readonly HashSet<string> ProseClasses = Set("footnotes footnote-ref footnote-back-ref task-list-item contains-task-list");

    /// <summary>The fragment of HTML that is left of an output.</summary>
    public static string OfOutput(string html) => Clean(html, prose: false);

    /// <summary>The fragment of HTML that is left of rendered Markdown, which may also have anchors and the classes of the Markdown renderer.</summary>
    public static string OfProse(string html) => Clean(html, prose: true);

    /// <summary>The first picture in the markup whose data is in the markup itself, as an image element of its own; null where there is none.</summary>
    public static string? Picture(string html)
    {
        foreach (var image in Parse(html).QuerySelectorAll("img"))
        {
            if (Data(image.GetAttribute("src"), "image") is null) continue;
            var text = new StringBuilder();
            AppendTag(text, image, prose: false);
            return text.ToString();
        }
        return null;
    }

    /// <summary>The elements of a fragment.</summary>
    public static IElement Parse(string html)
    {
        var document = new HtmlParser().ParseDocument("");
        var body = document.Body!;
        // As the content of a body: html, head and body tags in it are nothing, and what belongs into a table has to bring its table.
        foreach (var node in new HtmlParser().ParseFragment(html, body).ToArray()) body.AppendChild(node);
        return body;
    }

    static string Clean(string html, bool prose)
    {
        // The parser's work grows with the square of the depth.
        if (OpenTags(html) > OpenLimit) return $"<pre>{WebUtility.HtmlEncode(html.Length > TextLimit ? html[..TextLimit] + " ..." : html)}</pre>";
        var text = new StringBuilder(html.Length);
        // An explicit stack: markup may be nested deeper than a thread's stack goes.
        var open = new Stack<(INodeList Nodes, int Next, string? End)>();
        open.Push((Parse(html).ChildNodes, 0, null));
        while (open.TryPop(out var level))
        {
            if (level.Next == level.Nodes.Length)
            {
                if (level.End is not null) text.Append("</").Append(level.End).Append('>');
                continue;
            }
            var node = level.Nodes[level.Next];
            open.Push(level with { Next = level.Next + 1 });
            switch (node)
            {
                case IText words:
                    Encode(text, words.Data);
                    break;
                case IElement { LocalName: "svg" } drawing:
                    text.Append(Drawing(drawing));
                    break;
                case IElement { LocalName: "input" } box when prose && box.GetAttribute("type") == "checkbox":
                    text.Append(box.HasAttribute("checked") ? "<input type=\"checkbox\" disabled checked>" : "<input type=\"checkbox\" disabled>");
                    break;
                case IElement element when element.NamespaceUri == NamespaceNames.HtmlUri && !Dropped.Contains(element.LocalName):
                    // What is not listed gives its content; what is nested too deep too.
                    var kept = Elements.Contains(element.LocalName) && open.Count <= DepthLimit && AppendTag(text, element, prose) && !Void.Contains(element.LocalName);
                    open.Push((element.ChildNodes, 0, kept ? element.LocalName : null));
                    break;
            }
        }
        return text.ToString();
    }

    /// <summary>About how many elements are open at once at the most.</summary>
    static int OpenTags(string html)
    {
        var (open, most) = (0, 0);
        foreach (var tag in TagStart().EnumerateMatches(html))
        {
            open += html[tag.Index + 1] == '/' ? -1 : 1;
            if (open < 0) open = 0;
            most = Math.Max(most, open);
        }
        return most;
    }

    /// <summary>Writes a start tag with the attributes that may stay; a picture that is not in the page becomes its text, and then there is no tag.</summary>
    static bool AppendTag(StringBuilder text, IElement element, bool prose)
    {
        var name = element.LocalName;
        if (name is "img" && Data(element.GetAttribute("src"), "image") is null)
        {
            AppendMissing(text, element);
            return false;
        }
        if (name is "source" && Data(element.GetAttribute("src"), "video") is null && Data(element.GetAttribute("src"), "audio") is null) return false;
        text.Append('<').Append(name);
        foreach (var attribute in element.Attributes.OrderBy(attribute => attribute.Name, StringComparer.Ordinal))
        {
            var value = attribute.Name switch
            {
                "style" => StyleSanitizer.Clean(attribute.Value),
                "href" when name == "a" => Link(attribute.Value),
                "src" when name is "img" => Data(attribute.Value, "image"),
                "src" when name is "video" or "audio" or "source" => Data(attribute.Value, "video") ?? Data(attribute.Value, "audio"),
                "id" when prose && Anchor().IsMatch(attribute.Value) => attribute.Value,
                "class" when prose => Classes(attribute.Value),
                var other when other.StartsWith("aria-", StringComparison.Ordinal) && AriaName().IsMatch(other) => attribute.Value,
                var other when Attributes["*"].Contains(other) || Attributes.GetValueOrDefault(name)?.Contains(other) == true => attribute.Value,
                _ => null,
            };
            if (value is null) continue;
            text.Append(' ').Append(attribute.Name).Append("=\"");
            Encode(text, value);
            text.Append('"');
        }
        text.Append('>');
        return true;
    }

    static void AppendMissing(StringBuilder text, IElement image)
    {
        var alternative = image.GetAttribute("alt") is { Length: > 0 } alt ? alt : "a picture";
        text.Append("<span class=\"missing\">[");
        Encode(text, alternative);
        if (Link(image.GetAttribute("src") ?? "") is { } link && link.StartsWith("http", StringComparison.OrdinalIgnoreCase))
        {
            text.Append(": <a href=\"");
            Encode(text, link);
            text.Append("\" rel=\"noreferrer\">not in this page</a>");
        }
        else
        {
            text.Append(": not in this page");
        }
        text.Append("]</span>");
    }

    /// <summary>A drawing goes in as an image, where its scripts cannot run, its links lead nowhere and its styles stay its own.</summary>
    static string Drawing(IElement svg)
    {
        var writer = new StringWriter(System.Globalization.CultureInfo.InvariantCulture);
        svg.SetAttribute("xmlns", NamespaceNames.SvgUri);
        foreach (var hidden in svg.QuerySelectorAll("script, foreignObject, foreignobject").ToArray()) hidden.Remove();
        svg.ToHtml(writer, XhtmlMarkupFormatter.Instance);
        var title = svg.QuerySelector("title")?.TextContent.Trim() ?? "";
        return $"<img alt=\"{WebUtility.HtmlEncode(title)}\" src=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(writer.ToString()))}\">";
    }

    /// <summary>An address that a reader may follow; null for any other, however it is disguised.</summary>
    static string? Link(string address)
    {
        // Browsers ignore control characters and white space in a scheme, so they go before it is looked at.
        var plain = Control().Replace(address, "").Trim();
        if (Scheme().Match(plain) is not { Success: true } scheme) return plain;
        return scheme.Groups[1].Value.ToLowerInvariant() is "http" or "https" or "mailto" ? plain : null;
    }

    static string? Data(string? address, string kind) => address is not null && DataAddress().Match(address) is { Success: true } match && match.Groups[1].Value == kind ? address.Trim() : null;

    static string? Classes(string value)
    {
        var kept = value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Where(word => ProseClasses.Contains(word) || Language().IsMatch(word) || word.StartsWith("workbook-", StringComparison.Ordinal)).ToArray();
        return kept.Length == 0 ? null : string.Join(' ', kept);
    }

    static void Encode(StringBuilder text, string value)
    {
        foreach (var c in value)
        {
            _ = c switch
            {
                '<' => text.Append("&lt;"),
                '>' => text.Append("&gt;"),
                '&' => text.Append("&amp;"),
                '"' => text.Append("&quot;"),
                '\'' => text.Append("&#39;"),
                '\0' => text,
                _ => text.Append(c),
            };
        }
    }

    static HashSet<string> Set(string words) => [.. words.Split(' ')];

    [GeneratedRegex("<(?:[a-z](?!r[ />]|mg[ />]|r>)|/)", RegexOptions.IgnoreCase)]
    private static partial Regex TagStart();

    [GeneratedRegex(@"^data:(image|video|audio)/[a-z0-9.+-]+;base64,[A-Za-z0-9+/=\s]*$")]
    private static partial Regex DataAddress();

    [GeneratedRegex(@"^([^/?#:]*):")]
    private static partial Regex Scheme();

    [GeneratedRegex(@"[\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028-\u202e\ufeff]+")]
    private static partial Regex Control();

    [GeneratedRegex(@"^[\p{L}\p{Nd}][\p{L}\p{Nd}:_-]*$")]
    private static partial Regex Anchor();

    [GeneratedRegex("^aria-[a-z]+$")]
    private static partial Regex AriaName();

    [GeneratedRegex(@"^language-[\w+#-]+$")]
    private static partial Regex Language();
}
