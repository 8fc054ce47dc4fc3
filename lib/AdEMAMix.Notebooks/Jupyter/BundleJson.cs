// A value's forms as messages carry them: JSON as JSON, everything else as one string.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

static class BundleJson
{
    public static JsonObject Of(MimeBundle bundle)
    {
        var data = new JsonObject();
        // The file's form differs from the message's only in text, which files cut into lines.
        foreach (var (mime, form) in bundle.ToJson()) data[mime] = MimeBundle.IsJson(mime) ? form?.DeepClone() : JsonValue.Create(bundle[mime]);
        return data;
    }
}
