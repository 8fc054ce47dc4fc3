using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

/// <summary>One line of a <see cref="LineChart"/>.</summary>
/// <param name="Name">What the legend calls it; empty for a line without an entry, such as a contour.</param>
/// <param name="Color">"#RRGGBB" or "rgba(...)".</param>
/// <param name="X">Positions; NaN leaves a gap.</param>
/// <param name="Y">Values at <paramref name="X"/>.</param>
sealed record ChartLine(string Name, string Color, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>"dash", "dot", "dashdot", or null for a solid line.</summary>
    public string? Dash { get; init; }

    public double Width { get; init; } = 2.2;

    /// <summary>Which panel it is drawn in, from 0 at the left.</summary>
    public int Panel { get; init; }

    /// <summary>Markers only, in this size; null for a line.</summary>
    public double? Dot { get; init; }

    /// <summary>Where a label with the line's name stands, as an index into <see cref="X"/>; null for an entry in the legend instead.</summary>
    public int? LabelAt { get; init; }

    /// <summary>Pixels by which the label is moved up.</summary>
    public double LabelShift { get; init; } = 12;

    public string LabelAnchor { get; init; } = "left";
}

/// <summary>Lines that are computed, not measured: functions, schedules, paths. One or more panels side by side.</summary>
static class LineChart
{
    const double Gap = 0.12;

    public static Figure Draw(string title, string? subtitle, IReadOnlyList<(string Title, Axis X, Axis Y)> panels, IEnumerable<ChartLine> lines)
    {
        var layout = FigureStyle.BaseLayout();
        FigureStyle.SetTitle(layout, title, subtitle);
        var (data, notes) = (new JsonArray(), new JsonArray());
        var share = (1 - Gap * (panels.Count - 1)) / panels.Count;
        for (var i = 0; i < panels.Count; i++)
        {
            var (from, number) = (i * (share + Gap), Number(i));
            layout["xaxis" + number] = AxisJson(panels[i].X, "y" + number, (from, from + share));
            layout["yaxis" + number] = AxisJson(panels[i].Y, "x" + number, null);
            if (panels[i].Title.Length > 0) notes.Add(Note(panels[i].Title, from, 1, "paper", "left", 4, FigureStyle.Ink));
        }
        foreach (var line in lines)
        {
            data.Add(Trace(line));
            if (line.LabelAt is { } at)
            {
                var number = Number(line.Panel);
                var panel = panels[line.Panel];
                var note = Note(line.Name, OnScale(panel.X, line.X[at]), OnScale(panel.Y, line.Y[at]), "", line.LabelAnchor, line.LabelShift, line.Color);
                (note["xref"], note["yref"], note["name"]) = ("x" + number, "y" + number, line.Name);
                notes.Add(note);
            }
        }
        layout["annotations"] = notes;
        layout["legend"] = new JsonObject
        {
            ["orientation"] = "h",
            ["x"] = 1,
            ["xanchor"] = "right",
            ["y"] = panels.Any(panel => panel.Title.Length > 0) ? 1.06 : 1.01,
            ["yanchor"] = "bottom",
            ["font"] = new JsonObject { ["size"] = FigureStyle.SubtitleSize },
            ["bgcolor"] = FigureStyle.Clear,
        };
        if (panels.Any(panel => panel.Title.Length > 0)) layout["margin"]!["t"] = (int)layout["margin"]!["t"]! + 26;
        return new Figure(data, layout);
    }

    static JsonObject Trace(ChartLine line)
    {
        var number = Number(line.Panel);
        var trace = new JsonObject
        {
            ["type"] = "scatter",
            ["mode"] = line.Dot is null ? "lines" : "markers",
            ["name"] = FigureStyle.PlotlyText(line.Name),
            ["meta"] = line.Name,
            ["showlegend"] = line.Name.Length > 0 && line.LabelAt is null,
            ["x"] = FigureJson.Numbers(line.X),
            ["y"] = FigureJson.Numbers(line.Y),
            ["xaxis"] = "x" + number,
            ["yaxis"] = "y" + number,
        };
        if (line.Dot is { } size) trace["marker"] = new JsonObject { ["color"] = line.Color, ["size"] = size };
        else trace["line"] = new JsonObject { ["color"] = line.Color, ["width"] = line.Width, ["dash"] = line.Dash ?? "solid" };
        if (line.Name.Length == 0) trace["hoverinfo"] = "skip";
        else trace["hovertemplate"] = $"<b>{FigureStyle.PlotlyText(line.Name)}</b><br>%{{y:.4~g}} at %{{x:.4~s}}<extra></extra>";
        return trace;
    }

    static JsonObject Note(string text, double x, double y, string reference, string anchor, double shift, string color) => new()
    {
        ["text"] = $"<b>{FigureStyle.PlotlyText(text)}</b>",
        ["x"] = x,
        ["y"] = y,
        ["xref"] = reference,
        ["yref"] = reference,
        ["xanchor"] = anchor,
        ["yanchor"] = reference == "paper" ? "bottom" : "middle",
        ["yshift"] = shift,
        ["showarrow"] = false,
        ["font"] = new JsonObject { ["color"] = color, ["size"] = FigureStyle.FontSize },
    };

    static JsonObject AxisJson(Axis axis, string anchor, (double From, double To)? domain)
    {
        var json = FigureStyle.BaseAxis();
        json["title"] = FigureStyle.AxisTitle();
        json["title"]!["text"] = FigureStyle.PlotlyText(axis.Title);
        json["anchor"] = anchor;
        if (domain is { } part) json["domain"] = new JsonArray(part.From, part.To);
        if (axis.Logarithmic) json["type"] = "log";
        if (axis.TickFormat is not null) json["tickformat"] = axis.TickFormat;
        // Powers of ten alone: between them the numbers would be too many to read.
        if (axis.Logarithmic && axis.TickFormat?.EndsWith('e') == true) json["dtick"] = 1;
        if (axis is { Min: { } min, Max: { } max }) json["range"] = new JsonArray(OnScale(axis, min), OnScale(axis, max));
        return json;
    }

    static double OnScale(Axis axis, double value) => axis.Logarithmic ? Math.Log10(value) : value;

    static string Number(int panel) => panel == 0 ? "" : (panel + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
