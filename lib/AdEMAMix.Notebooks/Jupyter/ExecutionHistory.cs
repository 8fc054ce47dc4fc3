// What was run in this session, for front ends that offer earlier input again.
using System.IO.Enumeration;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>The inputs of one session with their results. An earlier session's are its notebook's own to keep.</summary>
sealed class ExecutionHistory
{
    // Jupyter numbers sessions in a database; this one is the only one.
    const int Session = 1;
    const int Most = 10_000;

    readonly List<(int Line, string Input, string? Output)> _entries = [];

    /// <summary>Remembers an input.</summary>
    public void Add(int line, string input, string? output)
    {
        _entries.Add((line, input, output));
        if (_entries.Count > Most) _entries.RemoveAt(0);
    }

    /// <summary>The content of a history_reply.</summary>
    public JsonObject Answer(JsonObject request)
    {
        var field = new ContentReader(request);
        var chosen = field.Text("hist_access_type", "range") switch
        {
            "tail" => _entries.TakeLast(field.Number("n", int.MaxValue)),
            "search" => Search(field.Text("pattern", "*"), field.Flag("unique", false)).TakeLast(field.Number("n", int.MaxValue)),
            "range" => Range(field.Number("session", 0), field.Number("start", 0), field.Number("stop", int.MaxValue)),
            var other => throw new MessageException($"there is no hist_access_type '{other}'"),
        };
        var withOutput = field.Flag("output", false);
        return new JsonObject
        {
            ["status"] = "ok",
            ["history"] = new JsonArray([.. chosen.Select(entry => (JsonNode)new JsonArray(Session, entry.Line, withOutput ? new JsonArray(entry.Input, entry.Output) : entry.Input))]),
        };
    }

    IEnumerable<(int Line, string Input, string? Output)> Search(string pattern, bool unique)
    {
        var found = _entries.Where(entry => FileSystemName.MatchesSimpleExpression(pattern, entry.Input, ignoreCase: false));
        // Of equal inputs the last one counts.
        return unique ? found.Reverse().DistinctBy(entry => entry.Input).Reverse() : found;
    }

    // Session 0 is the current one; negative numbers count back from it, and there is nothing back there.
    IEnumerable<(int Line, string Input, string? Output)> Range(int session, int start, int stop) =>
        session is 0 or Session ? _entries.Where(entry => entry.Line >= start && entry.Line < stop) : [];
}
