// What a cell's outputs show, for telling whether a second run showed the same.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

static class OutputsOf
{
    /// <summary>The outputs as text. A figure counts by its data: the picture inside its HTML is put there later.</summary>
    public static string Shown(NotebookCell cell)
    {
        var outputs = (JsonArray)cell.Outputs.DeepClone();
        foreach (var output in outputs.OfType<JsonObject>())
            if (output["data"] is JsonObject data && FigureJsonText.Of(data) is not null && data.ContainsKey(FigureJsonText.Mime)) data.Remove("text/html");
        return JsonText.WriteCompact(outputs);
    }
}
