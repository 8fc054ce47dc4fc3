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
        foreach (var axis in AxesOf(data)) AddMissing(Object(layout, axis), FigureStyle.BaseAxis());
        if (title is not null) FigureStyle.SetTitle(layout, title, subtitle);
        return new Figure(data, layout);
    }

    /// <summary>The layout's names of the axes that the traces use: "xaxis", "yaxis2".</summary>
    static IEnumerable<string> AxesOf(JsonArray data) => data.OfType<JsonObject>()
        .SelectMany(trace => new[] { "x", "y" }.Select(side => trace[side + "axis"]?.GetValue<string>() ?? side))
        .Select(id => $"{id[0]}axis{id[1..]}").Distinct();

    static JsonObject Object(JsonObject parent, string name)
    {
        if (parent[name] is not JsonObject known) parent[name] = known = [];
        return known;
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
