// Markdown cells as HTML: headings with anchors, pictures taken into the page, equations and diagrams set.
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Extensions.Mathematics;
using Markdig.Parsers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace AdEMAMix.Notebooks;

/// <summary>The prose of one page. Anchors are unique over all its cells.</summary>
/// <param name="folder">Where relative pictures are looked for; null for nowhere.</param>
/// <param name="formulas">Takes the equations; the HTML holds its marks.</param>
/// <param name="diagrams">The diagrams of the page, drawn already.</param>
/// <param name="nonce">Part of the marks that stand for diagrams while the HTML is sanitized.</param>
sealed partial class Prose(string? folder, Formulas formulas, Diagrams diagrams, string nonce)
{
    static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseFootnotes().UseAutoLinks().UseMathematics().UseTaskLists().UseEmphasisExtras().UseDefinitionLists().UseAbbreviations()
        .Build();

    readonly HashSet<string> _anchors = new(StringComparer.Ordinal);
    readonly List<(int Level, string Id, string Html)> _headings = [];

    /// <summary>The first heading of the first level, as text.</summary>
    public string? Title { get; private set; }

    /// <summary>The first sentence of the first paragraph, as text.</summary>
    public string? FirstSentence { get; private set; }

    /// <summary>All headings in order.</summary>
    public IReadOnlyList<(int Level, string Id, string Html)> Headings => _headings;

    /// <summary>The sources of the diagrams in fenced blocks.</summary>
    public static IEnumerable<string> DiagramSources(string markdown) =>
        markdown.Contains("mermaid", StringComparison.Ordinal) ? Parse(markdown).Descendants<FencedCodeBlock>().Where(IsDiagram).Select(Content) : [];

    /// <summary>The HTML of one cell, sanitized, with marks for its equations.</summary>
    public string ToHtml(string markdown)
    {
        var parsed = Parse(markdown);
        foreach (var picture in parsed.Descendants<LinkInline>().Where(link => link.IsImage)) picture.Url = Embedded(picture.Url);
        foreach (var heading in parsed.Descendants<HeadingBlock>())
        {
            var html = Words(heading.Inline);
            var text = formulas.AsText(WebUtility.HtmlDecode(html));
            var id = Anchor(text);
            heading.GetAttributes().Id = id;
            if (heading.Level == 1) Title ??= text;
            _headings.Add((heading.Level, id, html));
        }
        if (FirstSentence is null && parsed.OfType<ParagraphBlock>().FirstOrDefault() is { } opening) FirstSentence = Sentence(formulas.AsText(WebUtility.HtmlDecode(Words(opening.Inline))));

        string clean;
        try
        {
            clean = Written(parsed);
        }
        catch (ArgumentException)
        {
            clean = Written(Plain(markdown));
        }
        return TableStart().Replace(clean, "<div class=\"wide\">$0").Replace("</table>", "</table></div>", StringComparison.Ordinal);
    }

    string Written(MarkdownDocument parsed)
    {
        var inserts = new List<string>();
        var writer = new StringWriter(System.Globalization.CultureInfo.InvariantCulture) { NewLine = "\n" };
        var renderer = new Markdig.Renderers.HtmlRenderer(writer);
        Pipeline.Setup(renderer);
        renderer.ObjectRenderers.ReplaceOrAdd<HtmlMathInlineRenderer>(new InlineFormula(formulas));
        renderer.ObjectRenderers.ReplaceOrAdd<HtmlMathBlockRenderer>(new BlockFormula(formulas));
        renderer.ObjectRenderers.ReplaceOrAdd<CodeBlockRenderer>(new CodeBlocks(block =>
        {
            inserts.Add(diagrams.ToHtml(Content(block)));
            return $"<div>[diagram-{nonce}-{inserts.Count - 1}]</div>\n";
        }));
        renderer.Render(parsed);
        var clean = HtmlSanitizer.OfProse(writer.ToString());
        for (var i = 0; i < inserts.Count; i++) clean = clean.Replace($"[diagram-{nonce}-{i}]", inserts[i], StringComparison.Ordinal);
        return clean;
    }

    /// <summary>The mark of a text/latex output: an equation, with or without dollars around it.</summary>
    public string Formula(string tex) => formulas.Place(Delimiters().Replace(tex.Trim(), ""), display: true);

    static MarkdownDocument Parse(string markdown)
    {
        try
        {
            return Markdown.Parse(markdown, Pipeline);
        }
        catch (ArgumentException)
        {
            return Plain(markdown);
        }
    }

    /// <summary>The text as it was typed. Markdig refuses nesting that would overflow its stack, on reading or on writing; the text is still the reader's.</summary>
    static MarkdownDocument Plain(string markdown) =>
        new() { new FencedCodeBlock(new FencedCodeBlockParser()) { Lines = new Markdig.Helpers.StringLineGroup(markdown) } };

    static bool IsDiagram(FencedCodeBlock block) => block.Info == "mermaid";

    static string Content(LeafBlock block)
    {
        var text = new StringBuilder();
        // An empty block has no lines at all.
        foreach (var line in (block.Lines.Lines ?? []).Take(block.Lines.Count)) text.Append(line.Slice.ToString()).Append('\n');
        return text.ToString().Trim();
    }

    /// <summary>Words as HTML without elements, with marks for their equations.</summary>
    string Words(ContainerInline? inlines) => inlines is null ? "" : string.Concat(inlines.Descendants().Select(inline => inline switch
    {
        LiteralInline literal => WebUtility.HtmlEncode(literal.Content.ToString()),
        CodeInline code => WebUtility.HtmlEncode(code.Content),
        MathInline math => formulas.Place(math.Content.ToString(), display: false),
        LineBreakInline => " ",
        _ => "",
    })).Trim();

    static string Sentence(string text) => SentenceEnd().Match(text) is { Success: true } end ? text[..(end.Index + 1)] : text;

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

    sealed class InlineFormula(Formulas formulas) : HtmlObjectRenderer<MathInline>
    {
        // A picture's alternative text is an attribute, where only text may stand.
        protected override void Write(Markdig.Renderers.HtmlRenderer renderer, MathInline formula)
        {
            var tex = formula.Content.ToString();
            if (renderer.EnableHtmlForInline) renderer.Write(formulas.Place(tex, display: formula.DelimiterCount == 2));
            else renderer.WriteEscape(tex);
        }
    }

    sealed class BlockFormula(Formulas formulas) : HtmlObjectRenderer<MathBlock>
    {
        protected override void Write(Markdig.Renderers.HtmlRenderer renderer, MathBlock formula) =>
            renderer.Write("<div>").Write(formulas.Place(Content(formula), display: true)).Write("</div>\n");
    }

    /// <summary>Code blocks as Markdig writes them, but diagrams.</summary>
    sealed class CodeBlocks(Func<FencedCodeBlock, string> diagram) : CodeBlockRenderer
    {
        protected override void Write(Markdig.Renderers.HtmlRenderer renderer, CodeBlock block)
        {
            if (block is FencedCodeBlock fenced && IsDiagram(fenced)) renderer.Write(diagram(fenced));
            else base.Write(renderer, block);
        }
    }

    [GeneratedRegex(@"[^\p{L}\p{Nd}]+")]
    private static partial Regex NotWord();

    [GeneratedRegex("<table[^>]*>")]
    private static partial Regex TableStart();

    [GeneratedRegex(@"^(\$\$?|\\\(|\\\[)|(\$\$?|\\\)|\\\])$")]
    private static partial Regex Delimiters();

    [GeneratedRegex(@"[.?!](?=\s+\p{Lu}|\s*$)")]
    private static partial Regex SentenceEnd();
}
