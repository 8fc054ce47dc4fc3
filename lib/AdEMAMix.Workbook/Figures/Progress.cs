namespace AdEMAMix.Workbook;

/// <summary>A progress bar for any loop of a notebook: what is done, at which speed, and how long the rest will take.</summary>
/// <remarks><code>foreach (var rate in Progress.Over(rates, "learning rates")) ...</code>
/// or, where there is no sequence, <code>using var bar = Progress.Of(steps, "training", "steps"); ... bar.Advance(1, $"loss {loss:F3}");</code>
/// The output that stays names no times, so that a notebook run twice gives the same file.</remarks>
public sealed class Progress : IDisposable
{
    readonly Lock gate = new();
    readonly TimeProvider time;
    readonly long begun;
    readonly LiveDisplay display;
    ProgressState state;
    bool ended;

    Progress(long? total, string label, string unit, TimeProvider? time)
    {
        if (total < 0) throw new ArgumentOutOfRangeException(nameof(total), total, "A progress bar cannot end below 0: give the number of items, or null where nobody knows it.");
        ArgumentNullException.ThrowIfNull(label);
        ArgumentNullException.ThrowIfNull(unit);
        this.time = time ?? TimeProvider.System;
        begun = this.time.GetTimestamp();
        state = new ProgressState(label, unit, 0, total, TimeSpan.Zero, "", ProgressPhase.Running);
        display = WorkbookDisplay.Start(state, plainLines: true);
    }

    /// <summary>Goes through items and shows how far it is.</summary>
    /// <param name="items">Any sequence; where its length is not known without walking it, the bar counts without an end.</param>
    /// <param name="label">What is done.</param>
    /// <param name="unit">What the items are, such as "runs".</param>
    public static IEnumerable<T> Over<T>(IEnumerable<T> items, string label = "", string unit = "")
    {
        ArgumentNullException.ThrowIfNull(items);
        return Walk();

        IEnumerable<T> Walk()
        {
            using var bar = Of(items.TryGetNonEnumeratedCount(out var count) ? count : null, label, unit);
            foreach (var item in items)
            {
                yield return item;
                bar.Advance();
            }
            bar.End();
        }
    }

    /// <summary>A bar that is moved by hand; disposing it leaves its last state.</summary>
    /// <param name="total">How many items there are; null where nobody knows.</param>
    /// <param name="label">What is done.</param>
    /// <param name="unit">What the items are, such as "tokens".</param>
    /// <exception cref="ArgumentOutOfRangeException">The total is negative.</exception>
    public static Progress Of(long? total, string label = "", string unit = "") => new(total, label, unit, null);

    internal static Progress Of(long? total, string label, string unit, TimeProvider time) => new(total, label, unit, time);

    /// <summary>How many items are done.</summary>
    public long Done => state.Done;

    /// <summary>Adds what was just done.</summary>
    /// <param name="count">How many items.</param>
    /// <param name="note">What to say beside the numbers, such as the loss; null keeps the last.</param>
    public void Advance(long count = 1, string? note = null)
    {
        lock (gate) Show(state.Done + count, note);
    }

    /// <summary>Says how many items are done.</summary>
    /// <param name="done">How many items, from the start.</param>
    /// <param name="note">What to say beside the numbers, such as the loss; null keeps the last.</param>
    public void Report(long done, string? note = null)
    {
        lock (gate) Show(done, note);
    }

    /// <summary>Leaves the last state: all done, or stopped where less was done than there is.</summary>
    public void Dispose()
    {
        lock (gate) Close(state.Total is { } total && state.Done >= total ? ProgressPhase.Done : ProgressPhase.Stopped);
    }

    // A sequence of unknown length that came to its end is done, and so is one that was shorter than it had said.
    void End()
    {
        lock (gate) Close(ProgressPhase.Done);
    }

    void Show(long done, string? note)
    {
        if (ended) return;
        state = state with { Done = Math.Max(0, done), Note = note ?? state.Note, Elapsed = time.GetElapsedTime(begun) };
        display.Update(state);
    }

    void Close(ProgressPhase phase)
    {
        if (ended) return;
        ended = true;
        display.End(state with { Phase = phase });
    }
}
