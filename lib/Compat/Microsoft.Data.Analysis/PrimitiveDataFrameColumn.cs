namespace Microsoft.Data.Analysis;

/// <summary>A column of numbers, flags or dates; null where there is none.</summary>
public class PrimitiveDataFrameColumn<T> : DataFrameColumn, IEnumerable<T?>
    where T : unmanaged
{
    readonly List<T?> values;

    public PrimitiveDataFrameColumn(string name, IEnumerable<T?> values) : base(name, typeof(T)) => this.values = [.. values];

    public PrimitiveDataFrameColumn(string name, IEnumerable<T> values) : base(name, typeof(T)) => this.values = [.. values.Select(value => (T?)value)];

    /// <summary>A column of <paramref name="length"/> missing values.</summary>
    public PrimitiveDataFrameColumn(string name, long length = 0) : base(name, typeof(T)) => values = [.. Enumerable.Repeat<T?>(null, checked((int)length))];

    public override long NullCount => values.Count(value => value is null);

    public new T? this[long rowIndex]
    {
        get => values[checked((int)rowIndex)];
        set => values[checked((int)rowIndex)] = value;
    }

    public void Append(T? value) => values.Add(value);

    public IEnumerator<T?> GetEnumerator() => values.GetEnumerator();

    private protected override int Count => values.Count;

    private protected override object? GetValue(long row) => this[row];

    private protected override void SetValue(long row, object? value) => this[row] = value switch
    {
        null => null,
        T typed => typed,
        _ => throw new ArgumentException($"The column '{Name}' holds {typeof(T).Name} and cannot take a {value.GetType().Name}.", nameof(value)),
    };

    internal override DataFrameColumn Taking(IEnumerable<int> rows) => Made(Name, rows.Select(row => values[row]));

    /// <summary>A column of this type: a DoubleDataFrameColumn's copy is one too.</summary>
    private protected virtual DataFrameColumn Made(string name, IEnumerable<T?> values) => new PrimitiveDataFrameColumn<T>(name, values);
}
