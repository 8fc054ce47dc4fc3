using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

/// <summary>One trace as it is drawn between two axes.</summary>
/// <param name="X">Horizontal axis.</param>
/// <param name="Y">Vertical axis.</param>
/// <param name="Draw">SVG elements, given how values become pixels.</param>
/// <param name="TightX">Whether the marks touch the ends of the horizontal axis.</param>
/// <param name="TightY">Whether the marks touch the ends of the vertical axis.</param>
sealed record SvgMark(SvgAxis X, SvgAxis Y, Func<Func<double, double>, Func<double, double>, string> Draw, bool TightX = false, bool TightY = false)
{
    /// <summary>The values at the dark and the bright end of the colours, where the mark has a colour for each value.</summary>
    public (double Dark, double Bright)? Scale { get; init; }
}

/// <summary>Reads plotly.js traces as SVG marks: scatter (lines, points, filled bands), bar, histogram, heatmap and contour (as cells).</summary>
static class SvgMarks
{
    public static List<SvgMark> Read(Figure figure, Func<string, SvgAxis> axis)
    {
        var marks = new List<SvgMark>();
        var kinds = figure.Data.OfType<JsonObject>().CountBy(trace => Text(trace, "type") ?? "scatter").ToDictionary();
        var beside = Text(figure.Layout, "barmode") is null or "group";
        var (number, bar) = (0, 0);
        foreach (var trace in figure.Data.OfType<JsonObject>())
        {
            var color = Color(trace, number++);
            var (x, y) = (axis(Text(trace, "xaxis") ?? "x"), axis(Text(trace, "yaxis") ?? "y"));
            var mark = (Text(trace, "type") ?? "scatter") switch
            {
                "scatter" or "scattergl" => Scatter(trace, x, y, color),
                "bar" => Bars(trace, x, y, color, bar++, beside ? kinds["bar"] : 1),
                "histogram" => Histogram(trace, x, y, color, bar++, beside ? kinds["histogram"] : 1),
                "heatmap" or "contour" => Cells(trace, x, y),
                _ => null,
            };
            if (mark is not null) marks.Add(mark);
        }
        return marks;
    }

    /// <summary>The sample beside a trace's name in the legend, 22 pixels wide around the origin's height.</summary>
    public static string Key(JsonObject trace, int number)
    {
        var color = Color(trace, number);
        var width = FigureJson.Number(trace["line"]?["width"]) ?? 2;
        if (Text(trace, "fillcolor") is { } fill && width == 0) return $"<path d=\"M0 -5H22V5H0z\" fill=\"{fill}\"/>";
        if (Text(trace, "type") is "bar" or "histogram") return $"<path d=\"M5 -6H17V6H5z\" fill=\"{color}\"/>";
        if (Text(trace, "mode") == "markers") return $"<circle cx=\"11\" r=\"4\" fill=\"{color}\"/>";
        return string.Create(CultureInfo.InvariantCulture, $"<path d=\"M0 0H22\" stroke=\"{color}\" stroke-width=\"{width:0.#}\"{Dashes(trace)}/>");
    }

    static string Dashes(JsonObject trace) =>
        Text(trace["line"], "dash") switch { "dash" => " stroke-dasharray=\"8 5\"", "dot" => " stroke-dasharray=\"2 4\"", "dashdot" => " stroke-dasharray=\"8 4 2 4\"", _ => "" };

    static SvgMark Scatter(JsonObject trace, SvgAxis x, SvgAxis y, string color)
    {
        var points = Points(trace, x, y);
        var mode = Text(trace, "mode") ?? "lines";
        var opacity = FigureJson.Number(trace["opacity"]) ?? 1;
        var fill = Text(trace, "fill") is { } kind && kind != "none" ? Text(trace, "fillcolor") ?? FadedColor(color) : null;
        var ground = fill is not null && Text(trace, "fill") == "tozeroy";
        foreach (var (px, py) in points)
        {
            x.Include(px);
            y.Include(py);
        }
        if (ground) y.Include(0);
        var width = FigureJson.Number(trace["line"]?["width"]) ?? 2;
        var dash = Dashes(trace);
        var size = (FigureJson.Number(trace["marker"]?["size"]) ?? 6) / 2;
        return new SvgMark(x, y, (px, py) =>
        {
            var svg = new StringBuilder();
            if (fill is not null)
            {
                var outline = ground && points.Count > 0 ? points.Append((points[^1].X, 0)).Append((points[0].X, 0)) : points;
                Append(svg, $"<path d=\"{Path(outline, px, py)}z\" fill=\"{fill}\"/>");
            }
            if (mode.Contains("lines", StringComparison.Ordinal) && width > 0)
                Append(svg, $"<path d=\"{Path(points, px, py)}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width:0.#}\" stroke-linejoin=\"round\"{Opacity(opacity)}{dash}/>");
            if (mode.Contains("markers", StringComparison.Ordinal))
                foreach (var (vx, vy) in points)
                    if (double.IsFinite(vx) && double.IsFinite(vy)) Append(svg, $"<circle cx=\"{px(vx):0.#}\" cy=\"{py(vy):0.#}\" r=\"{size:0.#}\" fill=\"{Text(trace["marker"], "color") ?? color}\"{Opacity(opacity)}/>");
            foreach (var (axis, key) in new[] { (x, "error_x"), (y, "error_y") }) ErrorBars(svg, trace, key, points, px, py, color);
            return svg.ToString();
        });
    }

