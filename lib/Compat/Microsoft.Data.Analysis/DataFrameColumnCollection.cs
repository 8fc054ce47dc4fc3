using System.Collections.ObjectModel;

namespace Microsoft.Data.Analysis;

/// <summary>The columns of a data frame: names differ, lengths are equal.</summary>
public class DataFrameColumnCollection : Collection<DataFrameColumn>
{
    internal DataFrameColumnCollection(IEnumerable<DataFrameColumn> columns)
    {
        foreach (var column in columns) Add(column);
    }

    internal long RowCount => Count == 0 ? 0 : this[0].Length;

    public DataFrameColumn this[string columnName]
    {
        get => this[Place(columnName)];
        set
        {
            // The column takes the name under which it is set.
            value.Name = columnName;
            var place = IndexOf(columnName);
            if (place < 0) Add(value);
            else this[place] = value;
        }
    }

    /// <summary>Where the column of this name stands; -1 where there is none.</summary>
    public int IndexOf(string columnName)
    {
        for (var i = 0; i < Count; i++)
            if (this[i].Name == columnName) return i;
        return -1;
    }

    protected override void InsertItem(int columnIndex, DataFrameColumn column)
    {
        ArgumentNullException.ThrowIfNull(column);
        CheckLength(column, isOnly: Count == 0);
        if (IndexOf(column.Name) >= 0) throw new ArgumentException($"A column named '{column.Name}' is there already: names differ.", nameof(column));
        base.InsertItem(columnIndex, column);
    }

    protected override void SetItem(int columnIndex, DataFrameColumn column)
    {
        ArgumentNullException.ThrowIfNull(column);
        CheckLength(column, isOnly: false);
        if (IndexOf(column.Name) is var place && place >= 0 && place != columnIndex) throw new ArgumentException($"A column named '{column.Name}' is there already: names differ.", nameof(column));
        base.SetItem(columnIndex, column);
    }

    void CheckLength(DataFrameColumn column, bool isOnly)
    {
        if (!isOnly && column.Length != RowCount) throw new ArgumentException($"The column '{column.Name}' has {column.Length} values and the others {RowCount}: lengths are equal.", nameof(column));
    }

    int Place(string columnName) => IndexOf(columnName) is var place && place >= 0 ? place : throw new ArgumentException($"There is no column named '{columnName}'.", nameof(columnName));
}
