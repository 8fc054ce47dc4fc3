namespace Microsoft.Data.Analysis;

/// <summary>A column of text; null where there is none.</summary>
public class StringDataFrameColumn : DataFrameColumn, IEnumerable<string?>
{
    readonly List<string?> values;

    public StringDataFrameColumn(string name, IEnumerable<string?> values) : base(name, typeof(string)) => this.values = [.. values];

    /// <summary>A column of <paramref name="length"/> missing values.</summary>
    public StringDataFrameColumn(string name, long length = 0) : base(name, typeof(string)) => values = [.. Enumerable.Repeat<string?>(null, checked((int)length))];

    public override long NullCount => values.Count(value => value is null);

    public new string? this[long rowIndex]
    {
        get => values[checked((int)rowIndex)];
        set => values[checked((int)rowIndex)] = value;
    }

    public void Append(string? value) => values.Add(value);

    public IEnumerator<string?> GetEnumerator() => values.GetEnumerator();

    private protected override int Count => values.Count;

    private protected override object? GetValue(long row) => this[row];

    private protected override void SetValue(long row, object? value) => this[row] = value switch
    {
        null => null,
        string text => text,
        _ => throw new ArgumentException($"The column '{Name}' holds text and cannot take a {value.GetType().Name}.", nameof(value)),
    };

    internal override DataFrameColumn Taking(IEnumerable<int> rows) => new StringDataFrameColumn(Name, rows.Select(row => values[row]));
}
