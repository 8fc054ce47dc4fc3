namespace AdEMAMix.Workbook;

/// <summary>How much of the cost is measured.</summary>
/// <param name="Sizes">Models whose whole steps are measured, smallest first; an optimizer in them is not read.</param>
/// <param name="Rounds">Repeats of each model's measurement.</param>
/// <param name="Blocks">Blocks of each optimizer in a round.</param>
/// <param name="Shapes">Tensors and values of each, for the optimizer's step alone.</param>
/// <param name="UpdateBlocks">Blocks of every side there.</param>
/// <param name="HasPeers">Whether PyTorch is measured too.</param>
sealed record CostSettings(IReadOnlyList<(string Name, RunConfig Shape)> Sizes, int Rounds, int Blocks, IReadOnlyList<(int Tensors, int Elements)> Shapes, int UpdateBlocks, bool HasPeers)
{
    // Three times the claim's least number of repeats costs minutes; one buys a first look.
    const int DeskRounds = 9;
    const int DeskBlocks = 8;

    /// <summary>The number of tensors at which the growth with parameters is shown.</summary>
    public const int FewTensors = 10;

    /// <summary>The number of parameters at which the growth with tensors is shown.</summary>
    public const int ManyParameters = 1_000_000;

    /// <summary>The settings of a preset. The full preset measures as the desk does: only a larger machine makes larger models affordable.</summary>
    public static CostSettings Of(Preset preset)
    {
        var sizes = TokenEfficiencySettings.Of(Preset.Desk).Sizes.Select(size => (size.Name, size.Base)).ToList();
        if (preset == Preset.Smoke) return new([sizes[0]], 3, 3, [(FewTensors, 10_000), (100, 1_000)], 3, HasPeers: false);
        // Four times the largest that is trained at desk.
        var larger = sizes[^1].Base with { Model = new ModelConfig { Layers = 6, Width = 160, Heads = 4, Context = 64 } };
        return new([.. sizes, ("1.9M parameters", larger)], DeskRounds, DeskBlocks,
            [(FewTensors, 1_000), (FewTensors, 10_000), (FewTensors, 100_000), (FewTensors, 1_000_000), (100, 10_000), (1_000, 1_000), (10_000, 100)], 11, HasPeers: true);
    }

    /// <summary>How many blocks all of it has, for a progress bar.</summary>
    public int TotalBlocks => Sizes.Count * Rounds * Blocks * StepBenchmark.Optimizers.Count + Shapes.Count * UpdateBlocks + (HasPeers ? 1 : 0);
}

/// <summary>Measures the optimizers' cost on this machine.</summary>
public static class CostBenchmark
{
    const int PeerBlocks = 7;

    /// <summary>Measures; a few minutes at desk, under a minute at smoke, where nothing else runs.</summary>
    /// <param name="preset">How much.</param>
    /// <param name="paths">The workbook.</param>
    /// <param name="ranks">Measures several processes that train together; null leaves them out, as a notebook does.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    public static CostRecord Run(Preset preset, WorkbookPaths paths, Func<RanksBenchmark>? ranks = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(preset);
        ArgumentNullException.ThrowIfNull(paths);
        var settings = CostSettings.Of(preset);
        using var bar = Progress.Of(settings.TotalBlocks, "measuring", "blocks");
        var steps = settings.Sizes.Select(size => StepBenchmark.Run(size.Name, size.Shape, RunEstimate.Of(size.Shape, paths).Vocabulary, settings.Rounds, settings.Blocks, () => bar.Advance(1, $"whole steps, {size.Name}"), cancellation)).ToList();
        var updates = settings.Shapes.SelectMany(shape => UpdateBenchmark.Run(shape.Tensors, shape.Elements, 1, settings.UpdateBlocks, () => bar.Advance(1, FormattableString.Invariant($"updates of {shape.Tensors:N0} tensors of {shape.Elements:N0}")), cancellation)).ToList();
        var peers = settings.HasPeers ? OptimizerBenchmark.Run(paths, 1, PeerBlocks) : [];
        if (settings.HasPeers) bar.Advance(1, "beside PyTorch");
        return new CostRecord
        {
            Measured = DateTime.UtcNow,
            Threads = 1,
            Environment = RunEnvironment.Capture(paths.Root),
            Steps = steps,
            Updates = updates,
            Peers = peers,
            Ranks = ranks?.Invoke(),
        };
    }
}
