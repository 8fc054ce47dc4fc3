using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

/// <summary>One row of an <see cref="IntervalChart"/>.</summary>
/// <param name="Name">What stands at the axis, such as "113k parameters".</param>
/// <param name="Color">"#RRGGBB".</param>
/// <param name="Mean">The estimate with its interval; ends that are NaN are not drawn.</param>
/// <param name="Singles">The values it was made of, drawn faintly.</param>
sealed record IntervalRow(string Name, string Color, Interval Mean, IReadOnlyList<double> Singles)
{
    /// <summary>What one of the single values is, for its label.</summary>
    public string Single { get; init; } = "one seed";
}

/// <summary>Estimates one below the other: a dot with its 95 % interval, the single values behind it, and a line where there is no effect.</summary>
static class IntervalChart
{
    const int RowHeight = 52;
    const int FewestRows = 3;

    /// <summary>Draws the chart.</summary>
    /// <param name="title">The message with its number.</param>
    /// <param name="subtitle">Number of runs, seeds, preset.</param>
    /// <param name="axis">What is measured.</param>
    /// <param name="none">The value of no effect: 0 for a difference, 1 for a factor.</param>
    /// <param name="rows">From top to bottom.</param>
    public static Figure Draw(string title, string? subtitle, Axis axis, double none, IReadOnlyList<IntervalRow> rows)
    {
        var layout = FigureStyle.BaseLayout();
        FigureStyle.SetTitle(layout, title, subtitle);
        layout["height"] = (int)layout["margin"]!["t"]! + (int)layout["margin"]!["b"]! + RowHeight * (1 + Math.Max(FewestRows, rows.Count));
        layout["showlegend"] = false;
        var (x, y) = (FigureStyle.BaseAxis(), FigureStyle.BaseAxis());
        x["title"] = FigureStyle.AxisTitle();
        x["title"]!["text"] = FigureStyle.PlotlyText(axis.Title);
        if (axis.TickFormat is not null) x["tickformat"] = axis.TickFormat;
        // Room at both ends: left to itself plotly.js ends the axis at the line of no effect.
        double[] seen = [none, .. rows.SelectMany(row => row.Singles.Concat([row.Mean.Center, row.Mean.Low, row.Mean.High])).Where(double.IsFinite)];
        var room = seen.Max() > seen.Min() ? 0.08 * (seen.Max() - seen.Min()) : 0.5;
        x["range"] = new JsonArray(seen.Min() - room, seen.Max() + room);
        // A category axis counts upwards; the first row belongs at the top.
        y["type"] = "category";
        y["autorange"] = "reversed";
        (layout["xaxis"], layout["yaxis"]) = (x, y);

        var data = new JsonArray();
        // The line of no effect comes first: it sets the order of the names, with an empty one at either end for air.
        string[] names = [" ", .. rows.Select(row => row.Name), "  "];
        data.Add(Trace([.. names.Select(_ => none)], names, "lines", "#808080", 1.4, $"no effect ({none.ToString(System.Globalization.CultureInfo.InvariantCulture)})", dash: "dot"));
        foreach (var row in rows)
        {
            var name = FigureStyle.PlotlyText(row.Name);
            if (row.Singles.Count > 1) data.Add(Trace(row.Singles, [.. row.Singles.Select(_ => row.Name)], "markers", FigureStyle.Faded(row.Color, 0.4), 7, $"{name}, {row.Single}<br>%{{x:.4~g}}"));
            if (double.IsFinite(row.Mean.Low)) data.Add(Trace([row.Mean.Low, row.Mean.High], [row.Name, row.Name], "lines", row.Color, 2.6, $"{name}, 95 % interval<br>%{{x:.4~g}}"));
            data.Add(Trace([row.Mean.Center], [row.Name], "markers", row.Color, 12, $"<b>{name}</b><br>%{{x:.4~g}}"));
        }
        return new Figure(data, layout);
    }

    static JsonObject Trace(IReadOnlyList<double> x, IReadOnlyList<string> y, string mode, string color, double size, string hover, string dash = "solid")
    {
        var trace = new JsonObject
        {
            ["type"] = "scatter",
            ["mode"] = mode,
            ["showlegend"] = false,
            ["x"] = FigureJson.Numbers(x),
            ["y"] = new JsonArray([.. y.Select(name => (JsonNode)FigureStyle.PlotlyText(name))]),
            ["hovertemplate"] = hover + "<extra></extra>",
        };
        if (mode == "markers") trace["marker"] = new JsonObject { ["color"] = color, ["size"] = size };
        else trace["line"] = new JsonObject { ["color"] = color, ["width"] = size, ["dash"] = dash };
        return trace;
    }
}
