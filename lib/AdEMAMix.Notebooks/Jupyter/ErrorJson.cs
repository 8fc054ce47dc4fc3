// An error as messages carry it.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

static class ErrorJson
{
    public static JsonObject Of(ErrorOutput error)
    {
        var content = error.ToJson();
        // Of outputs in files alone.
        content.Remove("output_type");
        return content;
    }

    /// <summary>The content of a reply to a request that failed.</summary>
    public static JsonObject Reply(ErrorOutput error)
    {
        var content = Of(error);
        content["status"] = "error";
        return content;
    }
}
