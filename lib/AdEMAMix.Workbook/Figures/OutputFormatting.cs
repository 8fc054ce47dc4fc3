namespace AdEMAMix.Workbook;

/// <summary>Tells a notebook engine, by this attribute's name alone, how to show a type; the library needs no engine for it.</summary>
[AttributeUsage(AttributeTargets.Class)]
sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;

    public string[] PreferredMimeTypes { get; set; } = [];
}

// One source for each type: an engine registers all formatters of a source for the type that names it. CreateTypeFormatters is found by name.

sealed class FigureFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new OutputFormatter<Figure>("text/html", figure => figure.ToHtml()),
        new OutputFormatter<Figure>(Figure.PlotlyMime, figure => figure.Json),
        new OutputFormatter<Figure>("text/plain", figure => figure.ToString()),
    ];
}

sealed class TableFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new OutputFormatter<Table>("text/html", table => table.ToHtml()),
        new OutputFormatter<Table>("text/plain", table => table.ToString()),
    ];
}

sealed class ReportFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new OutputFormatter<Report>("text/html", report => report.ToHtml()),
        new OutputFormatter<Report>("text/plain", report => report.ToString()),
    ];
}

sealed class RunPlanFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new OutputFormatter<RunPlan>("text/html", plan => plan.ToHtml()),
        new OutputFormatter<RunPlan>("text/plain", plan => plan.ToString()),
    ];
}

sealed class ProgressStateFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new OutputFormatter<ProgressState>("text/html", state => state.ToHtml()),
        new OutputFormatter<ProgressState>("text/plain", state => state.ToString()),
    ];
}

sealed class LabStatusFormatters
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new OutputFormatter<LabStatus>("text/html", status => status.ToHtml()),
        new OutputFormatter<LabStatus>("text/plain", status => status.ToString()),
    ];
}

/// <summary>Writes values of one type as one mime type; engines read MimeType and call Format by name.</summary>
sealed class OutputFormatter<T>(string mimeType, Func<T, string> write)
{
    public string MimeType { get; } = mimeType;

    /// <summary>False where the value is of another type.</summary>
    public bool Format(object value, TextWriter writer)
    {
        if (value is not T typed) return false;
        writer.Write(write(typed));
        return true;
    }
}
