// An error as messages carry it.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

static class ErrorJson
{
    public static JsonObject Of(ErrorOutput error) => new()
    {
        ["ename"] = error.Name,
        ["evalue"] = error.Value,
        ["traceback"] = new JsonArray([.. error.Traceback.Select(line => (JsonNode)JsonValue.Create(line))]),
    };

    /// <summary>The content of a reply to a request that failed.</summary>
    public static JsonObject Reply(ErrorOutput error)
    {
        var content = Of(error);
        content["status"] = "error";
        return content;
    }
}
