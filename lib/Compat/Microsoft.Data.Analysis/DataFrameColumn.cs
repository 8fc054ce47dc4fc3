using System.Collections;

namespace Microsoft.Data.Analysis;

/// <summary>A named column of values that may be missing.</summary>
public abstract class DataFrameColumn : IEnumerable
{
    private protected DataFrameColumn(string name, Type type) => (Name, DataType) = (name, type);

    public string Name { get; internal set; }

    public Type DataType { get; }

    public long Length => Count;

    public abstract long NullCount { get; }

    public object? this[long rowIndex]
    {
        get => GetValue(rowIndex);
        set => SetValue(rowIndex, value);
    }

    public static PrimitiveDataFrameColumn<T> Create<T>(string name, IEnumerable<T?> values) where T : unmanaged => new(name, values);

    public static PrimitiveDataFrameColumn<T> Create<T>(string name, IEnumerable<T> values) where T : unmanaged => new(name, values);

    public static StringDataFrameColumn Create(string name, IEnumerable<string?> values) => new(name, values);

    IEnumerator IEnumerable.GetEnumerator()
    {
        for (long row = 0; row < Length; row++) yield return GetValue(row);
    }

    private protected abstract int Count { get; }

    private protected abstract object? GetValue(long row);

    private protected abstract void SetValue(long row, object? value);

    /// <summary>A copy with these rows only, in this order.</summary>
    internal abstract DataFrameColumn Taking(IEnumerable<int> rows);
}
