using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace AdEMAMix.Workbook;

/// <summary>The little HTML that plotly.js reads in titles and labels: line breaks, bold, a span with a font size.</summary>
static partial class PlotlyMarkup
{
    /// <summary>One line of a label as it is to be drawn.</summary>
    public readonly record struct Line(string Text, bool Bold, double? FontSize);

    public static IReadOnlyList<Line> Lines(string markup) =>
    [
        .. Break().Split(markup).Select(line => new Line(
            WebUtility.HtmlDecode(Tag().Replace(line, "")),
            line.Contains("<b>", StringComparison.Ordinal),
            Size().Match(line) is { Success: true } size ? double.Parse(size.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : null)),
    ];

    /// <summary>The text for ears: a wrapped title is one sentence, its subtitle the next.</summary>
    public static string PlainText(string markup)
    {
        var text = new StringBuilder();
        Line? before = null;
        foreach (var line in Lines(markup))
        {
            if (before is { } last) text.Append((last.Bold, last.FontSize) == (line.Bold, line.FontSize) ? " " : ". ");
            text.Append(line.Text.TrimEnd('.'));
            before = line;
        }
        return text.ToString();
    }

    [GeneratedRegex("<br */?>")]
    private static partial Regex Break();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"font-size: *([0-9.]+)px")]
    private static partial Regex Size();
}
