using System.Runtime.ExceptionServices;

namespace AdEMAMix.Workbook;

/// <summary>Reads the batches of the next steps on a thread of its own, so that a step does not wait for the disk.</summary>
/// <remarks>
/// What a batch holds is <see cref="WindowSampler"/>'s function of the step alone: asking for another step than the next one, after a resume for
/// example, costs a wait and changes nothing. At most a fixed number of batches is held. An error of the reading thread is thrown to the one
/// who asks for the step that it concerns. One caller at a time.
/// </remarks>
public sealed class BatchPrefetcher : IDisposable
{
    readonly object gate = new();
    readonly WindowSampler sampler;
    readonly int firstRow;
    readonly int rows;
    readonly long[][] inputs;
    readonly long[][] targets;
    Thread? reader;

    // Guarded by the gate: the step asked for next; the steps from there to ready - 1 are read.
    long next;
    long ready;
    int generation;
    bool stopped;
    ExceptionDispatchInfo? failure;

    /// <summary>A prefetcher for some rows of every batch; reading starts with the first <see cref="Fill"/>.</summary>
    /// <param name="sampler">Where batches come from.</param>
    /// <param name="firstRow">The first row of each batch that is wanted.</param>
    /// <param name="rows">How many rows; null for all from there on.</param>
    /// <param name="ahead">Batches to hold, at least 1.</param>
    public BatchPrefetcher(WindowSampler sampler, int firstRow = 0, int? rows = null, int ahead = 2)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentOutOfRangeException.ThrowIfLessThan(ahead, 1);
        (this.sampler, this.firstRow, this.rows) = (sampler, firstRow, rows ?? sampler.BatchSize - firstRow);
        sampler.RequireRows(firstRow, this.rows);
        inputs = [.. Enumerable.Range(0, ahead).Select(_ => new long[this.rows * sampler.Context])];
        targets = [.. Enumerable.Range(0, ahead).Select(_ => new long[this.rows * sampler.Context])];
    }

    /// <summary>The batch of a step: what <see cref="WindowSampler.Fill(long, int, int, Span{long}, Span{long})"/> gives.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="inputs">Receives [rows, context] tokens, row by row.</param>
    /// <param name="targets">Receives for each input the token that follows it.</param>
    /// <exception cref="DataException">The tokens of this step cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void Fill(long step, Span<long> inputs, Span<long> targets)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        sampler.RequireLength(inputs, targets, rows);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopped, this);
            if (reader is null || step != next)
            {
                (next, ready, failure) = (step, step, null);
                generation++;
                Monitor.PulseAll(gate);
            }
            if (reader is null)
            {
                reader = new Thread(Read) { IsBackground = true, Name = "prefetch" };
                reader.Start();
            }
            while (ready <= step && failure is null && !stopped) Monitor.Wait(gate);
            ObjectDisposedException.ThrowIf(stopped, this);
            if (ready <= step) failure!.Throw();
        }
        // The reader writes only the slots of the steps after this one until this one is given free.
        this.inputs[step % this.inputs.Length].CopyTo(inputs);
        this.targets[step % this.targets.Length].CopyTo(targets);
        lock (gate)
        {
            next = step + 1;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Stops the reading thread and waits for its end.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            stopped = true;
            Monitor.PulseAll(gate);
        }
        reader?.Join();
    }

    void Read()
    {
        while (true)
        {
            long step;
            int asked;
            lock (gate)
            {
                while (!stopped && (failure is not null || ready - next >= inputs.Length)) Monitor.Wait(gate);
                if (stopped) return;
                (step, asked) = (ready, generation);
            }
            ExceptionDispatchInfo? problem = null;
            try
            {
                sampler.Fill(step, firstRow, rows, inputs[step % inputs.Length], targets[step % targets.Length]);
            }
            catch (Exception e)
            {
                problem = ExceptionDispatchInfo.Capture(e);
            }
            lock (gate)
            {
                // The caller has gone elsewhere in the meantime: this batch is nobody's.
                if (asked != generation) continue;
                if (problem is null) ready++;
                failure = problem;
                Monitor.PulseAll(gate);
            }
        }
    }
}
