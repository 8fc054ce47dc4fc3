// The running cell as its own code and libraries see it: its stop signal and its place on the page.
using AdEMAMix.Notebooks;

namespace Microsoft.DotNet.Interactive;

/// <summary>The cell that is running.</summary>
public sealed class KernelInvocationContext
{
    readonly CellContext _cell;

    KernelInvocationContext(CellContext cell) => _cell = cell;

    /// <summary>The running cell, or null where no cell runs.</summary>
    public static KernelInvocationContext? Current => CellContext.Current is { } cell ? new KernelInvocationContext(cell) : null;

    /// <summary>Signals that the reader wants the cell to stop.</summary>
    public CancellationToken CancellationToken => _cell.Cancellation;

    /// <summary>Shows a value at this place of the cell's output.</summary>
    public DisplayedValue Display(object? value, params string[] mimeTypes) => DisplayedValue.Show(_cell, value, mimeTypes);
}
