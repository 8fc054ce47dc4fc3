using System.Globalization;
using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

/// <summary>One cell of a <see cref="HeatChart"/>.</summary>
/// <param name="Value">What the colour shows; not finite where there is none.</param>
/// <param name="Mark">What is written behind the value, such as "*"; empty for none.</param>
sealed record HeatCell(double Value, string Mark = "");

/// <summary>A table as colours: rows and columns are settings, dark is low, and every cell has its number.</summary>
static class HeatChart
{
    const int RowHeight = 62;
    const string OnDark = "#ffffff", OnBright = "#1a1a1a";

    /// <summary>Draws the chart.</summary>
    /// <param name="title">The message with its number.</param>
    /// <param name="subtitle">What the numbers and marks are; runs, seeds, preset.</param>
    /// <param name="across">Title and names of the columns.</param>
    /// <param name="up">Title and names of the rows, from bottom to top.</param>
    /// <param name="cells">By row and column; null leaves a cell empty.</param>
    /// <param name="most">Values from here on have the brightest colour, so that one outlier does not leave all others equal.</param>
    public static Figure Draw(string title, string? subtitle, (string Title, IReadOnlyList<string> Names) across, (string Title, IReadOnlyList<string> Names) up, IReadOnlyList<IReadOnlyList<HeatCell?>> cells, double most)
    {
        var known = cells.SelectMany(row => row).OfType<HeatCell>().Select(c => c.Value).Where(double.IsFinite).ToList();
        var (low, high) = known.Count == 0 ? (0, 1) : (known.Min(), Math.Max(Math.Min(known.Max(), most), known.Min() + 1e-6));
        var layout = FigureStyle.BaseLayout();
        FigureStyle.SetTitle(layout, title, subtitle);
        layout["height"] = (int)layout["margin"]!["t"]! + (int)layout["margin"]!["b"]! + RowHeight * up.Names.Count;
        (layout["xaxis"], layout["yaxis"]) = (AxisJson(across.Title), AxisJson(up.Title));
        layout["annotations"] = new JsonArray([.. from row in Enumerable.Range(0, up.Names.Count)
                                                  from column in Enumerable.Range(0, across.Names.Count)
                                                  where cells[row][column] is not null
                                                  select (JsonNode)Label(cells[row][column]!, column, row, low, high)]);
        return new Figure(
        [
            new JsonObject
            {
                ["type"] = "heatmap",
                ["x"] = new JsonArray([.. across.Names.Select(name => (JsonNode)name)]),
                ["y"] = new JsonArray([.. up.Names.Select(name => (JsonNode)name)]),
                ["z"] = new JsonArray([.. cells.Select(row => (JsonNode)FigureJson.Numbers([.. row.Select(cell => cell is { Value: var value } ? (double.IsPositiveInfinity(value) ? high : value) : double.NaN)]))]),
                ["zmin"] = low,
                ["zmax"] = high,
                ["colorscale"] = "Viridis",
                ["hovertemplate"] = $"{FigureStyle.PlotlyText(up.Title)} %{{y}}<br>{FigureStyle.PlotlyText(across.Title)} %{{x}}<br>%{{z:+.4f}}<extra></extra>",
            },
        ], layout);
    }

    static JsonObject AxisJson(string title)
    {
        var axis = FigureStyle.BaseAxis();
        axis["type"] = "category";
        axis["title"] = FigureStyle.AxisTitle();
        axis["title"]!["text"] = FigureStyle.PlotlyText(title);
        return axis;
    }

    // Viridis is dark below two thirds of its length. A place among the names, since plotly.js takes a name such as "10" for the tenth place.
    static JsonObject Label(HeatCell cell, int x, int y, double low, double high) => new()
    {
        ["text"] = (double.IsFinite(cell.Value) ? cell.Value.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture) : "diverged") + (cell.Mark.Length > 0 ? " " + cell.Mark : ""),
        ["x"] = x,
        ["y"] = y,
        ["showarrow"] = false,
        ["font"] = new JsonObject { ["color"] = (cell.Value - low) / (high - low) < 0.65 ? OnDark : OnBright, ["size"] = FigureStyle.FontSize },
    };
}
