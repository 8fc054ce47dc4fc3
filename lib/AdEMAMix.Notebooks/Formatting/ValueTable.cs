// A collection of records or dictionaries, or one object, as a table: columns, rows, and how many rows were left out.
using System.Collections;
using System.Globalization;
using System.Net;
using System.Text;

namespace AdEMAMix.Notebooks;

/// <summary>Rows and columns of text, cut at <see cref="ValueFormatter.RowLimit"/> rows.</summary>
sealed class ValueTable
{
    readonly List<string> _columns = [];
    readonly List<bool> _numeric = [];
    readonly List<string[]> _rows = [];
    string? _more;

    /// <summary>A table of an object's public members, or null where its own ToString says it better.</summary>
    public static ValueTable? OfObject(object value)
    {
        var type = value.GetType();
        if (!PlainText.IsTransparent(type) || PlainText.Members(type) is not { Count: > 0 } members) return null;
        var table = new ValueTable();
        table.Columns("Member", "Value");
        foreach (var (name, read) in members) table._rows.Add([name, PlainText.Of(PlainText.ReadSafely(read, value))]);
        return table;
    }

    /// <summary>A table of a dictionary, or of a sequence whose items are dictionaries or objects with members; null for a sequence of plain values.</summary>
    public static ValueTable? OfCollection(object value)
    {
        if (value is IDictionary map) return OfDictionary(map);
        var (items, more) = Take((IEnumerable)value);
        var first = items.FirstOrDefault(item => item is not null);
        if (first is null || PlainText.IsScalar(first)) return null;
        var table = new ValueTable { _more = more };
        if (first is IDictionary)
        {
            var keys = items.OfType<IDictionary>().SelectMany(item => item.Keys.Cast<object>()).Distinct().ToArray();
            table.Columns([.. keys.Select(PlainText.Of)]);
            foreach (var item in items) table.Row(keys.Select(key => item is IDictionary row && row.Contains(key) ? row[key] : null));
        }
        else if (first is IEnumerable || !PlainText.IsTransparent(first.GetType()))
        {
            return null;
        }
        else
        {
            var members = PlainText.Members(first.GetType());
            if (members.Count == 0) return null;
            table.Columns([.. members.Select(member => member.Name)]);
            foreach (var item in items)
            {
                var rowMembers = item is null || item.GetType() == first.GetType() ? members : PlainText.Members(item.GetType());
                table.Row(table._columns.Select(column => item is not null && rowMembers.FirstOrDefault(m => m.Name == column) is { Read: { } read } ? PlainText.ReadSafely(read, item) : null));
            }
        }
        return table;
    }

    public string ToHtml()
    {
        var html = new StringBuilder("<table>\n<thead><tr>");
        for (var i = 0; i < _columns.Count; i++) html.Append(i > 0 && _numeric[i] ? "<th style=\"text-align:right\">" : "<th style=\"text-align:left\">").Append(WebUtility.HtmlEncode(_columns[i])).Append("</th>");
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in _rows)
        {
            html.Append("<tr>");
            for (var i = 0; i < row.Length; i++) html.Append(_numeric[i] ? "<td style=\"text-align:right\">" : "<td style=\"text-align:left\">").Append(WebUtility.HtmlEncode(row[i])).Append("</td>");
            html.Append("</tr>\n");
        }
        html.Append("</tbody>\n</table>");
        if (_more is not null) html.Append("\n<p><em>").Append(_more).Append("</em></p>");
        return html.ToString();
    }

    public string ToText()
    {
        var widths = _columns.Select((column, i) => _rows.Select(row => row[i].Length).Append(column.Length).Max()).ToArray();
        var text = new StringBuilder();
        Line(_columns);
        Line([.. widths.Select(width => new string('-', width))]);
        foreach (var row in _rows) Line(row);
        if (_more is not null) text.Append(_more).Append('\n');
        return text.ToString().TrimEnd('\n');

        void Line(IReadOnlyList<string> cells)
        {
            var line = string.Join("  ", cells.Select((cell, i) => _numeric[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i])));
            text.Append(line.TrimEnd()).Append('\n');
        }
    }

    static ValueTable OfDictionary(IDictionary map)
    {
        var table = new ValueTable();
        table.Columns("Key", "Value");
        foreach (DictionaryEntry entry in map)
        {
            if (table._rows.Count == ValueFormatter.RowLimit)
            {
                table._more = More(map.Count - ValueFormatter.RowLimit);
                break;
            }
            table.Row([entry.Key, entry.Value]);
        }
        return table;
    }

    static (List<object?> Items, string? More) Take(IEnumerable source)
    {
        var items = new List<object?>();
        foreach (var item in source)
        {
            // An endless sequence has no count: only a collection can say how many rows are left out.
            if (items.Count == ValueFormatter.RowLimit) return (items, More((source as ICollection)?.Count - ValueFormatter.RowLimit));
            items.Add(item);
        }
        return (items, null);
    }

    static string More(int? count) => count is { } n ? string.Create(CultureInfo.InvariantCulture, $"({n} more)") : "(more)";

    void Columns(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            _columns.Add(name);
            _numeric.Add(false);
        }
    }

    // A table is read, not computed with: six digits of a measurement, all of a count.
    static string Text(object? cell) => cell switch
    {
        null => "",
        double x => x.ToString("G6", CultureInfo.InvariantCulture),
        float x => x.ToString("G6", CultureInfo.InvariantCulture),
        _ => PlainText.Of(cell),
    };

    void Row(IEnumerable<object?> values)
    {
        var cells = values.ToArray();
        // A column is set to the right where its first row holds a number.
        for (var i = 0; i < cells.Length && _rows.Count == 0; i++)
            _numeric[i] = cells[i] is sbyte or byte or short or ushort or int or uint or long or ulong or Int128 or nint or float or double or decimal or Half;
        _rows.Add([.. cells.Select(Text)]);
    }
}
