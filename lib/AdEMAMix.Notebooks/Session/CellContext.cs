// The cell that is running, as its own code and everything it started see it.
using System.Globalization;

namespace AdEMAMix.Notebooks;

/// <summary>Carries one cell's output and its stop signal along the cell's own flow of control, over awaits, tasks and threads.</summary>
sealed class CellContext(string cellName, Action<CellOutput> output, CancellationToken cancellation)
{
    static readonly AsyncLocal<CellContext?> Flow = new();

    readonly Lock _order = new();
    int _displays;

    /// <summary>The cell whose flow this is, or null in the host's own.</summary>
    public static CellContext? Current => Flow.Value;

    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>Makes this the current cell of the calling flow.</summary>
    public void Enter() => Flow.Value = this;

    /// <summary>Hands an output on; two threads of one cell never interleave within one.</summary>
    public void Emit(CellOutput item)
    {
        lock (_order) output(item);
    }

    /// <summary>A name for a display that is the same each time the notebook runs.</summary>
    public string NextDisplayId() => string.Create(CultureInfo.InvariantCulture, $"{cellName.Replace(' ', '-')}-display-{Interlocked.Increment(ref _displays)}");
}
