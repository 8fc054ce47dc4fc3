using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Parameters and optimizer state at one step, in memory: what a measurement goes back to after it has trained on.</summary>
/// <param name="tensors">The live tensors.</param>
/// <param name="optimizer">Whose counters belong to them.</param>
/// <param name="step">Steps done.</param>
sealed class TrainerCopy(IReadOnlyList<Tensor> tensors, ModelOptimizer optimizer, int step) : IDisposable
{
    readonly List<Tensor> copies = [.. tensors.Select(t => t.detach().clone().DetachFromDisposeScope())];
    readonly long[] counters = optimizer.Counters;

    /// <summary>Steps done.</summary>
    public int Step => step;

    /// <summary>Writes everything back, bit for bit.</summary>
    public void Restore()
    {
        using var frozen = no_grad();
        foreach (var (live, copy) in tensors.Zip(copies)) live.copy_(copy);
        optimizer.Counters = counters;
    }

    /// <inheritdoc/>
    public void Dispose() => copies.ForEach(t => t.Dispose());
}
