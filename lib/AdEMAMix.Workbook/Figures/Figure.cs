using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

/// <summary>An interactive chart: plotly.js data and layout, and how they are shown with and without scripts.</summary>
/// <remarks>Ends a notebook cell as it is. Two figures with the same content give the same text, byte for byte.</remarks>
[TypeFormatterSource(typeof(FigureFormatters), PreferredMimeTypes = ["text/html", PlotlyMime])]
public sealed class Figure
{
    internal const string PlotlyMime = "application/vnd.plotly.v1+json";

    readonly JsonArray data;
    readonly JsonObject layout;
    readonly JsonObject config;
    string? picture;

    internal Figure(JsonArray data, JsonObject layout, JsonObject? config = null)
    {
        Json = FigureJson.Write(new JsonObject { ["data"] = data, ["layout"] = layout, ["config"] = config ?? FigureStyle.BaseConfig() });
        // Read back, so that what is drawn are the rounded numbers that are written.
        var written = (JsonObject)JsonNode.Parse(Json)!;
        (this.data, this.layout, this.config) = ((JsonArray)written["data"]!, (JsonObject)written["layout"]!, (JsonObject)written["config"]!);
        Id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Json)))[..12];
    }

    /// <summary>The figure as plotly.js takes it: {"data": [...], "layout": {...}, "config": {...}}, numbers to six digits.</summary>
    public string Json { get; }

    /// <summary>Twelve hexadecimal digits that depend on the content only.</summary>
    public string Id { get; }

    /// <summary>Width in pixels.</summary>
    public int Width => (int?)FigureJson.Number(layout["width"]) ?? FigureStyle.Width;

    /// <summary>Height in pixels.</summary>
    public int Height => (int?)FigureJson.Number(layout["height"]) ?? FigureStyle.Height;

    /// <summary>Title and subtitle without markup: what a screen reader says and what text-only output shows.</summary>
    public string Description => PlotlyMarkup.PlainText(layout["title"]?["text"]?.GetValue<string>() ?? "Chart");

    internal JsonArray Data => data;
    internal JsonObject Layout => layout;

    /// <summary>A figure from plotly.js JSON with "data" and, optionally, "layout" and "config".</summary>
    /// <exception cref="FigureException">The text is not such JSON.</exception>
    public static Figure FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            if (JsonNode.Parse(json) is JsonObject root && root["data"] is JsonArray data)
                return new Figure((JsonArray)data.DeepClone(), (JsonObject?)root["layout"]?.DeepClone() ?? [], (JsonObject?)root["config"]?.DeepClone());
        }
        catch (Exception error) when (error is System.Text.Json.JsonException or InvalidCastException)
        {
            throw new FigureException($"A figure's JSON cannot be read ({error.Message}): give an object with \"data\", \"layout\" and \"config\" as plotly.js takes it.", error);
        }
        throw new FigureException("A figure's JSON has no \"data\" array: give an object with \"data\", \"layout\" and \"config\" as plotly.js takes it.");
    }

    /// <summary>Repeated measurements as lines: every run faint, the mean of each group on top with its 95 % interval, a label at each line's end.</summary>
    /// <param name="title">The message with its number.</param>
    /// <param name="subtitle">Number of runs, seeds, preset; null for none.</param>
    /// <param name="xAxis">Horizontal axis, such as <see cref="Axis.Tokens"/>.</param>
    /// <param name="yAxis">Vertical axis, such as <see cref="Axis.Loss"/>.</param>
    /// <param name="groups">One per line; groups without a point are left out.</param>
    public static Figure Curves(string title, string? subtitle, Axis xAxis, Axis yAxis, IEnumerable<CurveGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(xAxis);
        ArgumentNullException.ThrowIfNull(yAxis);
        ArgumentNullException.ThrowIfNull(groups);
        return CurveChart.Draw(title, subtitle, xAxis, yAxis, [.. groups]);
    }

    /// <summary>The same figure with a dotted vertical line and a word at its top.</summary>
    /// <param name="x">Where, in the units of the horizontal axis, which must not be logarithmic.</param>
    /// <param name="label">What happens there.</param>
    public Figure WithMark(double x, string label)
    {
        ArgumentNullException.ThrowIfNull(label);
        var (changed, marked) = ((JsonArray)data.DeepClone(), (JsonObject)layout.DeepClone());
        if (marked["yaxis"]?["range"] is not JsonArray { Count: 2 } range) throw new FigureException("A mark needs a figure whose vertical axis has a range: a chart of curves.");
        changed.Add(new JsonObject
        {
            ["type"] = "scatter",
            ["mode"] = "lines",
            ["name"] = FigureStyle.PlotlyText(label),
            ["showlegend"] = false,
            ["hoverinfo"] = "skip",
            ["x"] = new JsonArray(x, x),
            ["y"] = range.DeepClone(),
            ["line"] = new JsonObject { ["color"] = FigureStyle.Ink, ["width"] = 1.4, ["dash"] = "dot" },
        });
        var notes = marked["annotations"] as JsonArray ?? [];
        notes.Add(new JsonObject
        {
            ["text"] = FigureStyle.PlotlyText(label),
            ["x"] = x,
            ["y"] = range[1]!.DeepClone(),
            ["xanchor"] = "left",
            ["yanchor"] = "top",
            ["xshift"] = 5,
            ["showarrow"] = false,
            ["font"] = new JsonObject { ["color"] = FigureStyle.Ink, ["size"] = FigureStyle.SubtitleSize },
        });
        marked["annotations"] = notes;
        return new Figure(changed, marked, (JsonObject)config.DeepClone());
    }

    /// <summary>The same figure under another title.</summary>
    public Figure WithTitle(string title, string? subtitle = null)
    {
        ArgumentNullException.ThrowIfNull(title);
        var changed = (JsonObject)layout.DeepClone();
        FigureStyle.SetTitle(changed, title, subtitle);
        return new Figure((JsonArray)data.DeepClone(), changed, (JsonObject)config.DeepClone());
    }

    /// <summary>The same figure in another size, in pixels.</summary>
    public Figure WithSize(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 100);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 100);
        var changed = (JsonObject)layout.DeepClone();
        changed["width"] = width;
        changed["height"] = height;
        return new Figure((JsonArray)data.DeepClone(), changed, (JsonObject)config.DeepClone());
    }

    /// <summary>The figure as a drawing that needs no scripts.</summary>
    public string ToSvg() => picture ??= SvgPicture.Draw(this);

    /// <summary>The picture inside HTML, which a script replaces by the interactive chart where scripts run.</summary>
    public string ToHtml() => FigureHtml.Write(this);

    /// <inheritdoc/>
    public override string ToString() => $"Figure: {Description}";
}

/// <summary>A figure or table was asked for with data that it cannot show.</summary>
public sealed class FigureException(string message, Exception? inner = null) : WorkbookException(message, inner);