    static void ErrorBars(StringBuilder svg, JsonObject trace, string key, List<(double X, double Y)> points, Func<double, double> px, Func<double, double> py, string color)
    {
        if (trace[key] is not JsonObject error || error["array"] is not JsonArray up) return;
        var down = error["arrayminus"] as JsonArray ?? up;
        for (var i = 0; i < Math.Min(points.Count, up.Count); i++)
        {
            if (FigureJson.Number(up[i]) is not { } above || FigureJson.Number(down[i]) is not { } below) continue;
            var (x, y) = points[i];
            if (key == "error_y") Append(svg, $"<path d=\"M{px(x):0.#} {py(y - below):0.#}V{py(y + above):0.#}\" stroke=\"{color}\" stroke-width=\"2\"/>");
            else Append(svg, $"<path d=\"M{px(x - below):0.#} {py(y):0.#}H{px(x + above):0.#}\" stroke=\"{color}\" stroke-width=\"2\"/>");
        }
    }

    static SvgMark Bars(JsonObject trace, SvgAxis x, SvgAxis y, string color, int index, int count)
    {
        var lying = Text(trace, "orientation") == "h";
        var (along, across) = lying ? (y, x) : (x, y);
        var points = Points(trace, x, y);
        var lengths = points.Select(point => lying ? (At: point.Y, Value: point.X) : (At: point.X, Value: point.Y)).Where(bar => double.IsFinite(bar.At) && double.IsFinite(bar.Value)).ToArray();
        var ordered = lengths.Select(bar => bar.At).Distinct().Order().ToArray();
        var slot = ordered.Length < 2 ? 1 : ordered.Zip(ordered.Skip(1), (a, b) => b - a).Min();
        var thick = slot * 0.8 / Math.Max(1, count);
        var opacity = FigureJson.Number(trace["opacity"]) ?? 1;
        across.Include(0);
        foreach (var (at, value) in lengths)
        {
            along.Include(at - slot / 2);
            along.Include(at + slot / 2);
            across.Include(value * 1.04);
        }
        return new SvgMark(x, y, (px, py) =>
        {
            var svg = new StringBuilder();
            foreach (var (at, value) in lengths)
            {
                var from = at - slot * 0.4 + (count > 1 ? index * thick : 0);
                svg.Append(lying ? Box(px(0), px(value), py(from), py(from + thick), color, opacity) : Box(px(from), px(from + thick), py(0), py(value), color, opacity));
            }
            return svg.ToString();
        }, TightX: true, TightY: true);
    }

    static SvgMark Histogram(JsonObject trace, SvgAxis x, SvgAxis y, string color, int index, int count)
    {
        var lying = trace["x"] is not JsonArray;
        var (along, across) = lying ? (y, x) : (x, y);
        var values = ((trace[lying ? "y" : "x"] as JsonArray) ?? []).Select(along.Read).Where(double.IsFinite).ToArray();
        if (values.Length == 0) return new SvgMark(x, y, (_, _) => "");
        var (low, high) = (values.Min(), values.Max());
        var wanted = FigureJson.Number(trace[lying ? "nbinsy" : "nbinsx"]) ?? Math.Ceiling(Math.Sqrt(values.Length));
        var width = high > low ? NiceWidth((high - low) / wanted) : 1;
        var start = Math.Floor(low / width) * width;
        var counts = new double[(int)Math.Floor((high - start) / width) + 1];
        foreach (var value in values) counts[(int)((value - start) / width)]++;
        var norm = Text(trace, "histnorm") switch
        {
            "percent" => 100.0 / values.Length,
            "probability" => 1.0 / values.Length,
            "density" => 1 / width,
            "probability density" => 1 / (width * values.Length),
            _ => 1,
        };
        along.Include(start);
        along.Include(start + counts.Length * width);
        across.Include(0);
        across.Include(counts.Max() * norm * 1.04);
        var opacity = FigureJson.Number(trace["opacity"]) ?? 1;
        var thick = width / Math.Max(1, count) * (count > 1 ? 0.9 : 1);
        return new SvgMark(x, y, (px, py) => string.Concat(counts.Select((counted, i) =>
        {
            var from = start + i * width + (count > 1 ? index % count * thick : 0);
            return counted == 0 ? "" : lying ? Box(px(0), px(counted * norm), py(from), py(from + thick), color, opacity) : Box(px(from), px(from + thick), py(0), py(counted * norm), color, opacity);
        })), TightX: true, TightY: true);
    }

