// The console text of one cell on its way out: many small writes become few pieces, and a flood is cut off.
using System.Globalization;
using System.Text;

namespace AdEMAMix.Notebooks;

/// <summary>Collects what a cell writes and hands it on when something else follows, when there is enough of it, or after a moment.</summary>
/// <param name="limit">Characters that each stream may have.</param>
/// <param name="gate">The lock of the cell's outputs; every output is handed on inside it.</param>
/// <param name="output">Takes the pieces.</param>
sealed class StreamBuffer(int limit, Lock gate, Action<CellOutput> output)
{
    const int PieceSize = 8192;
    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    readonly StringBuilder _text = new();
    readonly Dictionary<string, (int Room, long LeftOut)> _streams = [];
    string _name = "";
    Timer? _timer;
    bool _timed;
    bool _ended;

    public void Write(string name, ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return;
        lock (gate)
        {
            if (_name != name) Flush();
            _name = name;
            var (room, leftOut) = _streams.GetValueOrDefault(name, (limit, 0));
            var isFirst = leftOut == 0;
            var taken = Math.Min(room, text.Length);
            _text.Append(text[..taken]);
            if (taken < text.Length && _text.Length > 0 && char.IsHighSurrogate(_text[^1]))
            {
                _text.Length--;
                leftOut++;
            }
            // The first line too many closes the stream: a later, shorter one would look like its continuation.
            _streams[name] = (taken < text.Length ? 0 : room - taken, leftOut + text.Length - taken);
            if (_ended && isFirst && taken < text.Length) _text.Append("\n... (further output of this cell's background work is left out)\n");
            if (_text.Length >= PieceSize) Hand(all: false);
            else if (_text.Length > 0 && !_timed) StartTimer();
        }
    }

    /// <summary>Hands on all that is held; to be called inside the lock.</summary>
    public void Flush() => Hand(all: true);

    /// <summary>Hands on all that is held and says what was left out.</summary>
    public void End()
    {
        lock (gate)
        {
            Flush();
            foreach (var (name, (_, leftOut)) in _streams)
                if (leftOut > 0) output(new StreamOutput(name, string.Create(CultureInfo.InvariantCulture, $"\n... ({leftOut:N0} more characters of {name} were left out: a cell shows {limit:N0})\n")));
            _ended = true;
        }
    }

    void Hand(bool all)
    {
        // Half of a surrogate pair waits for the other.
        var held = !all && _text.Length > 0 && char.IsHighSurrogate(_text[^1]) ? 1 : 0;
        if (_text.Length == held) return;
        var piece = _text.ToString(0, _text.Length - held);
        _text.Remove(0, piece.Length);
        output(new StreamOutput(_name, piece));
    }

    void StartTimer()
    {
        _timed = true;
        if (_timer is not null)
        {
            _timer.Change(Moment, Timeout.InfiniteTimeSpan);
            return;
        }
        // The timer is the host's: it must not keep the cell's flow alive.
        var flow = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        try
        {
            _timer = new Timer(_ => Tick(), null, Moment, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            flow?.Undo();
        }
    }

    void Tick()
    {
        lock (gate)
        {
            _timed = false;
            Hand(all: false);
        }
    }
}
