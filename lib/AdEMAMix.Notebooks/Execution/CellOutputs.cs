// The outputs of one cell while it runs, and as nbformat writes them.
using System.Text;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>Collects what a cell puts out: stream text in one piece until something else follows, updates at the place of what they replace.</summary>
public sealed class CellOutputs
{
    readonly Lock _gate = new();
    readonly List<Entry> _entries = [];
    bool _clearing;

    /// <summary>Takes the next output.</summary>
    public void Add(CellOutput output)
    {
        lock (_gate)
        {
            if (_clearing && output is not UpdateOutput)
            {
                _entries.Clear();
                _clearing = false;
            }
            switch (output)
            {
                case ClearOutput { Wait: true }:
                    _clearing = true;
                    break;
                case ClearOutput:
                    _entries.Clear();
                    break;
                case StreamOutput stream:
                    if (_entries is not [.., { Stream: { } text, Output: StreamOutput last }] || last.Name != stream.Name) _entries.Add(new Entry(stream, text = new StringBuilder()));
                    text.Append(stream.Text);
                    break;
                case UpdateOutput update:
                    var index = _entries.FindIndex(entry => entry.Output is DisplayOutput shown && shown.DisplayId == update.DisplayId);
                    if (index >= 0) _entries[index] = new Entry(new DisplayOutput(update.Data, update.DisplayId), null);
                    break;
                default:
                    _entries.Add(new Entry(output, null));
                    break;
            }
        }
    }

    /// <summary>The outputs as nbformat has them, keys in the order in which Jupyter writes them.</summary>
    /// <param name="executionCount">The number that an execute_result carries.</param>
    public JsonArray ToJson(int executionCount)
    {
        lock (_gate)
        {
            var outputs = new JsonArray();
            foreach (var (output, stream) in _entries)
            {
                outputs.Add((JsonNode)(output switch
                {
                    StreamOutput text => new JsonObject { ["name"] = text.Name, ["output_type"] = "stream", ["text"] = MultilineText.Lines(stream!.ToString()) },
                    DisplayOutput shown => new JsonObject { ["data"] = shown.Data.ToJson(), ["metadata"] = new JsonObject(), ["output_type"] = "display_data" },
                    ResultOutput result => new JsonObject { ["data"] = result.Data.ToJson(), ["execution_count"] = executionCount, ["metadata"] = new JsonObject(), ["output_type"] = "execute_result" },
                    ErrorOutput error => error.ToJson(),
                    _ => throw new InvalidOperationException($"An output of type {output.GetType().Name} has no place in a file."),
                }));
            }
            return outputs;
        }
    }

    sealed record Entry(CellOutput Output, StringBuilder? Stream);
}
