// The fields of a request's content, read with the type that the protocol gives them.
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>Reads fields; one that is missing or null has its default, one of another type is the sender's mistake.</summary>
readonly struct ContentReader(JsonObject content)
{
    public string Text(string name, string? standard = null) => content[name] switch
    {
        null => standard ?? throw new MessageException($"its content has no {name}"),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw Wrong(name, "text"),
    };

    public bool Flag(string name, bool standard) => content[name] switch
    {
        null => standard,
        JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
        _ => throw Wrong(name, "true or false"),
    };

    public int Number(string name, int standard) => content[name] switch
    {
        null => standard,
        JsonValue value when value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out int number) => number,
        _ => throw Wrong(name, "a whole number"),
    };

    /// <summary>An object of texts, for example user_expressions.</summary>
    public IReadOnlyDictionary<string, string> Texts(string name)
    {
        if (content[name] is null) return new Dictionary<string, string>();
        if (content[name] is not JsonObject map || !map.All(pair => MultilineText.IsString(pair.Value))) throw Wrong(name, "an object of texts");
        return map.ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<string>());
    }

    static MessageException Wrong(string name, string kind) => new($"the {name} of its content is not {kind}");
}
