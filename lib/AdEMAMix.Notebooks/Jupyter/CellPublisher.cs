// The outputs of one cell on their way to the front ends: console text in pieces that can be read, updates at a pace that can be seen.
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>Publishes what one execution puts out. It lives as long as anything that the cell started, so that late output finds its cell.</summary>
/// <param name="publish">Sends a message of a type with a content, under the header of the cell's request.</param>
/// <param name="displayPrefix">Makes names of displays the kernel's own: a notebook still shows those of an earlier kernel.</param>
/// <param name="executionCount">The number that an execute_result carries.</param>
/// <param name="silent">Whether the cell's value is not to be shown.</param>
sealed class CellPublisher(Action<string, JsonObject> publish, string displayPrefix, int executionCount, bool silent)
{
    /// <summary>The least time between two messages of one stream.</summary>
    public static readonly TimeSpan StreamInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>The least time between two updates of one display.</summary>
    public static readonly TimeSpan UpdateInterval = TimeSpan.FromMilliseconds(500);

    // The first text of a cell waits just long enough for the rest of its line.
    static readonly TimeSpan FirstText = TimeSpan.FromMilliseconds(5);

    const int TextLimit = 1 << 20;

    readonly Lock _gate = new();
    readonly List<(string Name, StringBuilder Text)> _streams = [];
    readonly Dictionary<string, (long Sent, MimeBundle? Waiting)> _displays = new(StringComparer.Ordinal);
    Timer? _timer;
    long _textSent;
    long _due = long.MaxValue;

    /// <summary>Takes the next output.</summary>
    public void Add(CellOutput output)
    {
        lock (_gate)
        {
            switch (output)
            {
                case StreamOutput stream:
                    Append(stream);
                    break;
                case UpdateOutput update:
                    var (sent, _) = _displays.GetValueOrDefault(update.DisplayId);
                    _displays[update.DisplayId] = (sent, update.Data);
                    Schedule(sent + Ticks(UpdateInterval));
                    break;
                case DisplayOutput display:
                    SendText(all: true);
                    _displays[display.DisplayId] = (Stopwatch.GetTimestamp(), null);
                    publish("display_data", Shown(display.Data, display.DisplayId));
                    break;
                case ClearOutput clear:
                    SendText(all: true);
                    publish("clear_output", new JsonObject { ["wait"] = clear.Wait });
                    break;
                case ResultOutput result when !silent:
                    SendText(all: true);
                    var content = new JsonObject { ["execution_count"] = executionCount, ["data"] = BundleJson.Of(result.Data), ["metadata"] = new JsonObject() };
                    publish("execute_result", content);
                    break;
                case ErrorOutput error:
                    SendText(all: true);
                    publish("error", ErrorJson.Of(error));
                    break;
            }
        }
    }

    /// <summary>Sends what is waiting: the cell has ended.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            SendText(all: true);
            SendUpdates(all: true);
        }
    }

    void Append(StreamOutput stream)
    {
        var index = _streams.FindIndex(other => other.Name == stream.Name);
        if (index < 0)
        {
            index = _streams.Count;
            _streams.Add((stream.Name, new StringBuilder()));
        }
        _streams[index].Text.Append(stream.Text);
        if (_streams[index].Text.Length > TextLimit) SendText(all: false);
        else Schedule(Math.Max(_textSent + Ticks(StreamInterval), Stopwatch.GetTimestamp() + Ticks(FirstText)));
    }

    void SendText(bool all)
    {
        for (var i = 0; i < _streams.Count; i++)
        {
            var (name, text) = _streams[i];
            // Half a character waits for its other half.
            var keep = !all && text.Length > 0 && char.IsHighSurrogate(text[^1]) ? 1 : 0;
            if (text.Length == keep) continue;
            publish("stream", new JsonObject { ["name"] = name, ["text"] = text.ToString(0, text.Length - keep) });
            text.Remove(0, text.Length - keep);
            _textSent = Stopwatch.GetTimestamp();
        }
        _streams.RemoveAll(stream => stream.Text.Length == 0);
    }

    void SendUpdates(bool all)
    {
        var now = Stopwatch.GetTimestamp();
        foreach (var (id, (sent, waiting)) in _displays.ToArray())
        {
            if (waiting is null) continue;
            if (!all && sent + Ticks(UpdateInterval) > now)
            {
                Schedule(sent + Ticks(UpdateInterval));
                continue;
            }
            _displays[id] = (now, null);
            publish("update_display_data", Shown(waiting, id));
        }
    }

    void Schedule(long due)
    {
        if (due >= _due) return;
        _due = due;
        var wait = TimeSpan.FromSeconds(Math.Max(0, due - Stopwatch.GetTimestamp()) / (double)Stopwatch.Frequency);
        // The timer belongs to the kernel, not to the flow of the cell that happened to write first.
        using (ExecutionContext.SuppressFlow()) _timer ??= new Timer(_ => OnTimer(), null, Timeout.Infinite, Timeout.Infinite);
        _timer.Change(wait + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }

    void OnTimer()
    {
        lock (_gate)
        {
            _due = long.MaxValue;
            SendText(all: false);
            SendUpdates(all: false);
        }
    }

    JsonObject Shown(MimeBundle data, string id) => new()
    {
        ["data"] = BundleJson.Of(data),
        ["metadata"] = new JsonObject(),
        ["transient"] = new JsonObject { ["display_id"] = displayPrefix + id },
    };

    static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
