// One value in several forms, from which a viewer takes the richest that it can show.
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>The forms of one value by mime type.</summary>
public sealed class MimeBundle
{
    readonly SortedDictionary<string, string> _forms = new(StringComparer.Ordinal);

    /// <summary>A bundle of the given forms; of two with one mime type the first is kept.</summary>
    /// <exception cref="NotebookException">A form of a JSON mime type is not JSON.</exception>
    public MimeBundle(params ReadOnlySpan<(string Mime, string Text)> forms)
    {
        foreach (var (mime, text) in forms)
        {
            if (IsJson(mime)) _ = ParseJson(mime, text);
            _forms.TryAdd(mime, text);
        }
    }

    /// <summary>The mime types, in ordinal order.</summary>
    public IReadOnlyCollection<string> Mimes => _forms.Keys;

    /// <summary>The form of one mime type, or null.</summary>
    public string? this[string mime] => _forms.GetValueOrDefault(mime);

    /// <summary>Whether a mime type holds JSON, which a notebook file keeps as JSON and not as text.</summary>
    public static bool IsJson(string mime) =>
        mime == "application/json" || (mime.StartsWith("application/", StringComparison.Ordinal) && mime.EndsWith("+json", StringComparison.Ordinal));

    /// <summary>The bundle as nbformat writes it: JSON as JSON with sorted keys, text as a list of lines, base64 as one string.</summary>
    public JsonObject ToJson()
    {
        var data = new JsonObject();
        foreach (var (mime, text) in _forms)
        {
            data[mime] = IsJson(mime) ? ParseJson(mime, text)
                : mime.StartsWith("text/", StringComparison.Ordinal) || mime is "application/javascript" or "image/svg+xml" ? MultilineText.Lines(text)
                : JsonValue.Create(text);
        }
        return data;
    }

    static JsonNode? ParseJson(string mime, string text)
    {
        try
        {
            return JsonText.Sorted(JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = 256, AllowDuplicateProperties = false }));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new NotebookException($"A formatter wrote text for '{mime}' that is not JSON ({e.Message.TrimEnd('.')}): mend the formatter of that type.", e);
        }
    }
}
