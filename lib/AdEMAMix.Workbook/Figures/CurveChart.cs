using System.Globalization;
using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

/// <summary>The workbook's standard chart: single runs faint, means on top, 95 % bands, labels at the line ends.</summary>
static class CurveChart
{
    // Up to this many groups are labelled at their line's end; more get a legend.
    const int LabelledGroups = 3;
    const int LabelHeight = 17;

    // The 95 % interval of two runs reaches thirteen standard errors either way: it would fill the plot and say nothing.
    const int FewestForABand = 3;

    public static Figure Draw(string title, string? subtitle, Axis xAxis, Axis yAxis, IReadOnlyList<CurveGroup> groups)
    {
        groups = [.. groups.Where(group => group.Runs.Any(run => run.X.Count > 0))];
        foreach (var run in groups.SelectMany(group => group.Runs))
            if (run.X.Count != run.Y.Count) throw new FigureException($"The curve '{run.Name}' has {run.X.Count} positions and {run.Y.Count} values: give one value for each position.");

        var labelled = groups.Count <= LabelledGroups;
        var means = groups.Select(MeanCurve.Of).ToArray();
        var (x, y) = (Range(xAxis, groups, run => run.X), Range(yAxis, groups, run => run.Y));

        var data = new JsonArray();
        foreach (var group in groups)
            if (group.Runs.Count > 1)
                foreach (var run in group.Runs) data.Add(RunLine(group, run, labelled));
        foreach (var (group, mean) in groups.Zip(means))
            if (HasBand(group)) data.Add(Band(group, mean, labelled));
        foreach (var (group, mean) in groups.Zip(means)) data.Add(MeanLine(group, mean, labelled));
        if (labelled && groups.Any(group => group.Runs.Count > 1)) AddLayerLegend(data, groups.Any(HasBand));

        var layout = FigureStyle.BaseLayout();
        FigureStyle.SetTitle(layout, title, subtitle);
        layout["xaxis"] = AxisJson(xAxis, x);
        layout["yaxis"] = AxisJson(yAxis, y);
        layout["legend"] = new JsonObject
        {
            ["orientation"] = "h",
            ["x"] = 1,
            ["xanchor"] = "right",
            ["y"] = 1.01,
            ["yanchor"] = "bottom",
            ["font"] = new JsonObject { ["size"] = FigureStyle.SubtitleSize },
            ["bgcolor"] = FigureStyle.Clear,
        };
        if (labelled) AddLabels(layout, groups, means, yAxis, y);
        return new Figure(data, layout);
    }

    static bool HasBand(CurveGroup group) => group.Runs.Count(run => run.X.Count > 0) >= FewestForABand;

    static JsonObject RunLine(CurveGroup group, Curve run, bool labelled)
    {
        var (xs, ys) = Thin(run.X, run.Y);
        return Line(group, labelled ? "runs" : group.Name, xs, ys, FigureStyle.Faded(group.Color, labelled ? 0.45 : 0.3), 1.1,
            $"{FigureStyle.PlotlyText(run.Name.Length > 0 ? $"{group.Name}, {run.Name}" : group.Name)}<br>%{{y:.4~g}} at %{{x:.4~s}}<extra></extra>");
    }

    static JsonObject MeanLine(CurveGroup group, MeanCurve mean, bool labelled)
    {
        var (xs, ys) = Thin(mean.X, mean.Mean);
        var name = FigureStyle.PlotlyText(group.Name);
        var trace = Line(group, labelled ? "mean" : group.Name, xs, ys, group.Color, 2.6,
            group.Runs.Count > 1 ? $"<b>{name}</b>, mean of {group.Runs.Count}<br>%{{y:.4~g}} at %{{x:.4~s}}<extra></extra>" : $"<b>{name}</b><br>%{{y:.4~g}} at %{{x:.4~s}}<extra></extra>");
        if (!labelled) trace["showlegend"] = true;
        return trace;
    }

    static JsonObject Line(CurveGroup group, string legendGroup, IReadOnlyList<double> x, IReadOnlyList<double> y, string color, double width, string hover) => new()
    {
        ["type"] = "scatter",
        ["mode"] = "lines",
        ["name"] = FigureStyle.PlotlyText(group.Name),
        ["meta"] = group.Name,
        ["legendgroup"] = legendGroup,
        ["showlegend"] = false,
        ["x"] = FigureJson.Numbers(x),
        ["y"] = FigureJson.Numbers(y),
        ["line"] = group.Dash is { } dash ? new JsonObject { ["color"] = color, ["width"] = width, ["dash"] = dash } : new JsonObject { ["color"] = color, ["width"] = width },
        ["hovertemplate"] = hover,
    };

