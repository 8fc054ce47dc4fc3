// Markdown cells as HTML: headings with anchors, pictures taken into the page, formulas readable.
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Extensions.Mathematics;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace AdEMAMix.Notebooks;

/// <summary>The prose of one page. Anchors are unique over all its cells.</summary>
/// <param name="folder">Where relative pictures are looked for; null for nowhere.</param>
sealed partial class Prose(string? folder)
{
    static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseFootnotes().UseAutoLinks().UseMathematics().UseTaskLists().UseEmphasisExtras().UseDefinitionLists().UseAbbreviations()
        .Build();

    readonly HashSet<string> _anchors = new(StringComparer.Ordinal);
    readonly List<(int Level, string Id, string Html)> _headings = [];

    /// <summary>The first heading of the first level, as text.</summary>
    public string? Title { get; private set; }

    /// <summary>All headings in order.</summary>
    public IReadOnlyList<(int Level, string Id, string Html)> Headings => _headings;

    public string ToHtml(string markdown)
    {
        var parsed = Markdown.Parse(markdown, Pipeline);
        foreach (var picture in parsed.Descendants<LinkInline>().Where(link => link.IsImage)) picture.Url = Embedded(picture.Url);
        foreach (var heading in parsed.Descendants<HeadingBlock>())
        {
            var text = Text(heading);
            var id = Anchor(text);
            heading.GetAttributes().Id = id;
            if (heading.Level == 1) Title ??= text;
            _headings.Add((heading.Level, id, WebUtility.HtmlEncode(text)));
        }
        var writer = new StringWriter(System.Globalization.CultureInfo.InvariantCulture) { NewLine = "\n" };
        var renderer = new HtmlRendererWithMath(writer);
        Pipeline.Setup(renderer);
        renderer.ObjectRenderers.ReplaceOrAdd<HtmlMathInlineRenderer>(new InlineFormula());
        renderer.ObjectRenderers.ReplaceOrAdd<HtmlMathBlockRenderer>(new BlockFormula());
        renderer.Render(parsed);
        return StoredHtml.WithoutScripts(writer.ToString()).Replace("<table>", "<div class=\"wide\"><table>", StringComparison.Ordinal).Replace("</table>", "</table></div>", StringComparison.Ordinal);
    }

    static string Text(HeadingBlock heading) => heading.Inline is null ? "" : string.Concat(heading.Inline.Descendants().Select(inline => inline switch
    {
        LiteralInline literal => literal.Content.ToString(),
        CodeInline code => code.Content,
        MathInline math => WebUtility.HtmlDecode(Tags().Replace(Formula.ToHtml(math.Content.ToString()), "")),
        LineBreakInline => " ",
        _ => "",
    })).Trim();

    string Anchor(string text)
    {
        var slug = NotWord().Replace(text.ToLowerInvariant(), "-").Trim('-');
        if (slug.Length == 0) slug = "section";
        var id = slug;
        for (var i = 2; !_anchors.Add(id); i++) id = $"{slug}-{i}";
        return id;
    }

    /// <summary>A picture beside the notebook as a data address; what is elsewhere stays as it is (and is not fetched).</summary>
    string? Embedded(string? url)
    {
        if (url is null || folder is null || url.Contains(':', StringComparison.Ordinal)) return url;
        var path = Path.GetFullPath(Uri.UnescapeDataString(url), folder);
        var mime = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".png" => "image/png",
            ".jpg" or ".jpeg" => "image/jpeg",
            ".gif" => "image/gif",
            ".svg" => "image/svg+xml",
            ".webp" => "image/webp",
            _ => null,
        };
        return mime is not null && File.Exists(path) ? $"data:{mime};base64,{Convert.ToBase64String(File.ReadAllBytes(path))}" : url;
    }

    sealed class HtmlRendererWithMath(TextWriter writer) : Markdig.Renderers.HtmlRenderer(writer);

    sealed class InlineFormula : HtmlObjectRenderer<MathInline>
    {
        protected override void Write(Markdig.Renderers.HtmlRenderer renderer, MathInline formula) =>
            renderer.Write("<span class=\"math\">").Write(Formula.ToHtml(formula.Content.ToString())).Write("</span>");
    }

    sealed class BlockFormula : HtmlObjectRenderer<MathBlock>
    {
        protected override void Write(Markdig.Renderers.HtmlRenderer renderer, MathBlock formula)
        {
            var text = new StringBuilder();
            foreach (var line in formula.Lines.Lines.Take(formula.Lines.Count)) text.Append(line.Slice.ToString()).Append('\n');
            renderer.Write("<div class=\"math\">").Write(Formula.ToHtml(text.ToString().Trim())).Write("</div>\n");
        }
    }

    [GeneratedRegex(@"[^\p{L}\p{Nd}]+")]
    private static partial Regex NotWord();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tags();
}
