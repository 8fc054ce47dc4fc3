namespace AdEMAMix.Workbook;

/// <summary>Tells a notebook engine, by this attribute's name alone, how to show a type; the library needs no engine for it.</summary>
[AttributeUsage(AttributeTargets.Class)]
sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;

    public string[] PreferredMimeTypes { get; set; } = [];
}

/// <summary>The formatters of everything that a cell may end in: engines look for CreateTypeFormatters by name.</summary>
sealed class OutputFormatterSource
{
    public IEnumerable<object> CreateTypeFormatters() =>
    [
        new OutputFormatter<Figure>("text/html", figure => figure.ToHtml()),
        new OutputFormatter<Figure>(Figure.PlotlyMime, figure => figure.Json),
        new OutputFormatter<Figure>("text/plain", figure => figure.ToString()),
        new OutputFormatter<Table>("text/html", table => table.ToHtml()),
        new OutputFormatter<Table>("text/plain", table => table.ToString()),
        new OutputFormatter<Report>("text/html", report => report.ToHtml()),
        new OutputFormatter<Report>("text/plain", report => report.ToString()),
        new OutputFormatter<RunPlan>("text/html", plan => plan.ToHtml()),
        new OutputFormatter<RunPlan>("text/plain", plan => plan.ToString()),
    ];
}

/// <summary>Writes values of one type as one mime type; engines read MimeType and call Format by name.</summary>
sealed class OutputFormatter<T>(string mimeType, Func<T, string> write)
{
    public string MimeType { get; } = mimeType;

    /// <summary>False where the value is of another type: the source serves several.</summary>
    public bool Format(object value, TextWriter writer)
    {
        if (value is not T typed) return false;
        writer.Write(write(typed));
        return true;
    }
}
