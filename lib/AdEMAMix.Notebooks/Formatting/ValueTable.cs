// A collection of records or dictionaries, a matrix, or one object, as a table: columns, rows, and how many rows were left out.
using System.Collections;
using System.Runtime.CompilerServices;
using System.Text;

namespace AdEMAMix.Notebooks;

/// <summary>Rows and columns of values, cut at <see cref="ValueFormatter.RowLimit"/> of each.</summary>
sealed class ValueTable
{
    readonly List<string> _columns = [];
    readonly List<object?[]> _rows = [];

    public IReadOnlyList<string> Columns => _columns;

    public IReadOnlyList<object?[]> Rows => _rows;

    /// <summary>What was left out, in words; null where nothing was.</summary>
    public string? More { get; private set; }

    /// <summary>A column is set to the right where every value that it has is a number.</summary>
    public bool IsNumeric(int column) => _rows.Any(row => row[column] is not null) && _rows.All(row => row[column] is null || PlainText.IsNumber(row[column]));

    /// <summary>A table of an object's public members, or null where its own ToString says it better.</summary>
    public static ValueTable? OfObject(object value)
    {
        var type = value.GetType();
        if (PlainText.IsScalar(value) || value is IEnumerable || !PlainText.IsTransparent(type) || PlainText.Members(type) is not { Count: > 0 } members) return null;
        var table = new ValueTable { More = members.Count > ValueFormatter.MemberLimit ? PlainText.More(members.Count - ValueFormatter.MemberLimit) : null };
        table._columns.AddRange(["Member", "Value"]);
        foreach (var (name, read) in members.Take(ValueFormatter.MemberLimit)) table._rows.Add([name, PlainText.ReadSafely(read, value)]);
        return table;
    }

    /// <summary>A table of a dictionary, of a matrix, or of a sequence whose items are dictionaries or objects with members; null for a sequence of plain values.</summary>
    public static ValueTable? OfCollection(IEnumerable value)
    {
        if (value is Array { Rank: 2 } matrix) return OfMatrix(matrix);
        if (value is IDictionary map) return OfPairs(map);
        var (items, more) = Take(value);
        var first = items.FirstOrDefault(item => item is not null);
        if (first is null) return null;
        var table = new ValueTable { More = more };
        if (first is IDictionary) table.AddDictionaries(items);
        else if (first.GetType() is { IsGenericType: true } pair && pair.GetGenericTypeDefinition() == typeof(KeyValuePair<,>)) table.AddMembers(items, first.GetType(), ["Key", "Value"]);
        else if (first is ITuple { Length: > 0 and <= ValueFormatter.RowLimit } tuple) table.AddTuples(items, tuple.Length);
        else if (PlainText.IsScalar(first) || first is IEnumerable || !PlainText.IsTransparent(first.GetType())) return null;
        else if (PlainText.Members(first.GetType()) is { Count: > 0 } members) table.AddMembers(items, first.GetType(), [.. members.Select(member => member.Name)]);
        else return null;
        return table;
    }

    /// <summary>The table in columns of a fixed-width font.</summary>
    public string ToText()
    {
        var right = _columns.Select((_, i) => IsNumeric(i)).ToArray();
        var cells = _rows.Select(row => row.Select(cell => PlainText.InTable(cell).ReplaceLineEndings("↵")).ToArray()).Prepend([.. _columns]).ToList();
        var widths = _columns.Select((_, i) => cells.Max(row => row[i].Length)).ToArray();
        cells.Insert(1, [.. widths.Select(width => new string('-', width))]);
        var text = new StringBuilder();
        foreach (var row in cells)
            text.Append(string.Join("  ", row.Select((cell, i) => right[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd()).Append('\n');
        return text.Append(More).ToString().TrimEnd('\n');
    }

    void AddDictionaries(List<object?> items)
    {
        var keys = items.OfType<IDictionary>().SelectMany(item => item.Keys.Cast<object>()).Distinct().Take(ValueFormatter.MemberLimit).ToArray();
        _columns.AddRange(keys.Select(PlainText.Of));
        foreach (var item in items) _rows.Add([.. keys.Select(key => item is IDictionary row && row.Contains(key) ? row[key] : null)]);
    }

    void AddMembers(List<object?> items, Type type, IReadOnlyList<string> names)
    {
        _columns.AddRange(names.Take(ValueFormatter.MemberLimit));
        var own = PlainText.Members(type);
        foreach (var item in items)
        {
            var members = item is null || item.GetType() == type ? own : PlainText.Members(item.GetType());
            _rows.Add([.. _columns.Select(column => item is not null && members.FirstOrDefault(m => m.Name == column) is { Read: { } read } ? PlainText.ReadSafely(read, item) : null)]);
        }
    }

    void AddTuples(List<object?> items, int length)
    {
        _columns.AddRange(Enumerable.Range(1, length).Select(i => $"Item{i}"));
        foreach (var item in items) _rows.Add([.. Enumerable.Range(0, length).Select(i => item is ITuple tuple && i < tuple.Length ? tuple[i] : null)]);
    }

    static ValueTable OfPairs(IDictionary map)
    {
        var table = new ValueTable();
        table._columns.AddRange(["Key", "Value"]);
        try
        {
            foreach (DictionaryEntry entry in map)
            {
                if (table._rows.Count == ValueFormatter.RowLimit)
                {
                    table.More = PlainText.More(PlainText.Beyond(map, ValueFormatter.RowLimit));
                    break;
                }
                table._rows.Add([entry.Key, entry.Value]);
            }
        }
        catch (Exception e)
        {
            table.More = PlainText.Thrown(e);
        }
        return table;
    }

    static ValueTable OfMatrix(Array matrix)
    {
        var (rows, columns) = (matrix.GetLength(0), matrix.GetLength(1));
        var (shownRows, shownColumns) = (Math.Min(rows, ValueFormatter.RowLimit), Math.Min(columns, ValueFormatter.RowLimit));
        var table = new ValueTable();
        table._columns.AddRange(Enumerable.Range(0, shownColumns).Select(j => PlainText.Of(j)));
        for (var i = 0; i < shownRows; i++)
        {
            var row = new object?[shownColumns];
            for (var j = 0; j < shownColumns; j++) row[j] = matrix.GetValue(i + matrix.GetLowerBound(0), j + matrix.GetLowerBound(1));
            table._rows.Add(row);
        }
        if (rows > shownRows || columns > shownColumns) table.More = $"{PlainText.TypeName(matrix.GetType().GetElementType())}[{PlainText.Of(rows)}, {PlainText.Of(columns)}], its upper left part";
        return table;
    }

    static (List<object?> Items, string? More) Take(IEnumerable source)
    {
        var items = new List<object?>();
        try
        {
            foreach (var item in source)
            {
                // An endless sequence has no count: only a collection can say how many rows are left out.
                if (items.Count == ValueFormatter.RowLimit) return (items, PlainText.More(PlainText.Beyond(source, ValueFormatter.RowLimit)));
                items.Add(item);
            }
        }
        catch (Exception e)
        {
            return (items, $"... {PlainText.Thrown(e)}");
        }
        return (items, null);
    }
}
