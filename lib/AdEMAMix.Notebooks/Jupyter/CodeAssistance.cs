// What a front end asks while its reader writes: completion, documentation, and whether a text is complete.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>Answers from a session. Positions are turned from and into Jupyter's code points here, and nowhere else.</summary>
sealed class CodeAssistance(CSharpSession session)
{
    /// <summary>The content of a complete_reply.</summary>
    public JsonObject Complete(JsonObject request)
    {
        var (code, position) = CodeAndPosition(request);
        var found = session.Complete(code, position);
        var (start, end) = (CodePosition.FromUtf16(code, found.Start), CodePosition.FromUtf16(code, found.End));
        return new JsonObject
        {
            ["status"] = "ok",
            ["matches"] = new JsonArray([.. found.Items.Select(item => (JsonNode)JsonValue.Create(item.Text))]),
            ["cursor_start"] = start,
            ["cursor_end"] = end,
            // The field by which front ends show kinds and signatures beside the texts.
            ["metadata"] = new JsonObject
            {
                ["_jupyter_types_experimental"] = new JsonArray([.. found.Items.Select(item => (JsonNode)new JsonObject
                {
                    ["text"] = item.Text,
                    ["type"] = item.Kind,
                    ["signature"] = item.Display,
                    ["start"] = start,
                    ["end"] = end,
                })]),
            },
        };
    }

    /// <summary>The content of an inspect_reply.</summary>
    public JsonObject Inspect(JsonObject request)
    {
        var (code, position) = CodeAndPosition(request);
        var found = session.Inspect(code, position);
        return new JsonObject
        {
            ["status"] = "ok",
            ["found"] = found is not null,
            ["data"] = found is null ? new JsonObject() : BundleJson.Of(found.Data),
            ["metadata"] = new JsonObject(),
        };
    }

    /// <summary>The content of an is_complete_reply.</summary>
    public JsonObject IsComplete(JsonObject request)
    {
        var status = session.IsComplete(new ContentReader(request).Text("code"));
        return status.Completeness switch
        {
            Completeness.Complete => new JsonObject { ["status"] = "complete" },
            Completeness.Incomplete => new JsonObject { ["status"] = "incomplete", ["indent"] = status.Indent },
            _ => new JsonObject { ["status"] = "invalid" },
        };
    }

    static (string Code, int Position) CodeAndPosition(JsonObject request)
    {
        var field = new ContentReader(request);
        var code = field.Text("code");
        return (code, CodePosition.ToUtf16(code, field.Number("cursor_pos", int.MaxValue)));
    }
}
