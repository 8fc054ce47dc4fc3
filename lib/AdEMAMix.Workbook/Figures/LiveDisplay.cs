namespace AdEMAMix.Workbook;

/// <summary>One value on display that is replaced in place: what a call shows while it runs.</summary>
/// <remarks>May be called from any thread and as often as one likes: a host is told at most twice a second, and always of the last value.</remarks>
public sealed class LiveDisplay : IDisposable
{
    /// <summary>The shortest time between two updates that a notebook is sent.</summary>
    internal static readonly TimeSpan NotebookPause = TimeSpan.FromMilliseconds(500);

    /// <summary>The shortest time between two lines on a console.</summary>
    internal static readonly TimeSpan ConsolePause = TimeSpan.FromSeconds(10);

    readonly Lock gate = new();
    readonly string id;
    readonly Action<string, object, bool> show;
    readonly TimeSpan pause;
    readonly TimeProvider time;
    readonly ITimer timer;
    long shown;
    object? waiting;
    bool ended;

    internal LiveDisplay(string id, Action<string, object, bool> show, object value, TimeSpan pause, TimeProvider? time = null)
    {
        (this.id, this.show, this.pause, this.time) = (id, show, pause, time ?? TimeProvider.System);
        // The timer keeps the flow of control that it is made in, so that late updates still find the cell.
        timer = this.time.CreateTimer(_ => ShowWaiting(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        show(id, value, false);
        shown = this.time.GetTimestamp();
    }

    /// <summary>Replaces what is shown, now or, where the last update is too recent, a moment later, unless a newer value comes first.</summary>
    public void Update(object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (gate)
        {
            if (ended) return;
            var armed = waiting is not null;
            waiting = value;
            var left = pause - time.GetElapsedTime(shown);
            if (left <= TimeSpan.Zero) ShowWaiting();
            else if (!armed) timer.Change(left, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Replaces what is shown at once and for good: what the notebook's file keeps.</summary>
    public void End(object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (gate)
        {
            if (ended) return;
            waiting = value;
            Dispose();
        }
    }

    /// <summary>Shows the last value at once, if it is not shown yet; later updates are ignored.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            ShowWaiting();
            ended = true;
            timer.Dispose();
        }
    }

    void ShowWaiting()
    {
        lock (gate)
        {
            if (waiting is not { } value || ended) return;
            waiting = null;
            try
            {
                show(id, value, true);
            }
            catch (Exception)
            {
                // The notebook was closed, or its engine has gone. What is being shown is worth more than its display.
                ended = true;
            }
            shown = time.GetTimestamp();
        }
    }
}
