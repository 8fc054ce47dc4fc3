// A chart's data in an output: the plotly mime type, or the arguments of Plotly.newPlot in HTML that brings only a script.
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace AdEMAMix.Notebooks;

/// <summary>Finds the figure that an output shows.</summary>
static partial class FigureJsonText
{
    /// <summary>The mime type under which a chart's data and layout are stored.</summary>
    public const string Mime = "application/vnd.plotly.v1+json";

    /// <summary>The figure of an output's data, as an object with data, layout and perhaps config; null where it shows none.</summary>
    public static JsonObject? Of(JsonObject data)
    {
        if (data[Mime] is { } stored) return MultilineText.IsValid(stored) ? Parsed(MultilineText.Read(stored)) : stored as JsonObject;
        return MultilineText.IsValid(data["text/html"]) ? OfScript(MultilineText.Read(data["text/html"])) : null;
    }

    /// <summary>The figure that a script in HTML draws with Plotly.newPlot(id, data, layout, config), where these are written out as JSON (Plotly.NET, plotly.py).</summary>
    static JsonObject? OfScript(string html)
    {
        if (NewPlot().Match(html) is not { Success: true } call) return null;
        var figure = new JsonObject();
        var rest = html.AsSpan(call.Index + call.Length);
        foreach (var name in (string[])["data", "layout", "config"])
        {
            rest = rest.TrimStart();
            // A name stands for the variable that Plotly.NET sets just before.
            var value = VariableName().IsMatch(rest) ? Variable(html, name) : JsonAt(rest, out var length) is { } literal ? Taken(literal, ref rest, length) : null;
            if (value is not null) figure[name] = value;
            var comma = rest.IndexOfAny(',', ')');
            if (comma < 0 || rest[comma] == ')') break;
            rest = rest[(comma + 1)..];
        }
        return figure["data"] is JsonArray { Count: > 0 } ? figure : null;
    }

    static JsonNode Taken(JsonNode value, ref ReadOnlySpan<char> rest, int length)
    {
        rest = rest[length..];
        return value;
    }

    static JsonNode? Variable(string html, string name) =>
        Regex.Match(html, $@"\bvar\s+{name}\s*=\s*") is { Success: true } start ? JsonAt(html.AsSpan(start.Index + start.Length), out _) : null;

    /// <summary>The JSON value that a text starts with, whatever follows it.</summary>
    static JsonNode? JsonAt(ReadOnlySpan<char> text, out int length)
    {
        length = 0;
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { AllowMultipleValues = true });
            if (!reader.Read() || reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject) || !reader.TrySkip()) return null;
            var end = (int)reader.BytesConsumed;
            length = Encoding.UTF8.GetCharCount(bytes, 0, end);
            return JsonNode.Parse(bytes.AsSpan(0, end));
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null;
        }
    }

    static JsonObject? Parsed(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null;
        }
    }

    [GeneratedRegex("""Plotly\.newPlot\(\s*(["'])[^"']*\1\s*,""")]
    private static partial Regex NewPlot();

    [GeneratedRegex("""^[A-Za-z_$][\w$]*""")]
    private static partial Regex VariableName();
}
