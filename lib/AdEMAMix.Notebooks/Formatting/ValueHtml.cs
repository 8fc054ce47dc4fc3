// Values as HTML: tables with thin grey rules, which suit light and dark pages; what is nested folds out. No scripts, no style sheets.
using System.Collections;
using System.Globalization;
using System.Net;
using System.Text;

namespace AdEMAMix.Notebooks;

static class ValueHtml
{
    // Two levels fold out; below them a value is one line of text.
    const int DeepestLevel = 2;

    // So many nested values fold out in one output; a table of a hundred records need not hold a hundred tables.
    const int MostNested = 40;

    const string Open = "<table style=\"border-collapse:collapse;font-variant-numeric:tabular-nums\">\n";

    /// <summary>The table, and the values in it that have tables of their own folded away.</summary>
    public static string Of(ValueTable table, object? holder = null)
    {
        var html = new StringBuilder();
        var nested = 0;
        Append(html, table, 0, holder is null ? [] : [holder], ref nested);
        return html.ToString();
    }

    /// <summary>A text as it is, in a font of fixed width.</summary>
    public static string Preformatted(string text) => $"<pre style=\"white-space:pre-wrap;margin:0\">{WebUtility.HtmlEncode(text)}</pre>";

    static void Append(StringBuilder html, ValueTable table, int level, List<object> inside, ref int nested)
    {
        var right = table.Columns.Select((_, i) => table.IsNumeric(i)).ToArray();
        html.Append(Open).Append("<thead><tr>");
        for (var i = 0; i < right.Length; i++)
            html.Append("<th scope=\"col\" ").Append(Aligned(right[i])).Append(";padding:4px 12px;border-bottom:2px solid rgba(128,128,128,0.6)\">").Append(WebUtility.HtmlEncode(table.Columns[i])).Append("</th>");
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in table.Rows)
        {
            html.Append("<tr>");
            for (var i = 0; i < row.Length; i++)
            {
                html.Append("<td ").Append(Aligned(right[i])).Append(";padding:3px 12px;border-bottom:1px solid rgba(128,128,128,0.35);vertical-align:top\">");
                AppendCell(html, row[i], level, inside, ref nested);
                html.Append("</td>");
            }
            html.Append("</tr>\n");
        }
        html.Append("</tbody></table>");
        if (table.More is not null) html.Append(CultureInfo.InvariantCulture, $"\n<p style=\"margin:2px 12px;opacity:0.7\">{WebUtility.HtmlEncode(table.More)}</p>");
    }

    static void AppendCell(StringBuilder html, object? value, int level, List<object> inside, ref int nested)
    {
        var line = WebUtility.HtmlEncode(PlainText.InTable(value));
        if (value is null || level >= DeepestLevel || nested >= MostNested || inside.Any(outer => ReferenceEquals(outer, value)) || Inner(value) is not { Rows.Count: > 0 } inner)
        {
            html.Append(line);
            return;
        }
        nested++;
        html.Append("<details><summary>").Append(line).Append("</summary>\n");
        inside.Add(value);
        Append(html, inner, level + 1, inside, ref nested);
        inside.RemoveAt(inside.Count - 1);
        html.Append("</details>");
    }

    static ValueTable? Inner(object value) => value switch
    {
        _ when PlainText.IsScalar(value) || FormatterSource.For(value.GetType()) is not null => null,
        IEnumerable items => ValueTable.OfCollection(items),
        _ => ValueTable.OfObject(value),
    };

    // The attribute beside the style: some viewers (GitHub) drop styles, others override the attribute.
    static string Aligned(bool right) => right ? "align=\"right\" style=\"text-align:right" : "align=\"left\" style=\"text-align:left";
}
