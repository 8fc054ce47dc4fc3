namespace Microsoft.Data.Analysis;

/// <summary>Columns of equal length, each with a name and a type. The columns are the caller's own, not copies.</summary>
public class DataFrame
{
    public DataFrame(IEnumerable<DataFrameColumn> columns)
    {
        Columns = new DataFrameColumnCollection(columns);
        Rows = new DataFrameRowCollection(this);
    }

    public DataFrame(params DataFrameColumn[] columns) : this((IEnumerable<DataFrameColumn>)columns) { }

    public DataFrameColumnCollection Columns { get; }

    public DataFrameRowCollection Rows { get; }

    public object? this[long rowIndex, int columnIndex]
    {
        get => Columns[columnIndex][rowIndex];
        set => Columns[columnIndex][rowIndex] = value;
    }

    public DataFrameColumn this[string columnName]
    {
        get => Columns[columnName];
        set => Columns[columnName] = value;
    }

    /// <summary>The rows whose flag is true, copied; null counts as false, and so do the rows after the last flag.</summary>
    public DataFrame Filter(PrimitiveDataFrameColumn<bool> filter)
    {
        if (filter.Length > Rows.Count) throw new ArgumentException($"The filter has {filter.Length} values for {Rows.Count} rows: give one for each row.", nameof(filter));
        return Taking([.. Enumerable.Range(0, (int)filter.Length).Where(row => filter[row] == true)]);
    }

    /// <summary>The first rows, copied.</summary>
    public DataFrame Head(int numberOfRows) => Taking([.. Enumerable.Range(0, numberOfRows)]);

    /// <summary>The rows in the order of one column's values, copied.</summary>
    public DataFrame OrderBy(string columnName, bool ascending = true, bool putNullValuesLast = true)
    {
        var column = Columns[columnName];
        var rows = Enumerable.Range(0, (int)column.Length).ToArray();
        var known = rows.Where(row => column[row] is not null);
        // As in Microsoft.Data.Analysis, text is compared in the current culture.
        known = ascending ? known.OrderBy(row => column[row], Comparer<object?>.Default) : known.OrderByDescending(row => column[row], Comparer<object?>.Default);
        var missing = rows.Where(row => column[row] is null);
        return Taking([.. putNullValuesLast ? known.Concat(missing) : missing.Concat(known)]);
    }

    public DataFrame OrderByDescending(string columnName, bool putNullValuesLast = true) => OrderBy(columnName, false, putNullValuesLast);

    DataFrame Taking(int[] rows) => new(Columns.Select(column => column.Taking(rows)));
}
