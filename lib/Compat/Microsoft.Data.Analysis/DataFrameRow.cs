using System.Collections;

namespace Microsoft.Data.Analysis;

/// <summary>One row of a data frame: a view, so that setting a value sets it in the column.</summary>
public class DataFrameRow : IEnumerable<object?>
{
    readonly DataFrame frame;
    readonly long row;

    internal DataFrameRow(DataFrame frame, long row) => (this.frame, this.row) = (frame, row);

    public object? this[int index]
    {
        get => frame[row, index];
        set => frame[row, index] = value;
    }

    public object? this[string columnName]
    {
        get => frame[columnName][row];
        set => frame[columnName][row] = value;
    }

    public IEnumerator<object?> GetEnumerator()
    {
        foreach (var column in frame.Columns) yield return column[row];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>The rows of a data frame.</summary>
public class DataFrameRowCollection : IEnumerable<DataFrameRow>
{
    readonly DataFrame frame;

    internal DataFrameRowCollection(DataFrame frame) => this.frame = frame;

    public long Count => frame.Columns.RowCount;

    public DataFrameRow this[long index] => new(frame, index);

    public IEnumerator<DataFrameRow> GetEnumerator()
    {
        for (long row = 0; row < Count; row++) yield return new DataFrameRow(frame, row);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
