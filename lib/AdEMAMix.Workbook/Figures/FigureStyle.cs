using System.Globalization;
using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

/// <summary>What all figures share: one colour per optimizer, size, fonts, and a background that suits light and dark pages.</summary>
public static class FigureStyle
{
    /// <summary>Width of a figure in pixels.</summary>
    public const int Width = 900;

    /// <summary>Height of a figure in pixels.</summary>
    public const int Height = 480;

    /// <summary>Text where the page's own colour is unknown: at least 4:1 against white and against usual dark backgrounds.</summary>
    internal const string Ink = "#7d7d7d";

    internal const string Grid = "rgba(128,128,128,0.22)";
    internal const string Clear = "rgba(0,0,0,0)";
    internal const string FontFamily = "system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
    internal const int FontSize = 14;
    internal const int TitleSize = 18;
    internal const int SubtitleSize = 13;

    // Okabe and Ito's set: told apart with every common colour blindness.
    static readonly (string Optimizer, string Color)[] Palette =
    [
        ("AdamW", "#0072B2"),
        ("AdEMAMix", "#D55E00"),
        ("AdEMAMix b1 = 0", "#E69F00"),
        ("Simplified-AdEMAMix", "#CC79A7"),
        ("Lion", "#009E73"),
        ("SGD", "#56B4E9"),
        ("Muon", "#000000"),
    ];

    /// <summary>The colours in the order in which lines that are no optimizers take them.</summary>
    public static IReadOnlyList<string> Colors { get; } = [.. Palette.Select(entry => entry.Color)];

    /// <summary>The colour that an optimizer has in every figure; an unknown name gets one of the set, always the same.</summary>
    public static string ColorOf(string optimizer)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        foreach (var (name, color) in Palette)
            if (Key(name) == Key(optimizer)) return color;
        if (Key(optimizer) == "simplified") return ColorOf("Simplified-AdEMAMix");
        var sum = optimizer.Aggregate(0, (hash, character) => (hash * 31 + character) & 0xFFFFFF);
        return Colors[sum % (Colors.Count - 1)];

        static string Key(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant().Replace("beta1", "b1", StringComparison.Ordinal);
    }

    /// <summary>A "#RRGGBB" colour at an opacity, as plotly.js and SVG write it.</summary>
    internal static string Faded(string color, double opacity)
    {
        var rgb = int.Parse(color.AsSpan(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"rgba({rgb >> 16},{(rgb >> 8) & 255},{rgb & 255},{opacity:0.##})");
    }

    /// <summary>The layout that every figure starts from.</summary>
    internal static JsonObject BaseLayout() => new()
    {
        ["width"] = Width,
        ["height"] = Height,
        ["paper_bgcolor"] = Clear,
        ["plot_bgcolor"] = Clear,
        ["font"] = new JsonObject { ["family"] = FontFamily, ["size"] = FontSize, ["color"] = Ink },
        ["colorway"] = new JsonArray([.. Colors.Select(color => (JsonNode)color)]),
        ["hovermode"] = "closest",
        ["margin"] = BaseMargin(),
        ["modebar"] = new JsonObject { ["bgcolor"] = Clear, ["color"] = "rgba(128,128,128,0.5)", ["activecolor"] = Ink },
    };

    /// <summary>What every cartesian axis starts from.</summary>
    internal static JsonObject BaseAxis() => new()
    {
        ["gridcolor"] = Grid,
        ["zeroline"] = false,
        ["linecolor"] = "rgba(128,128,128,0.6)",
        ["ticks"] = "outside",
        ["ticklen"] = 4,
        ["tickcolor"] = "rgba(128,128,128,0.6)",
        ["automargin"] = true,
    };

    /// <summary>How an axis's title is set, without its text.</summary>
    internal static JsonObject AxisTitle() => new() { ["standoff"] = 8, ["font"] = new JsonObject { ["size"] = FontSize } };

    /// <summary>plotly.js settings: no logo, no buttons that serve maps, and no button that uploads the data (plotly.js 4 shows one unless told not to).</summary>
    internal static JsonObject BaseConfig() => new()
    {
        ["showSendToCloud"] = false,
        ["displaylogo"] = false,
        ["modeBarButtonsToRemove"] = new JsonArray("select2d", "lasso2d", "autoScale2d"),
    };

    /// <summary>Sets a title with its subtitle below it, left-aligned, and the room that they take above the plot.</summary>
    internal static void SetTitle(JsonObject layout, string title, string? subtitle)
    {
        // Beyond so many characters a line would run into the buttons at the right, or out of the figure.
        string[] large = [.. Wrap(title, 68)], small = string.IsNullOrWhiteSpace(subtitle) ? [] : [.. Wrap(subtitle, 118)];
        var lines = large.Select(line => $"<b>{PlotlyText(line)}</b>").Concat(small.Select(line => $"<span style=\"font-size:{SubtitleSize}px\">{PlotlyText(line)}</span>"));
        layout["title"] = new JsonObject
        {
            ["text"] = string.Join("<br>", lines),
            ["font"] = new JsonObject { ["size"] = TitleSize },
            ["x"] = 0,
            ["xref"] = "container",
            ["pad"] = new JsonObject { ["l"] = 16, ["t"] = 14 },
            ["y"] = 1,
            ["yref"] = "container",
            ["yanchor"] = "top",
        };
        if (layout["margin"] is not JsonObject) layout["margin"] = BaseMargin();
        layout["margin"]!["t"] = 14 + 23 * (large.Length + small.Length) + 24;
    }

    internal static JsonObject BaseMargin() => new() { ["l"] = 72, ["r"] = 28, ["t"] = 84, ["b"] = 60 };

    /// <summary>Text that plotly.js, which reads a little HTML in labels, shows as it is written.</summary>
    internal static string PlotlyText(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    static IEnumerable<string> Wrap(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = word;
            }
            else line = line.Length == 0 ? word : $"{line} {word}";
        }
        yield return line;
    }
}
