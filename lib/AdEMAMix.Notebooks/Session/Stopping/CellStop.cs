// What the engine weaves into the loops and functions of a cell, so that a stop reaches code that waits for nothing.
using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace AdEMAMix.Notebooks;

/// <summary>The checks that a compiled cell makes. Not for code that people write.</summary>
/// <remarks>
/// As long as no stopped cell has work left, a check is one read of a static field: in a loop that adds an int it is lost in the noise ('workbook bench notebook' measures it). Else it asks the flow that it is in (see <see cref="CellContext"/>) whether its own cell
/// was stopped: a function of cell 1 that cell 2 called stops with cell 2, and what cell 3 runs meanwhile goes on.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class CellStop
{
    // How many stopped cells still have a flow of control somewhere.
    static volatile int s_stoppedFlows;

    /// <summary>Ends the calling code if its cell was stopped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check()
    {
        if (s_stoppedFlows != 0) CheckFlow();
    }

    /// <summary>A sequence that ends its reader if its cell was stopped.</summary>
    public static IEnumerable<T> Each<T>(IEnumerable<T> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Checked(source);

        static IEnumerable<T> Checked(IEnumerable<T> source)
        {
            foreach (var item in source)
            {
                Check();
                yield return item;
            }
        }
    }

    /// <summary>Counts a flow whose cell was stopped.</summary>
    internal static void Enter() => Interlocked.Increment(ref s_stoppedFlows);

    /// <summary>Tells that such a flow has ended: nothing runs, waits or is scheduled in it any more.</summary>
    internal static void Leave() => Interlocked.Decrement(ref s_stoppedFlows);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void CheckFlow()
    {
        if (CellContext.Current is { IsStopped: true }) throw new CellStoppedException();
    }
}

/// <summary>Unwinds the code of a stopped cell. Tasks take it for a cancellation.</summary>
sealed class CellStoppedException() : OperationCanceledException("The cell was stopped.");
