namespace Microsoft.Data.Analysis;

/// <summary>A column of <see cref="double"/> values.</summary>
public class DoubleDataFrameColumn : PrimitiveDataFrameColumn<double>
{
    public DoubleDataFrameColumn(string name, IEnumerable<double?> values) : base(name, values) { }

    public DoubleDataFrameColumn(string name, IEnumerable<double> values) : base(name, values) { }

    public DoubleDataFrameColumn(string name, long length = 0) : base(name, length) { }

    private protected override DataFrameColumn Made(string name, IEnumerable<double?> values) => new DoubleDataFrameColumn(name, values);
}

/// <summary>A column of <see cref="float"/> values.</summary>
public class SingleDataFrameColumn : PrimitiveDataFrameColumn<float>
{
    public SingleDataFrameColumn(string name, IEnumerable<float?> values) : base(name, values) { }

    public SingleDataFrameColumn(string name, IEnumerable<float> values) : base(name, values) { }

    public SingleDataFrameColumn(string name, long length = 0) : base(name, length) { }

    private protected override DataFrameColumn Made(string name, IEnumerable<float?> values) => new SingleDataFrameColumn(name, values);
}

/// <summary>A column of <see cref="int"/> values.</summary>
public class Int32DataFrameColumn : PrimitiveDataFrameColumn<int>
{
    public Int32DataFrameColumn(string name, IEnumerable<int?> values) : base(name, values) { }

    public Int32DataFrameColumn(string name, IEnumerable<int> values) : base(name, values) { }

    public Int32DataFrameColumn(string name, long length = 0) : base(name, length) { }

    private protected override DataFrameColumn Made(string name, IEnumerable<int?> values) => new Int32DataFrameColumn(name, values);
}

/// <summary>A column of <see cref="long"/> values.</summary>
public class Int64DataFrameColumn : PrimitiveDataFrameColumn<long>
{
    public Int64DataFrameColumn(string name, IEnumerable<long?> values) : base(name, values) { }

    public Int64DataFrameColumn(string name, IEnumerable<long> values) : base(name, values) { }

    public Int64DataFrameColumn(string name, long length = 0) : base(name, length) { }

    private protected override DataFrameColumn Made(string name, IEnumerable<long?> values) => new Int64DataFrameColumn(name, values);
}

/// <summary>A column of <see cref="bool"/> values.</summary>
public class BooleanDataFrameColumn : PrimitiveDataFrameColumn<bool>
{
    public BooleanDataFrameColumn(string name, IEnumerable<bool?> values) : base(name, values) { }

    public BooleanDataFrameColumn(string name, IEnumerable<bool> values) : base(name, values) { }

    public BooleanDataFrameColumn(string name, long length = 0) : base(name, length) { }

    private protected override DataFrameColumn Made(string name, IEnumerable<bool?> values) => new BooleanDataFrameColumn(name, values);
}

/// <summary>A column of <see cref="DateTime"/> values.</summary>
public class DateTimeDataFrameColumn : PrimitiveDataFrameColumn<DateTime>
{
    public DateTimeDataFrameColumn(string name, IEnumerable<DateTime?> values) : base(name, values) { }

    public DateTimeDataFrameColumn(string name, IEnumerable<DateTime> values) : base(name, values) { }

    public DateTimeDataFrameColumn(string name, long length = 0) : base(name, length) { }

    private protected override DataFrameColumn Made(string name, IEnumerable<DateTime?> values) => new DateTimeDataFrameColumn(name, values);
}
