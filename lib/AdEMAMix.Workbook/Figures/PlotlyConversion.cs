using System.Globalization;
using System.Text.Json.Nodes;
using Plotly.NET;

namespace AdEMAMix.Workbook;

/// <summary>From a chart of Plotly.NET to a figure: the data as it is, the looks of the workbook where the chart leaves them open.</summary>
public static class PlotlyConversion
{
    /// <summary>The chart as a figure, which shows itself with and without scripts.</summary>
    /// <param name="chart">A chart of Plotly.NET or Plotly.NET.CSharp.</param>
    /// <param name="title">The message with its number; null keeps the chart's own title.</param>
    /// <param name="subtitle">Number of runs, seeds, preset; null for none.</param>
    public static Figure ToFigure(this GenericChart chart, string? title = null, string? subtitle = null)
    {
        ArgumentNullException.ThrowIfNull(chart);
        var root = (JsonObject)JsonNode.Parse(GenericChart.toJson(chart))!;
        var (data, layout) = ((JsonArray)root["data"]!.DeepClone(), (JsonObject)root["layout"]!.DeepClone());

        // Plotly.NET's theme and its square, which no one asked for.
        layout.Remove("template");
        if (FigureJson.Number(layout["width"]) == 600 && FigureJson.Number(layout["height"]) == 600)
        {
            layout.Remove("width");
            layout.Remove("height");
        }

        title ??= layout["title"]?["text"]?.GetValue<string>() is { } own ? PlotlyMarkup.PlainText(own) : null;
        layout.Remove("title");
        AddMissing(layout, FigureStyle.BaseLayout());
        if (data.OfType<JsonObject>().All(trace => trace["name"] is null)) AddMissing(layout, new JsonObject { ["showlegend"] = false });
        foreach (var trace in data.OfType<JsonObject>())
        {
            RemoveEmpty(trace);
            // plotly.js would take "8e-3" for a number and put it on a scale; who gives text means names.
            foreach (var side in new[] { "x", "y" })
                if (trace[side] is JsonArray values && values.Any(IsNumberAsText)) AddMissing(Object(layout, AxisOf(trace, side)), new JsonObject { ["type"] = "category" });
            if (trace["type"]?.GetValue<string>() is "heatmap" or "contour") AddMissing(trace, new JsonObject { ["colorscale"] = "Viridis" });
        }
        foreach (var axis in AxesOf(data))
        {
            AddMissing(Object(layout, axis), FigureStyle.BaseAxis());
            if (layout[axis]!["title"] is JsonObject words) AddMissing(words, FigureStyle.AxisTitle());
        }
        if (title is not null) FigureStyle.SetTitle(layout, title, subtitle);
        return new Figure(data, layout);
    }

    static IEnumerable<string> AxesOf(JsonArray data) => data.OfType<JsonObject>().SelectMany(trace => new[] { AxisOf(trace, "x"), AxisOf(trace, "y") }).Distinct();

    /// <summary>The layout's name of the axis that a trace uses on one side: "xaxis", "yaxis2".</summary>
    static string AxisOf(JsonObject trace, string side)
    {
        var id = trace[side + "axis"]?.GetValue<string>() ?? side;
        return $"{id[0]}axis{id[1..]}";
    }

    // "NaN" is how the package writes a gap.
    static bool IsNumberAsText(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) && text is not ("NaN" or "Infinity" or "-Infinity")
        && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    static JsonObject Object(JsonObject parent, string name)
    {
        if (parent[name] is not JsonObject known) parent[name] = known = [];
        return known;
    }

    // Plotly.NET writes an empty marker for a line and an empty line for points.
    static void RemoveEmpty(JsonObject json)
    {
        foreach (var (name, value) in json.ToArray())
        {
            if (value is not JsonObject inner) continue;
            RemoveEmpty(inner);
            if (inner.Count == 0) json.Remove(name);
        }
    }

    static void AddMissing(JsonObject target, JsonObject defaults)
    {
        foreach (var (name, value) in defaults)
        {
            if (target[name] is JsonObject inner && value is JsonObject innerDefaults) AddMissing(inner, innerDefaults);
            else if (!target.ContainsKey(name)) target[name] = value?.DeepClone();
        }
    }
}
