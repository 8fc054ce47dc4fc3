// nbformat's multi-line string: one string, or an array of lines that keep their line ends.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

static class MultilineText
{
    public static string Read(JsonNode? node) => node switch
    {
        JsonArray lines => string.Concat(lines.Select(line => line?.ToString())),
        JsonValue value => value.ToString(),
        _ => "",
    };

    public static JsonArray Lines(string text)
    {
        var lines = new JsonArray();
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            lines.Add((JsonNode)JsonValue.Create(text[start..end]));
            start = end;
        }
        return lines;
    }

    public static bool IsValid(JsonNode? node) => node switch
    {
        JsonArray lines => lines.All(IsString),
        _ => IsString(node),
    };

    public static bool IsString(JsonNode? node) => node is JsonValue value && value.GetValueKind() == System.Text.Json.JsonValueKind.String;
}
