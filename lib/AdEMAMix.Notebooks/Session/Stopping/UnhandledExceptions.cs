// Exceptions that nobody caught on threads, timers and async void methods of cells: the process lives on and the cell tells.
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace AdEMAMix.Notebooks;

/// <summary>Keeps a background thread of a cell from ending the whole process, be it by its own mistake or by a stop that unwinds it.</summary>
static class UnhandledExceptions
{
    static int s_installed;

    public static void Install()
    {
        if (Interlocked.Exchange(ref s_installed, 1) != 0) return;
        try
        {
            ExceptionHandling.SetUnhandledExceptionHandler(Handle);
        }
        catch (InvalidOperationException)
        {
            // The host has a handler of its own, and a process has one.
        }
    }

    static bool Handle(Exception e)
    {
        if (IsOfStop(e)) return true;
        // A timer's flow is over when its exception comes here; the code that threw it still tells whose it is.
        if ((CellContext.Current ?? CellContext.OfCode(new StackTrace(e))) is not { } cell) return false;
        cell.Write("stderr", $"Unhandled in the background: {string.Join('\n', cell.Describe(e).Traceback)}\n");
        return true;
    }

    static bool IsOfStop(Exception? e) => e is CellStoppedException || (e is AggregateException all ? all.InnerExceptions.Any(IsOfStop) : e is not null && IsOfStop(e.InnerException));
}
