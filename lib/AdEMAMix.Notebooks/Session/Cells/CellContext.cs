// The cell that is running, as its own code and everything it started see it.
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace AdEMAMix.Notebooks;

/// <summary>Carries one cell's output and its stop signal along the cell's own flow of control, over awaits, tasks and threads, also after the cell has ended.</summary>
sealed class CellContext
{
    static readonly AsyncLocal<Flow?> Flows = new();

    // Which run of which cell an assembly of compiled code belongs to.
    static readonly ConditionalWeakTable<Assembly, CellContext> Owners = new();

    readonly string _name;
    readonly Action<CellOutput> _output;
    readonly Func<Exception, ErrorOutput> _describe;
    readonly StreamBuffer _streams;
    readonly Lock _order = new();
    int _displays;
    bool _stopped;

    public CellContext(string name, Action<CellOutput> output, SessionOptions options, Func<Exception, ErrorOutput> describe, CancellationToken cancellation)
    {
        _name = name;
        _output = output;
        _describe = describe;
        _streams = new StreamBuffer(options.StreamLimit, _order, output);
        Cancellation = cancellation;
    }

    /// <summary>The cell whose flow this is, or null in the host's own.</summary>
    public static CellContext? Current => Flows.Value?.Cell;

    /// <summary>The cell whose code is nearest to where an exception was thrown, or null where no cell's code took part.</summary>
    public static CellContext? OfCode(StackTrace trace)
    {
        foreach (var frame in trace.GetFrames())
            if (frame.GetMethod()?.DeclaringType?.Assembly is { } assembly && Owners.TryGetValue(assembly, out var cell)) return cell;
        return null;
    }

    public CancellationToken Cancellation { get; }

    /// <summary>Whether the cell was told to stop while it ran.</summary>
    public bool IsStopped => Volatile.Read(ref _stopped);

    /// <summary>Makes this the current cell of the calling flow; the result is to be kept alive while the cell can still be stopped.</summary>
    public object Enter() => Flows.Value = new Flow(this);

    /// <summary>Tells the cell's code, and all that it has started, to end.</summary>
    public void Stop()
    {
        // Without the lock: a thread that holds it may wait for a front end that has gone.
        if (Interlocked.Exchange(ref _stopped, true)) return;
        CellStop.Enter();
    }

    /// <summary>Says that the code of an assembly is this cell's.</summary>
    public void Own(Assembly assembly) => Owners.Add(assembly, this);

    public void ThrowIfStopped()
    {
        if (IsStopped || Cancellation.IsCancellationRequested) throw new CellStoppedException();
    }

    /// <summary>Hands an output on, behind the console text that was written before it; two threads of one cell never interleave within one.</summary>
    public void Emit(CellOutput item)
    {
        lock (_order)
        {
            _streams.Flush();
            _output(item);
        }
    }

    /// <summary>Takes console text, which goes on within a moment.</summary>
    /// <param name="stream"><c>stdout</c> or <c>stderr</c>.</param>
    /// <param name="text">The text.</param>
    public void Write(string stream, ReadOnlySpan<char> text) => _streams.Write(stream, text);

    /// <summary>Hands on what the streams still hold: the cell has ended.</summary>
    public void End() => _streams.End();

    /// <summary>An exception as this cell's reader should see it.</summary>
    public ErrorOutput Describe(Exception e) => _describe(e);

    /// <summary>A name for a display that is the same each time the notebook runs.</summary>
    public string NextDisplayId() => string.Create(CultureInfo.InvariantCulture, $"{_name.Replace(' ', '-')}-display-{Interlocked.Increment(ref _displays)}");

    /// <summary>The mark that the runtime hands from thread to thread. Only execution contexts hold it, so its end is the end of all that the cell has started.</summary>
    sealed class Flow(CellContext cell)
    {
        public CellContext Cell { get; } = cell;

        ~Flow()
        {
            if (Cell.IsStopped) CellStop.Leave();
        }
    }
}