    static JsonObject Band(CurveGroup group, MeanCurve mean, bool labelled)
    {
        // One closed outline: along the upper ends, back along the lower ones.
        var inside = Enumerable.Range(0, mean.X.Count).Where(i => double.IsFinite(mean.Low[i])).ToArray();
        inside = [.. Indices(inside.Length).Select(i => inside[i])];
        var back = inside.Reverse().ToArray();
        return new JsonObject
        {
            ["type"] = "scatter",
            ["mode"] = "lines",
            ["name"] = FigureStyle.PlotlyText(group.Name),
            ["meta"] = group.Name,
            ["legendgroup"] = labelled ? "band" : group.Name,
            ["showlegend"] = false,
            ["x"] = FigureJson.Numbers(inside.Concat(back).Select(i => mean.X[i])),
            ["y"] = FigureJson.Numbers(inside.Select(i => mean.High[i]).Concat(back.Select(i => mean.Low[i]))),
            ["fill"] = "toself",
            ["fillcolor"] = FigureStyle.Faded(group.Color, labelled ? 0.2 : 0.1),
            ["line"] = new JsonObject { ["width"] = 0 },
            ["hoverinfo"] = "skip",
        };
    }

    /// <summary>A legend of what the lines are, since the labels say whose they are: mean, single run, interval.</summary>
    static void AddLayerLegend(JsonArray data, bool withBand)
    {
        foreach (var (key, name, width, fill) in new[] { ("mean", "mean", 2.6, false), ("runs", "single run", 1.1, false), ("band", "95 % interval of the mean", 0.0, true) })
        {
            if (fill && !withBand) continue;
            var trace = new JsonObject
            {
                ["type"] = "scatter",
                ["mode"] = "lines",
                ["name"] = name,
                ["legendgroup"] = key,
                ["showlegend"] = true,
                ["hoverinfo"] = "skip",
                ["x"] = new JsonArray((JsonNode?)null),
                ["y"] = new JsonArray((JsonNode?)null),
                ["line"] = new JsonObject { ["color"] = "#808080", ["width"] = width },
            };
            if (fill)
            {
                trace["fill"] = "toself";
                trace["fillcolor"] = FigureStyle.Faded("#808080", 0.3);
            }
            data.Add(trace);
        }
    }

    /// <summary>Names the lines where they end, pushed apart where they would overlap.</summary>
    static void AddLabels(JsonObject layout, IReadOnlyList<CurveGroup> groups, IReadOnlyList<MeanCurve> means, Axis yAxis, (double Low, double High) range)
    {
        var plotHeight = FigureStyle.Height - (int)layout["margin"]!["t"]! - (int)layout["margin"]!["b"]!;
        var labels = new List<(string Text, CurveGroup Group, double X, double Y, double Pixel)>();
        foreach (var (group, mean) in groups.Zip(means))
        {
            var last = Enumerable.Range(0, mean.X.Count).LastOrDefault(i => double.IsFinite(mean.Mean[i]), -1);
            if (last < 0) continue;
            var y = Math.Clamp(OnScale(yAxis, mean.Mean[last]), range.Low, range.High);
            var text = $"{group.Name} {yAxis.Write(mean.Mean[last])}";
            labels.Add((text, group, OnScale(Horizontal(layout), mean.X[last]), y, (y - range.Low) / (range.High - range.Low) * plotHeight));
        }
        labels.Sort((a, b) => a.Pixel.CompareTo(b.Pixel));

        var annotations = new JsonArray();
        var shifts = Spread([.. labels.Select(label => label.Pixel)], LabelHeight);
        foreach (var (label, shift) in labels.Zip(shifts))
            annotations.Add(new JsonObject
            {
                ["name"] = label.Group.Name,
                ["text"] = $"<b>{FigureStyle.PlotlyText(label.Text)}</b>",
                ["x"] = label.X,
                ["y"] = label.Y,
                ["xanchor"] = "left",
                ["yanchor"] = "middle",
                ["xshift"] = 5,
                ["yshift"] = shift,
                ["showarrow"] = false,
                ["captureevents"] = true,
                ["hovertext"] = "click to hide or show",
                ["font"] = new JsonObject { ["color"] = label.Group.Color, ["size"] = FigureStyle.FontSize },
            });
        layout["annotations"] = annotations;
        var longest = labels.Count == 0 ? 0 : labels.Max(label => label.Text.Length);
        layout["margin"]!["r"] = Math.Clamp(20 + (int)(longest * FigureStyle.FontSize * 0.58), 28, 260);
    }

