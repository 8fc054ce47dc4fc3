using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>How one column of a table is headed and written.</summary>
/// <param name="Title">The heading, with the unit.</param>
public sealed record TableColumn(string Title)
{
    /// <summary>Significant digits of the column's largest value; smaller ones get the same decimals. Ignored where <see cref="Format"/> is set.</summary>
    public int Digits { get; init; } = 4;

    /// <summary>A .NET format such as "0.000", "P1" or "E2"; null chooses by <see cref="Digits"/>.</summary>
    public string? Format { get; init; }

    /// <summary>Width in em within which text is broken into lines; null keeps every cell on one line.</summary>
    public int? Width { get; init; }

    /// <summary>A column of losses or their differences, in nats.</summary>
    internal static TableColumn Nats(string title) => new(title) { Format = "0.0000" };

    /// <summary>A column with a heading and nothing else set.</summary>
    public static implicit operator TableColumn(string title) => new(title);
}

/// <summary>A cell that leads to another page.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Address">Where it leads: a notebook beside this one, or a web address.</param>
public sealed record Link(string Text, string Address)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>The written form of a column's cells: numbers of one column share their decimals, so that they can be compared by eye.</summary>
sealed class CellWriter
{
    readonly TableColumn column;
    readonly int decimals;
    readonly bool wide;

    public CellWriter(TableColumn column, IEnumerable<object?> cells)
    {
        this.column = column;
        var values = cells.ToArray();
        IsNumeric = values.Any(value => value is not null) && values.All(value => value is null or Interval or TimeSpan || IsNumber(value));
        var sizes = values.SelectMany(Parts).Where(number => double.IsFinite(number) && number != 0).Select(Math.Abs).ToArray();
        if (sizes.Length == 0) return;
        decimals = Math.Clamp(column.Digits - 1 - (int)Math.Floor(Math.Log10(sizes.Max())), 0, 12);
        // Learning rates such as 3e-5 and 1.6e-2 in one column: where equal decimals would leave the smallest less than two digits, each keeps its own.
        wide = sizes.Min() < 9.5 * Math.Pow(10, -decimals) || sizes.Max() < 1e-3;
    }

    public bool IsNumeric { get; }

    public string Write(object? value) => value switch
    {
        null => "–",
        Interval interval when double.IsFinite(interval.Low) => $"{Number(interval.Center)} [{Number(interval.Low)}, {Number(interval.High)}]",
        Interval interval => Number(interval.Center),
        double number => Number(number),
        float number => Number(number),
        decimal number => Number((double)number),
        bool yes => yes ? "yes" : "no",
        TimeSpan time => Duration(time),
        DateTime date => date.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        DateTimeOffset date => date.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        IFormattable whole when IsNumber(whole) => whole.ToString(column.Format ?? "#,0", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(column.Format, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    string Number(double value)
    {
        if (double.IsNaN(value)) return "NaN";
        if (double.IsInfinity(value)) return value > 0 ? "∞" : "−∞";
        if (column.Format is not null) return value.ToString(column.Format, CultureInfo.InvariantCulture);
        if (wide) return value.ToString("G" + column.Digits, CultureInfo.InvariantCulture).Replace("E-0", "e-", StringComparison.Ordinal).Replace("E+0", "e+", StringComparison.Ordinal).Replace('E', 'e');
        return value.ToString("#,0." + new string('0', decimals), CultureInfo.InvariantCulture);
    }

    static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds:00} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours} h {time.Minutes:00} min"),
    };

    static IEnumerable<double> Parts(object? value) => value switch
    {
        Interval interval => [interval.Center, interval.Low, interval.High],
        double number => [number],
        float number => [number],
        decimal number => [(double)number],
        _ => [],
    };

    static bool IsNumber(object value) => value is double or float or decimal or int or long or short or byte or uint or ulong or ushort or sbyte;
}
