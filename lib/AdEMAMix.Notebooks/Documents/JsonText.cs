// The JSON layout of Jupyter and VS Code: one space of indent, every character as it is, numbers as they were written.
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>Writes JSON as Python's <c>json.dumps(indent=1, ensure_ascii=False)</c> does, which System.Text.Json's writer cannot (it escapes emoji and DEL).</summary>
static class JsonText
{
    public static string Write(JsonNode? node, string indent, string newLine)
    {
        var text = new StringBuilder();
        Append(text, node, indent, newLine, 0);
        return text.ToString();
    }

    /// <summary>The same without any white space, for JSON inside a page.</summary>
    public static string WriteCompact(JsonNode? node)
    {
        var text = new StringBuilder();
        Append(text, node, null, "", 0);
        return text.ToString();
    }

    /// <summary>A copy with the keys of every object in ordinal order, as Jupyter saves them.</summary>
    public static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, Sorted(pair.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    static void Append(StringBuilder text, JsonNode? node, string? indent, string newLine, int depth)
    {
        switch (node)
        {
            case null: text.Append("null"); break;
            case JsonObject { Count: 0 }: text.Append("{}"); break;
            case JsonArray { Count: 0 }: text.Append("[]"); break;
            case JsonObject map:
                text.Append('{');
                var firstPair = true;
                foreach (var (key, value) in map)
                {
                    Separate(text, ref firstPair, indent, newLine, depth + 1);
                    AppendString(text, key);
                    text.Append(indent is null ? ":" : ": ");
                    Append(text, value, indent, newLine, depth + 1);
                }
                Break(text, indent, newLine, depth);
                text.Append('}');
                break;
            case JsonArray list:
                text.Append('[');
                var firstItem = true;
                foreach (var item in list)
                {
                    Separate(text, ref firstItem, indent, newLine, depth + 1);
                    Append(text, item, indent, newLine, depth + 1);
                }
                Break(text, indent, newLine, depth);
                text.Append(']');
                break;
            case var value when value.GetValueKind() == JsonValueKind.String:
                AppendString(text, value.GetValue<string>());
                break;
            default:
                text.Append(node.ToJsonString());
                break;
        }
    }

    static void Separate(StringBuilder text, ref bool first, string? indent, string newLine, int depth)
    {
        if (!first) text.Append(',');
        first = false;
        Break(text, indent, newLine, depth);
    }

    static void Break(StringBuilder text, string? indent, string newLine, int depth)
    {
        if (indent is null) return;
        text.Append(newLine);
        for (var i = 0; i < depth; i++) text.Append(indent);
    }

    static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' => text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => text.Append(c),
            };
        }
        text.Append('"');
    }
}
