namespace AdEMAMix.Workbook;

/// <summary>Which windows of the text each training step and each evaluation reads.</summary>
/// <remarks>
/// A pure function of seed, step and place in the batch: a resumed run needs no state to read what the uninterrupted run would have read.
/// An epoch cuts the training text, from an offset of its own, into windows that do not overlap, and reads each exactly once in an order of
/// its own (<see cref="WindowPermutation"/>). A window is <see cref="Context"/> inputs; the targets are the same tokens one place further.
/// </remarks>
public sealed class WindowSampler
{
    readonly ITokenSource training;
    readonly ITokenSource validation;
    readonly long slack;
    readonly int seed;

    /// <summary>A sampler over both parts of a dataset.</summary>
    /// <param name="data">The tokens.</param>
    /// <param name="context">Tokens per window, at least 1.</param>
    /// <param name="batchSize">Windows per step, at least 1.</param>
    /// <param name="seed">Seed of the order.</param>
    /// <exception cref="DataException">A part of the text is shorter than one window and its last target.</exception>
    public WindowSampler(TokenDataset data, int context, int batchSize, int seed)
    {
        if (context < 1) throw new ConfigException($"A context of {context} tokens is too short: it must be at least 1.");
        if (batchSize < 1) throw new ConfigException($"A batch of {batchSize} windows is too small: it must be at least 1.");
        data.RequireContext(context);
        training = data.Training;
        validation = data.Validation;
        Context = context;
        BatchSize = batchSize;
        this.seed = seed;
        // One window less than would fit leaves room for the offset, so that window borders fall elsewhere in each epoch.
        WindowsPerEpoch = Math.Max(1, training.Length / context - 1);
        slack = training.Length - 1 - WindowsPerEpoch * context;
    }

    /// <summary>Tokens per window.</summary>
    public int Context { get; }

    /// <summary>Windows per step.</summary>
    public int BatchSize { get; }

    /// <summary>Windows that one pass over the training text consists of.</summary>
    public long WindowsPerEpoch { get; }

    /// <summary>Where the window of a step starts in the training tokens.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="batchIndex">The place in the batch, from 0 to <see cref="BatchSize"/> - 1.</param>
    public long TrainingWindow(long step, int batchIndex)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(batchIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(batchIndex, BatchSize);
        var (epoch, index) = Math.DivRem(step * BatchSize + batchIndex, WindowsPerEpoch);
        var order = new WindowPermutation(WindowsPerEpoch, seed, epoch);
        return order.Draw(slack + 1) + order[index] * Context;
    }

    /// <summary>The batch of a training step.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="inputs">Receives [BatchSize, Context] tokens, row by row.</param>
    /// <param name="targets">Receives for each input the token that follows it.</param>
    /// <exception cref="DataException">The tokens cannot be read, or one is outside the vocabulary.</exception>
    public void Fill(long step, Span<long> inputs, Span<long> targets) => Fill(step, 0, BatchSize, inputs, targets);

    /// <summary>Some rows of the batch of a training step: what one of several processes that share a batch reads. Other rows are not touched.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="firstRow">The first row.</param>
    /// <param name="rows">How many; with <paramref name="firstRow"/> within <see cref="BatchSize"/>.</param>
    /// <param name="inputs">Receives [rows, Context] tokens, row by row.</param>
    /// <param name="targets">Receives for each input the token that follows it.</param>
    /// <exception cref="DataException">The tokens cannot be read, or one is outside the vocabulary.</exception>
    public void Fill(long step, int firstRow, int rows, Span<long> inputs, Span<long> targets)
    {
        RequireRows(firstRow, rows);
        RequireLength(inputs, targets, rows);
        for (var row = 0; row < rows; row++) Copy(training, TrainingWindow(step, firstRow + row), row, inputs, targets);
    }

    /// <summary>How many windows fit into the validation text without overlap.</summary>
    public long ValidationCapacity => (validation.Length - 1) / Context;

    /// <summary>Where window <paramref name="index"/> of <paramref name="count"/> starts in the validation tokens.</summary>
    /// <remarks>They are spread evenly from the first token to the last, the same ones in every evaluation; up to <see cref="ValidationCapacity"/> they do not overlap.</remarks>
    public long ValidationWindow(int index, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
        var last = validation.Length - 1 - Context;
        return count == 1 ? last / 2 : (long)((Int128)index * last / (count - 1));
    }

    /// <summary>Some consecutive windows of an evaluation, as many as the spans hold.</summary>
    /// <param name="first">Index of the first.</param>
    /// <param name="count">Windows of the whole evaluation.</param>
    /// <param name="inputs">Receives [n, Context] tokens, row by row.</param>
    /// <param name="targets">Receives for each input the token that follows it.</param>
    public void FillValidation(int first, int count, Span<long> inputs, Span<long> targets)
    {
        var rows = inputs.Length / Context;
        RequireLength(inputs, targets, rows);
        for (var row = 0; row < rows; row++) Copy(validation, ValidationWindow(first + row, count), row, inputs, targets);
    }

    /// <summary>A held-out batch: windows of the validation text, spread over it, the same whatever the seed.</summary>
    /// <param name="batch">Which one.</param>
    /// <param name="batches">How many there are; no two share a window while they fit into the validation text.</param>
    /// <param name="inputs">Receives [BatchSize, Context] tokens, row by row.</param>
    /// <param name="targets">Receives for each input the token that follows it.</param>
    public void FillHeldOut(int batch, int batches, Span<long> inputs, Span<long> targets)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(batch);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(batch, batches);
        RequireLength(inputs, targets, BatchSize);
        for (var row = 0; row < BatchSize; row++) Copy(validation, ValidationWindow(row * batches + batch, BatchSize * batches), row, inputs, targets);
    }

    internal void RequireRows(int firstRow, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, BatchSize - firstRow);
    }

    internal void RequireLength(Span<long> inputs, Span<long> targets, int rows)
    {
        if (inputs.Length != rows * Context || targets.Length != inputs.Length)
            throw new ArgumentException($"Inputs and targets hold {inputs.Length} and {targets.Length} numbers where {rows} windows of {Context} tokens are asked for.");
    }

    void Copy(ITokenSource tokens, long start, int row, Span<long> inputs, Span<long> targets)
    {
        var window = tokens.Window(start, Context + 1);
        var input = inputs.Slice(row * Context, Context);
        var target = targets.Slice(row * Context, Context);
        for (var i = 0; i < Context; i++)
        {
            input[i] = window[i];
            target[i] = window[i + 1];
        }
        GC.KeepAlive(tokens); // a window may lie in a mapped file
    }
}
