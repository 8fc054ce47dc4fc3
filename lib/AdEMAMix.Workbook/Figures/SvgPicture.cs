using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

/// <summary>Draws a figure's JSON as a compact SVG for readers without scripts: axes, lines, bands, points, bars, cells, labels.</summary>
/// <remarks>It follows plotly.js's reading of the same JSON; what it does not know, it leaves out.</remarks>
sealed class SvgPicture
{
    readonly Figure figure;
    readonly StringBuilder svg = new();
    readonly Dictionary<string, SvgAxis> axes = [];
    readonly double top, height;
    double left, width;
    int clips;

    SvgPicture(Figure figure)
    {
        this.figure = figure;
        var margin = figure.Layout["margin"];
        (left, top) = (FigureJson.Number(margin?["l"]) ?? 80, FigureJson.Number(margin?["t"]) ?? 100);
        width = figure.Width - left - (FigureJson.Number(margin?["r"]) ?? 80);
        height = figure.Height - top - (FigureJson.Number(margin?["b"]) ?? 80);
    }

    public static string Draw(Figure figure) => new SvgPicture(figure).Draw();

    string Draw()
    {
        Append($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {figure.Width} {figure.Height}\" width=\"{figure.Width}\" height=\"{figure.Height}\" font-family=\"{FigureStyle.FontFamily}\" font-size=\"{FigureStyle.FontSize}\" fill=\"{FigureStyle.Ink}\">");
        var marks = SvgMarks.Read(figure, Axis);
        foreach (var panel in marks.GroupBy(mark => (mark.X, mark.Y)))
        {
            var (xTight, yTight) = (panel.Any(mark => mark.TightX), panel.Any(mark => mark.TightY));
            panel.Key.X.Settle(xTight);
            panel.Key.Y.Settle(yTight);
        }
        MakeRoom(marks);
        foreach (var panel in marks.GroupBy(mark => (mark.X, mark.Y))) DrawPanel(panel.Key.X, panel.Key.Y, [.. panel]);
        DrawTitle();
        DrawLegend();
        DrawAnnotations();
        return svg.Append("</svg>").ToString();
    }

    /// <summary>Widens the margins for long labels at the left and for a colour scale at the right.</summary>
    void MakeRoom(List<SvgMark> marks)
    {
        var needed = marks.Select(mark => mark.Y).Distinct().Select(axis => LabelWidth(axis) + (axis.Title.Length > 0 ? 40 : 14)).DefaultIfEmpty(0).Max();
        if (needed > left) (left, width) = (needed, width - (needed - left));
        if (marks.Any(mark => mark.Scale is not null)) width -= 70;
    }

    static double LabelWidth(SvgAxis axis) => axis.Ticks(5).Select(tick => tick.Label.Length * FigureStyle.FontSize * 0.64).DefaultIfEmpty(0).Max();

    /// <summary>The axis that a trace names ("x2"), from the layout and its grid.</summary>
    SvgAxis Axis(string id)
    {
        if (axes.TryGetValue(id, out var known)) return known;
        var horizontal = id[0] == 'x';
        var json = figure.Layout[$"{id[0]}axis{id[1..]}"] as JsonObject;
        var domain = json?["domain"] is JsonArray { Count: 2 } ends
            ? (FigureJson.Number(ends[0]) ?? 0, FigureJson.Number(ends[1]) ?? 1)
            : GridDomain(id.Length == 1 ? 1 : int.Parse(id.AsSpan(1), CultureInfo.InvariantCulture), horizontal);
        return axes[id] = new SvgAxis(json, domain, horizontal);
    }

    (double, double) GridDomain(int number, bool horizontal)
    {
        if (figure.Layout["grid"] is not JsonObject grid) return (0, 1);
        var (rows, columns) = ((int)(FigureJson.Number(grid["rows"]) ?? 1), (int)(FigureJson.Number(grid["columns"]) ?? 1));
        var independent = grid["pattern"]?.GetValue<string>() == "independent";
        var cell = independent ? horizontal ? (number - 1) % columns : (number - 1) / columns : number - 1;
        var count = horizontal ? columns : rows;
        var gap = FigureJson.Number(grid[horizontal ? "xgap" : "ygap"]) ?? (independent ? horizontal ? 0.2 : 0.3 : 0.1);
        var size = 1 / (count - gap);
        if (!horizontal && grid["roworder"]?.GetValue<string>() != "bottom to top") cell = rows - 1 - cell;
        return (cell * size, (cell + 1 - gap) * size);
    }

    void DrawPanel(SvgAxis x, SvgAxis y, SvgMark[] marks)
    {
        var (x0, x1) = (left + x.Domain.From * width, left + x.Domain.To * width);
        var (y0, y1) = (top + (1 - y.Domain.From) * height, top + (1 - y.Domain.To) * height);
        double Px(double value) => x0 + x.Place(value) * (x1 - x0);
        double Py(double value) => y0 + y.Place(value) * (y1 - y0);

        foreach (var (value, label) in x.Ticks(Math.Max(3, (int)((x1 - x0) / 110))))
        {
            Append($"<path d=\"M{Px(value):0.#} {y1:0.#}V{y0:0.#}\" stroke=\"#808080\" stroke-opacity=\".22\"/>");
            Text(label, Px(value), y0 + 18, "middle");
        }
        foreach (var (value, label) in y.Ticks(Math.Max(3, (int)((y0 - y1) / 50))))
        {
            Append($"<path d=\"M{x0:0.#} {Py(value):0.#}H{x1:0.#}\" stroke=\"#808080\" stroke-opacity=\".22\"/>");
            Text(label, x0 - 8, Py(value) + 5, "end");
        }
        Append($"<clipPath id=\"c{++clips}\"><path d=\"M{x0:0.#} {y1:0.#}H{x1:0.#}V{y0:0.#}H{x0:0.#}z\"/></clipPath><g clip-path=\"url(#c{clips})\">");
        foreach (var mark in marks) svg.Append(mark.Draw(Px, Py));
        svg.Append("</g>");
        if (marks.Select(mark => mark.Scale).FirstOrDefault(scale => scale is not null) is { } scale) DrawColorScale(scale, x1 + 16, y0, y1);
        if (x.Title.Length > 0) Text(PlotlyMarkup.PlainText(x.Title), (x0 + x1) / 2, y0 + 42, "middle");
        if (y.Title.Length > 0) Append($"<text transform=\"translate({x0 - LabelWidth(y) - 22:0.#} {(y0 + y1) / 2:0.#})rotate(-90)\" text-anchor=\"middle\">{Escaped(PlotlyMarkup.PlainText(y.Title))}</text>");
    }

