using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace AdEMAMix.Workbook;

/// <summary>A short sequence of text, tables and figures that ends a notebook cell as one output.</summary>
/// <remarks>Text is read as simple Markdown: paragraphs, "# " headings, "- " lists, **bold**, *emphasis*, `code`; all else is shown as written.</remarks>
[TypeFormatterSource(typeof(ReportFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed partial class Report
{
    /// <summary>A report of its parts, in order.</summary>
    /// <param name="parts"><see cref="string"/>, <see cref="Table"/>, <see cref="Figure"/> or <see cref="Report"/>.</param>
    /// <exception cref="FigureException">A part is of another type.</exception>
    public Report(params IEnumerable<object> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        Parts = [.. parts];
        foreach (var part in Parts)
            if (part is not (string or Table or Figure or Report)) throw new FigureException($"A report cannot show a {part?.GetType().Name ?? "null"}: give text, a Table, a Figure or a Report.");
    }

    /// <summary>What the report shows, in order.</summary>
    public IReadOnlyList<object> Parts { get; }

    /// <summary>The parts as HTML, one below the other.</summary>
    public string ToHtml() => string.Join("\n", Parts.Select(part => part switch
    {
        string text => Blocks(text),
        Table table => table.ToHtml(),
        Figure figure => figure.ToHtml(),
        _ => ((Report)part).ToHtml(),
    }));

    /// <inheritdoc/>
    public override string ToString() => string.Join("\n\n", Parts);

    static string Blocks(string text)
    {
        var html = new StringBuilder();
        foreach (var block in text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (html.Length > 0) html.Append('\n');
            var lines = block.Split('\n', StringSplitOptions.TrimEntries);
            if (lines.All(line => line.StartsWith("- ", StringComparison.Ordinal)))
                html.Append("<ul>").AppendJoin("", lines.Select(line => $"<li>{Inline(line[2..])}</li>")).Append("</ul>");
            else if (Heading().Match(block) is { Success: true } heading)
            {
                // Below a notebook's own headings: # becomes h3.
                var level = Math.Min(heading.Groups[1].Length + 2, 6);
                html.Append(System.Globalization.CultureInfo.InvariantCulture, $"<h{level}>{Inline(heading.Groups[2].Value)}</h{level}>");
            }
            else html.Append("<p>").Append(Inline(string.Join(" ", lines))).Append("</p>");
        }
        return html.ToString();
    }

    static string Inline(string text)
    {
        // Code first and apart, so that ** inside it stays as written.
        var pieces = text.Split('`');
        if (pieces.Length % 2 == 0) pieces = [.. pieces[..^2], $"{pieces[^2]}`{pieces[^1]}"];
        return string.Concat(pieces.Select((piece, i) => i % 2 == 1
            ? $"<code>{WebUtility.HtmlEncode(piece)}</code>"
            : Emphasis().Replace(Bold().Replace(WebUtility.HtmlEncode(piece), "<strong>$1</strong>"), "<em>$1</em>")));
    }

    [GeneratedRegex(@"^(#{1,4}) +(\S.*)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"\*\*(\S|\S.*?\S)\*\*")]
    private static partial Regex Bold();

    // A star that is a product sign stands between spaces and is left alone.
    [GeneratedRegex(@"(?<![*\w])\*([^\s*]|[^\s*][^*]*?[^\s*])\*(?![*\w])")]
    private static partial Regex Emphasis();
}
