using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

/// <summary>Writes a figure's JSON: compact, in a fixed form, numbers to six significant digits, safe inside a script element.</summary>
static class FigureJson
{
    public static string Write(JsonNode root)
    {
        var buffer = new ArrayBufferWriter<byte>();
        // The default encoder escapes < > & and everything beyond ASCII, so no string can end a script element.
        using (var writer = new Utf8JsonWriter(buffer)) Write(writer, root);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>An array of numbers; what is not finite becomes null, which plotly.js draws as a gap.</summary>
    public static JsonArray Numbers(IEnumerable<double> values) =>
        [.. values.Select(value => double.IsFinite(value) ? (JsonNode?)JsonValue.Create(value) : null)];

    /// <summary>A number, whatever type of number or text the JSON was made from; null where it is none.</summary>
    public static double? Number(JsonNode? node)
    {
        if (node is not JsonValue value) return null;
        if (value.TryGetValue<double>(out var number)) return double.IsFinite(number) ? number : null;
        if (value.TryGetValue<int>(out var integer)) return integer;
        if (value.TryGetValue<long>(out var longer)) return longer;
        return null;
    }

    static void Write(Utf8JsonWriter writer, JsonNode? node)
    {
        switch (node)
        {
            case null:
                writer.WriteNullValue();
                break;
            case JsonObject fields:
                writer.WriteStartObject();
                foreach (var (name, value) in fields)
                {
                    writer.WritePropertyName(name);
                    Write(writer, value);
                }
                writer.WriteEndObject();
                break;
            case JsonArray items:
                writer.WriteStartArray();
                foreach (var item in items) Write(writer, item);
                writer.WriteEndArray();
                break;
            default:
                if (node.GetValueKind() == JsonValueKind.Number && Number(node) is { } number) writer.WriteRawValue(Short(number));
                else node.WriteTo(writer);
                break;
        }
    }

    static string Short(double number)
    {
        if (number == 0) return "0"; // and not "-0"
        var rounded = double.Parse(number.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return rounded.ToString("R", CultureInfo.InvariantCulture);
    }
}
