using Microsoft.Data.Analysis;

namespace AdEMAMix.Workbook;

/// <summary>From a data frame to a table that shows itself.</summary>
public static class DataFrameConversion
{
    /// <summary>The data frame as a table, all rows and columns in their order. (ToTable is taken: the package has a method of that name.)</summary>
    /// <param name="frame">The data.</param>
    /// <param name="caption">What the table shows; null for none.</param>
    /// <param name="formats">How columns are written, found by their title; others are written by their type.</param>
    /// <exception cref="FigureException">A format names no column.</exception>
    public static Table AsTable(this DataFrame frame, string? caption = null, params IReadOnlyList<TableColumn> formats)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(formats);
        string[] names = [.. frame.Columns.Select(column => column.Name)];
        foreach (var format in formats)
            if (!names.Contains(format.Title)) throw new FigureException($"The format '{format.Title}' names no column: the data frame has {string.Join(", ", names)}.");
        return new Table(
            names.Select(name => formats.FirstOrDefault(format => format.Title == name) ?? new TableColumn(name)),
            frame.Rows.Select(row => (IReadOnlyList<object?>)[.. row]),
            caption);
    }
}
