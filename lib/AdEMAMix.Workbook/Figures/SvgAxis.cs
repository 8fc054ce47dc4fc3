using System.Globalization;
using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

/// <summary>One axis of a drawn figure: where a value lies between the ends of its side, and which ticks it gets.</summary>
sealed class SvgAxis
{
    readonly List<string> categories = [];
    readonly bool logarithmic;
    readonly string? format;
    double low = double.PositiveInfinity, high = double.NegativeInfinity;

    public SvgAxis(JsonObject? json, (double From, double To) domain, bool horizontal)
    {
        Title = json?["title"] is JsonObject title ? title["text"]?.GetValue<string>() ?? "" : "";
        Horizontal = horizontal;
        Domain = domain;
        logarithmic = Text(json, "type") == "log";
        format = Text(json, "tickformat");
        Reversed = Text(json, "autorange") == "reversed";
        if (json?["range"] is JsonArray { Count: 2 } range && FigureJson.Number(range[0]) is { } from && FigureJson.Number(range[1]) is { } to)
        {
            (low, high) = (Math.Min(from, to), Math.Max(from, to));
            Reversed |= from > to;
            Fixed = true;
        }
    }

    public string Title { get; }

    public bool Horizontal { get; }

    /// <summary>The part of the plot's width or height that the axis takes, as fractions.</summary>
    public (double From, double To) Domain { get; }

    public bool Reversed { get; }

    public bool Fixed { get; }

    /// <summary>A coordinate as a number on the axis's own scale: logarithm, or place among the categories; NaN where it has none.</summary>
    public double Read(JsonNode? node)
    {
        if (FigureJson.Number(node) is { } number) return logarithmic ? number > 0 ? Math.Log10(number) : double.NaN : number;
        if (node is not JsonValue value || !value.TryGetValue<string>(out var text) || text is "NaN" or "Infinity" or "-Infinity") return double.NaN;
        var place = categories.IndexOf(text);
        if (place >= 0) return place;
        categories.Add(text);
        return categories.Count - 1;
    }

    /// <summary>Widens the axis to hold a value that was read, unless the layout fixes its range.</summary>
    public void Include(double value)
    {
        if (Fixed || !double.IsFinite(value)) return;
        low = Math.Min(low, value);
        high = Math.Max(high, value);
    }

    /// <summary>Settles the range once all values are included: bars and cells touch the ends, lines keep a distance.</summary>
    public void Settle(bool tight)
    {
        if (Fixed) return;
        if (low > high) (low, high) = (0, 1);
        else if (low == high) (low, high) = (low - 0.5, high + 0.5);
        else if (!tight) (low, high) = (low - 0.04 * (high - low), high + 0.04 * (high - low));
    }

    /// <summary>Where a value that was read lies, 0 at the axis's start (left, bottom) and 1 at its end.</summary>
    public double Place(double value)
    {
        var place = (value - low) / (high - low);
        return Reversed ? 1 - place : place;
    }

    public IEnumerable<(double Value, string Label)> Ticks(int about)
    {
        if (categories.Count > 0)
        {
            // As many names as there is room for.
            var every = Math.Max(1, (int)Math.Ceiling(categories.Count / (about * 2.0)));
            for (var i = 0; i < categories.Count; i += every)
                if (i >= low && i <= high) yield return (i, string.Join(" ", PlotlyMarkup.Lines(categories[i]).Select(line => line.Text)));
            yield break;
        }
        if (logarithmic && high - low > 1)
        {
            var factors = high - low < 2.5 ? new[] { 1, 2, 5 } : [1];
            for (var decade = (int)Math.Floor(low); decade <= high; decade++)
                foreach (var factor in factors)
                    if (decade + Math.Log10(factor) is var at && at >= low && at <= high) yield return (at, Label(factor * Math.Pow(10, decade), 0));
            yield break;
        }
        // Within one decade a logarithmic axis takes even numbers too.
        var (from, to) = logarithmic ? (Math.Pow(10, low), Math.Pow(10, high)) : (low, high);
        var step = NiceStep((to - from) / about);
        for (var i = (long)Math.Ceiling(from / step - 1e-9); i * step <= to + step * 1e-9; i++)
            yield return (logarithmic ? Math.Log10(i * step) : i * step, Label(i * step, step));
    }

    string Label(double value, double step)
    {
        if (format is not null && format.EndsWith('s')) return SiPrefixed(value);
        if (format is not null && format.EndsWith('%')) return value.ToString("0.##%", CultureInfo.InvariantCulture);
        if (value != 0 && (Math.Abs(value) < 1e-3 || Math.Abs(value) >= 1e4)) return SiOrPower(value);
        if (step <= 0) return value.ToString("G4", CultureInfo.InvariantCulture);
        var decimals = Math.Clamp(-(int)Math.Floor(Math.Log10(step) + 1e-9), 0, 8);
        var text = value.ToString("F" + decimals, CultureInfo.InvariantCulture);
        return text.StartsWith('-') && value > -step / 2 ? text[1..] : text.Replace('-', '−');
    }

    static string SiOrPower(double value) => Math.Abs(value) >= 1 ? SiPrefixed(value) : value.ToString("0.##e0", CultureInfo.InvariantCulture).Replace('-', '−');

    static string SiPrefixed(double value)
    {
        foreach (var (scale, prefix) in new[] { (1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k") })
            if (Math.Abs(value) >= scale * 0.9999995) return (value / scale).ToString("0.###", CultureInfo.InvariantCulture) + prefix;
        return value.ToString("0.###", CultureInfo.InvariantCulture);
    }

    static double NiceStep(double rough)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return (rough / power) switch { <= 1 => power, <= 2 => 2 * power, <= 5 => 5 * power, _ => 10 * power };
    }

    static string? Text(JsonObject? json, string key) => json?[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