    /// <summary>By how many pixels each of the ascending positions moves so that neighbours stay a height apart.</summary>
    static double[] Spread(double[] positions, double height)
    {
        var moved = (double[])positions.Clone();
        for (var i = 1; i < moved.Length; i++) moved[i] = Math.Max(moved[i], moved[i - 1] + height);
        // Half of the push goes to the lower labels, so that a close pair opens around its middle.
        for (var i = moved.Length - 2; i >= 0; i--)
        {
            var push = moved[i + 1] - positions[i + 1];
            if (push <= 0) continue;
            for (var j = i + 1; j < moved.Length; j++) moved[j] -= push / 2;
            for (var j = i; j >= 0; j--) moved[j] = Math.Min(moved[j], moved[j + 1] - height);
        }
        return [.. moved.Zip(positions, (to, from) => Math.Round(to - from, 1))];
    }

    static JsonObject AxisJson(Axis axis, (double Low, double High) range)
    {
        var json = FigureStyle.BaseAxis();
        json["title"] = FigureStyle.AxisTitle();
        json["title"]!["text"] = FigureStyle.PlotlyText(axis.Title);
        json["range"] = new JsonArray(range.Low, range.High);
        if (axis.Logarithmic) json["type"] = "log";
        if (axis.TickFormat is not null) json["tickformat"] = axis.TickFormat;
        else if (axis.Logarithmic) AddLogTicks(json, range);
        return json;
    }

    // Left alone, plotly.js writes single small digits between powers of ten: a 2 after a 10 means 20.
    static void AddLogTicks(JsonObject json, (double Low, double High) range)
    {
        double[] digits = range.High - range.Low > 4 ? [1] : [1, 2, 5];
        var ticks = Enumerable.Range((int)Math.Floor(range.Low), (int)Math.Ceiling(range.High) - (int)Math.Floor(range.Low) + 1)
            .SelectMany(power => digits.Select(digit => digit * Math.Pow(10, power))).Where(tick => Math.Log10(tick) >= range.Low && Math.Log10(tick) <= range.High).ToArray();
        if (ticks.Length < 2) return;
        json["tickmode"] = "array";
        json["tickvals"] = FigureJson.Numbers(ticks);
        json["ticktext"] = new JsonArray([.. ticks.Select(tick => (JsonNode)tick.ToString("#,0.########", CultureInfo.InvariantCulture))]);
    }

    static Axis Horizontal(JsonObject layout) => new("") { Logarithmic = layout["xaxis"]!["type"] is not null };

    /// <summary>A value in the axis's own units: its base-10 logarithm on a logarithmic axis.</summary>
    static double OnScale(Axis axis, double value) => axis.Logarithmic ? Math.Log10(value) : value;

    static (double Low, double High) Range(Axis axis, IReadOnlyList<CurveGroup> groups, Func<Curve, IReadOnlyList<double>> values)
    {
        var seen = groups.SelectMany(group => group.Runs).SelectMany(values).Where(value => double.IsFinite(value) && (!axis.Logarithmic || value > 0)).ToArray();
        var (least, most) = seen.Length == 0 ? (1.0, 2.0) : (seen.Min(), seen.Max());
        if (axis.Logarithmic && (axis.Min <= 0 || axis.Max <= 0)) throw new FigureException($"The logarithmic axis '{axis.Title}' has an end at or below 0: give ends above 0.");
        var (low, high) = (OnScale(axis, axis.Min ?? least), OnScale(axis, axis.Max ?? most));
        if (!(high > low)) (low, high) = (low - 0.5, low + 0.5);
        var room = 0.03 * (high - low);
        return (axis.Min is null ? low - room : low, axis.Max is null ? high + room : high);
    }

    /// <summary>At most about 800 points: in each stretch the lowest and the highest, so that spikes survive.</summary>
    static (IReadOnlyList<double> X, IReadOnlyList<double> Y) Thin(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        const int Stretches = 400;
        if (x.Count <= 2 * Stretches) return (x, y);
        var kept = new SortedSet<int> { 0, x.Count - 1 };
        for (var stretch = 0; stretch < Stretches; stretch++)
        {
            var (from, to) = ((int)((long)stretch * x.Count / Stretches), (int)((long)(stretch + 1) * x.Count / Stretches));
            var (lowest, highest) = (from, from);
            for (var i = from + 1; i < to; i++)
            {
                if (y[i] < y[lowest]) lowest = i;
                if (y[i] > y[highest]) highest = i;
            }
            kept.Add(lowest);
            kept.Add(highest);
        }
        return ([.. kept.Select(i => x[i])], [.. kept.Select(i => y[i])]);
    }

    /// <summary>Every n-th of a count, first and last included, so that at most 400 remain.</summary>
    static IEnumerable<int> Indices(int count)
    {
        const int Most = 400;
        return count <= Most ? Enumerable.Range(0, count) : Enumerable.Range(0, Most).Select(i => (int)((long)i * (count - 1) / (Most - 1)));
    }
}