    static SvgMark? Cells(JsonObject trace, SvgAxis x, SvgAxis y)
    {
        if (trace["z"] is not JsonArray { Count: > 0 } z) return null;
        var rows = z.Select(row => (row as JsonArray ?? []).Select(FigureJson.Number).ToArray()).ToArray();
        var columns = rows.Max(row => row.Length);
        var known = rows.SelectMany(row => row).OfType<double>().DefaultIfEmpty(0).ToArray();
        var (low, high) = (FigureJson.Number(trace["zmin"]) ?? known.Min(), FigureJson.Number(trace["zmax"]) ?? known.Max());
        var (xs, ys) = (Edges(trace["x"], columns, x), Edges(trace["y"], rows.Length, y));
        var reversed = trace["reversescale"] is JsonValue flag && flag.TryGetValue<bool>(out var yes) && yes;
        // Crisp edges: anti-aliased ones leave hairlines between the cells.
        return new SvgMark(x, y, (px, py) => "<g shape-rendering=\"crispEdges\">" + string.Concat(rows.SelectMany((row, j) => row.Select((value, i) =>
        {
            if (value is not { } number) return "";
            var place = high > low ? Math.Clamp((number - low) / (high - low), 0, 1) : 0.5;
            return Box(px(xs[i]), px(xs[i + 1]), py(ys[j]), py(ys[j + 1]), ColorScale.Viridis(reversed ? 1 - place : place));
        }))) + "</g>", TightX: true, TightY: true)
        { Scale = reversed ? (high, low) : (low, high) };
    }

    /// <summary>The borders between cells whose centres the trace gives: halfway to the neighbours.</summary>
    static double[] Edges(JsonNode? centres, int count, SvgAxis axis)
    {
        var at = centres is JsonArray given && given.Count >= count ? given.Take(count).Select(axis.Read).ToArray() : [.. Enumerable.Range(0, count).Select(i => (double)i)];
        var edges = new double[count + 1];
        for (var i = 1; i < count; i++) edges[i] = (at[i - 1] + at[i]) / 2;
        edges[0] = count > 1 ? at[0] - (edges[1] - at[0]) : at[0] - 0.5;
        edges[count] = count > 1 ? at[^1] + (at[^1] - edges[count - 1]) : at[0] + 0.5;
        axis.Include(edges[0]);
        axis.Include(edges[count]);
        return edges;
    }

    static List<(double X, double Y)> Points(JsonObject trace, SvgAxis x, SvgAxis y)
    {
        var (xs, ys) = (trace["x"] as JsonArray, trace["y"] as JsonArray);
        var count = xs is null ? ys?.Count ?? 0 : ys is null ? xs.Count : Math.Min(xs.Count, ys.Count);
        return [.. Enumerable.Range(0, count).Select(i => (xs is null ? i : x.Read(xs[i]), ys is null ? i : y.Read(ys[i])))];
    }

    static string Path(IEnumerable<(double X, double Y)> points, Func<double, double> px, Func<double, double> py)
    {
        var path = new StringBuilder();
        var pen = 'M';
        foreach (var (x, y) in points)
        {
            if (!double.IsFinite(x) || !double.IsFinite(y))
            {
                pen = 'M';
                continue;
            }
            Append(path, $"{pen}{px(x):0.#} {py(y):0.#}");
            pen = 'L';
        }
        return path.ToString();
    }

    static string Box(double x0, double x1, double y0, double y1, string color, double opacity = 1) =>
        string.Create(CultureInfo.InvariantCulture, $"<path d=\"M{x0:0.#} {y0:0.#}H{x1:0.#}V{y1:0.#}H{x0:0.#}z\" fill=\"{color}\"{Opacity(opacity)}/>");

    static string Color(JsonObject trace, int number)
    {
        var color = Text(trace["line"], "color") ?? Text(trace["marker"], "color") ?? FigureStyle.Colors[number % FigureStyle.Colors.Count];
        // A picture does not know its page, and black would vanish on a dark one.
        return color == "#000000" ? FigureStyle.Ink : WebUtility.HtmlEncode(color);
    }

    static string FadedColor(string color) => color.Length == 7 && color[0] == '#' ? FigureStyle.Faded(color, 0.3) : color;

    static string Opacity(double opacity) => opacity >= 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" opacity=\"{opacity:0.##}\"");

    static double NiceWidth(double rough)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return (rough / power) switch { <= 1 => power, <= 2 => 2 * power, <= 5 => 5 * power, _ => 10 * power };
    }

    static string? Text(JsonNode? node, string key) => node is JsonObject json && json[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    static void Append(StringBuilder builder, FormattableString text) => builder.Append(text.ToString(CultureInfo.InvariantCulture));
}