    void DrawColorScale((double Dark, double Bright) ends, double x, double y0, double y1)
    {
        const int Steps = 24;
        var step = (y0 - y1) / Steps;
        for (var i = 0; i < Steps; i++)
            Append($"<path d=\"M{x:0.#} {y0 - i * step:0.#}h14V{y0 - (i + 1) * step:0.#}h-14z\" fill=\"{ColorScale.Viridis((i + 0.5) / Steps)}\" shape-rendering=\"crispEdges\"/>");
        var axis = new SvgAxis(new JsonObject { ["range"] = new JsonArray(ends.Dark, ends.Bright) }, (0, 1), horizontal: false);
        foreach (var (value, label) in axis.Ticks(5)) Text(label, x + 19, y0 + axis.Place(value) * (y1 - y0) + 5, "start");
    }

    void DrawTitle()
    {
        if (figure.Layout["title"]?["text"] is not JsonValue text) return;
        double y = 14;
        foreach (var line in PlotlyMarkup.Lines(text.GetValue<string>()))
        {
            var size = line.FontSize ?? FigureStyle.TitleSize;
            y += size * 1.3;
            Append($"<text x=\"16\" y=\"{y:0.#}\" font-size=\"{size:0.#}\"{(line.Bold ? " font-weight=\"bold\"" : "")}>{Escaped(line.Text)}</text>");
        }
    }

    void DrawLegend()
    {
        if (figure.Layout["showlegend"] is JsonValue shown && shown.TryGetValue<bool>(out var show) && !show) return;
        var entries = figure.Data.OfType<JsonObject>().Select((trace, i) => (Trace: trace, Number: i)).Where(entry => InLegend(entry.Trace))
            .Select(entry => (Name: PlotlyMarkup.PlainText(entry.Trace["name"]?.GetValue<string>() ?? ""), Mark: SvgMarks.Key(entry.Trace, entry.Number))).Where(entry => entry.Name.Length > 0).ToArray();
        // A single trace needs no key, unless it asks for one.
        if (entries.Length < 2) return;
        var x = left + width;
        foreach (var (name, mark) in entries.Reverse())
        {
            x -= name.Length * 7.8 + 40;
            Append($"<g transform=\"translate({x:0.#} {top - 12:0.#})\" font-size=\"{FigureStyle.SubtitleSize}\">{mark}<text x=\"27\" y=\"4\">{Escaped(name)}</text></g>");
        }
    }

    static bool InLegend(JsonObject trace)
    {
        if (trace["showlegend"] is JsonValue shown && shown.TryGetValue<bool>(out var show)) return show;
        return trace["type"]?.GetValue<string>() is not ("heatmap" or "contour");
    }

    void DrawAnnotations()
    {
        foreach (var note in figure.Layout["annotations"]?.AsArray().OfType<JsonObject>() ?? [])
        {
            if (note["text"]?.GetValue<string>() is not { } text) continue;
            var x = Coordinate(note, "x", left, width) + (FigureJson.Number(note["xshift"]) ?? 0);
            var y = Coordinate(note, "y", top + height, -height) - (FigureJson.Number(note["yshift"]) ?? 0);
            if (!double.IsFinite(x) || !double.IsFinite(y)) continue;
            var anchor = note["xanchor"]?.GetValue<string>() switch { "left" => "start", "right" => "end", _ => "middle" };
            var color = note["font"]?["color"]?.GetValue<string>() ?? FigureStyle.Ink;
            y += note["yanchor"]?.GetValue<string>() switch { "bottom" => -5, "top" => 14, _ => 5 };
            foreach (var line in PlotlyMarkup.Lines(text))
            {
                Text(line.Text, x, y, anchor, color, line.Bold);
                y += FigureStyle.FontSize * 1.25;
            }
        }
    }

    double Coordinate(JsonObject note, string side, double start, double length)
    {
        var axis = note[side + "ref"]?.GetValue<string>() ?? side;
        if (axis == "paper") return start + (FigureJson.Number(note[side]) ?? 0.5) * length;
        var on = Axis(axis.Split(' ')[0]);
        // On a logarithmic axis plotly.js takes a note's place as the logarithm already.
        var value = FigureJson.Number(note[side]) ?? on.Read(note[side]);
        return start + (on.Domain.From + on.Place(value) * (on.Domain.To - on.Domain.From)) * length;
    }

    void Text(string text, double x, double y, string anchor, string? color = null, bool bold = false) =>
        Append($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\"{(color is null ? "" : $" fill=\"{color}\"")}{(bold ? " font-weight=\"bold\"" : "")}>{Escaped(text)}</text>");

    void Append(FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture));

    static string Escaped(string text) => WebUtility.HtmlEncode(text);
}
