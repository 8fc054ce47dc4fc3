using System.Globalization;
using System.Net;
using System.Text;

namespace AdEMAMix.Workbook;

/// <summary>A table of results: numbers right-aligned with equal decimals, intervals in brackets, readable on light and dark pages.</summary>
/// <remarks>Ends a notebook cell as it is; <see cref="ToCsv"/> gives the numbers unrounded.</remarks>
[TypeFormatterSource(typeof(TableFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed class Table
{
    readonly CellWriter[] writers;

    /// <summary>A table from its cells.</summary>
    /// <param name="columns">Headings, or columns with a format; at least one.</param>
    /// <param name="rows">One value per column: numbers, <see cref="Interval"/>, <see cref="TimeSpan"/>, dates, text; null where there is none.</param>
    /// <param name="caption">What the table shows; null for none.</param>
    /// <exception cref="FigureException">No columns, or a row with more or fewer values than columns.</exception>
    public Table(IEnumerable<TableColumn> columns, IEnumerable<IReadOnlyList<object?>> rows, string? caption = null)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(rows);
        Columns = [.. columns];
        Rows = [.. rows];
        Caption = caption;
        if (Columns.Count == 0) throw new FigureException("A table has no columns: give at least one.");
        foreach (var row in Rows)
            if (row.Count != Columns.Count) throw new FigureException($"A table of {Columns.Count} columns has a row of {row.Count} values: give one value for each column, null where there is none.");
        writers = [.. Columns.Select((column, i) => new CellWriter(column, Rows.Select(row => row[i])))];
    }

    /// <summary>What the table shows, above it.</summary>
    public string? Caption { get; }

    /// <summary>The columns from left to right.</summary>
    public IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>The values, row by row.</summary>
    public IReadOnlyList<IReadOnlyList<object?>> Rows { get; }

    /// <summary>One row per item, one column per pair of heading and value.</summary>
    public static Table Of<T>(IEnumerable<T> items, string? caption, params (TableColumn Column, Func<T, object?> Value)[] columns)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(columns);
        return new Table(columns.Select(column => column.Column), items.Select(item => (IReadOnlyList<object?>)[.. columns.Select(column => column.Value(item))]), caption);
    }

    /// <summary>The table as HTML without scripts or style sheets; every text is escaped.</summary>
    public string ToHtml()
    {
        const string Rule = "border-bottom:1px solid rgba(128,128,128,0.35)";
        var html = new StringBuilder("<table style=\"border-collapse:collapse;font-variant-numeric:tabular-nums\">\n");
        if (!string.IsNullOrWhiteSpace(Caption)) html.Append(CultureInfo.InvariantCulture, $"<caption style=\"caption-side:top;text-align:left;font-weight:600;padding:4px 0\">{WebUtility.HtmlEncode(Caption)}</caption>\n");
        html.Append("<thead><tr>");
        for (var i = 0; i < Columns.Count; i++)
            html.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\" {Aligned(i)};padding:4px 12px;border-bottom:2px solid rgba(128,128,128,0.6)\">{WebUtility.HtmlEncode(Columns[i].Title)}</th>");
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in Rows)
        {
            html.Append("<tr>");
            for (var i = 0; i < Columns.Count; i++)
                html.Append(CultureInfo.InvariantCulture, $"<td {Aligned(i)};padding:3px 12px;{Rule};{Lines(i)}\">{Cell(i, row[i])}</td>");
            html.Append("</tr>\n");
        }
        return html.Append("</tbody></table>").ToString();
    }

    string Lines(int column) => Columns[column].Width is { } width
        ? string.Create(CultureInfo.InvariantCulture, $"white-space:normal;vertical-align:top;min-width:{width}em")
        : Columns.Any(c => c.Width is not null) ? "white-space:nowrap;vertical-align:top" : "white-space:nowrap";

    string Cell(int column, object? value)
    {
        var text = WebUtility.HtmlEncode(writers[column].Write(value));
        return value is Link link ? $"<a href=\"{WebUtility.HtmlEncode(link.Address)}\">{text}</a>" : text;
    }

    // The attribute beside the style: some viewers (GitHub) drop styles, others override the attribute.
    string Aligned(int column) => writers[column].IsNumeric ? "align=\"right\" style=\"text-align:right" : "align=\"left\" style=\"text-align:left";

    /// <summary>The numbers as comma-separated text, unrounded; an interval takes three columns: value, low, high.</summary>
    public string ToCsv()
    {
        var intervals = Columns.Select((_, i) => Rows.Any(row => row[i] is Interval)).ToArray();
        var lines = new List<string> { string.Join(",", Columns.SelectMany((column, i) => intervals[i] ? [column.Title, $"{column.Title} (low)", $"{column.Title} (high)"] : new[] { column.Title }).Select(Quoted)) };
        foreach (var row in Rows)
            lines.Add(string.Join(",", row.SelectMany((value, i) => intervals[i] ? Parts(value) : [Raw(value)]).Select(Quoted)));
        return string.Join("\n", lines) + "\n";

        static string[] Parts(object? value) => value is Interval interval ? [Raw(interval.Center), Raw(interval.Low), Raw(interval.High)] : [Raw(value), "", ""];
        static string Raw(object? value) => value switch
        {
            null => "",
            Interval interval => Raw(interval.Center),
            DateTime date => date.ToString("O", CultureInfo.InvariantCulture),
            DateTimeOffset date => date.ToString("O", CultureInfo.InvariantCulture),
            TimeSpan time => time.TotalSeconds.ToString("R", CultureInfo.InvariantCulture),
            IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };
        static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>The table in columns of a fixed-width font.</summary>
    public override string ToString()
    {
        var cells = Rows.Select(row => row.Select((value, i) => writers[i].Write(value)).ToArray()).Prepend([.. Columns.Select(column => column.Title)]).ToArray();
        var widths = Columns.Select((_, i) => cells.Max(row => row[i].Length)).ToArray();
        var lines = cells.Select(row => string.Join("  ", row.Select((text, i) => writers[i].IsNumeric ? text.PadLeft(widths[i]) : text.PadRight(widths[i]))).TrimEnd()).ToList();
        lines.Insert(1, string.Join("  ", widths.Select(width => new string('-', width))));
        if (!string.IsNullOrWhiteSpace(Caption)) lines.Insert(0, Caption + "\n");
        return string.Join("\n", lines);
    }
}
