using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>How a run is spread over GPUs.</summary>
/// <param name="Gpus">Data-parallel ranks, one GPU each.</param>
public sealed record ScaleLayout(int Gpus = 1)
{
    /// <summary>Whether each rank holds the optimizer's states of its part of the weights only.</summary>
    public bool ShardStates { get; init; }

    /// <summary>Whether products of matrices are computed in bfloat16 (see <see cref="ComputeConfig.Precision"/>).</summary>
    public bool BFloat16 { get; init; }

    /// <summary>Whether each block keeps only its input and is computed again in the backward pass (see <see cref="ComputeConfig.Recompute"/>).</summary>
    public bool Recompute { get; init; }

    /// <summary>Sequences that pass through a rank at once; null for as many as fit. Gradients of the rank's other sequences are accumulated.</summary>
    public int? MicroBatch { get; init; }

    /// <summary>Sequences per step of the rank that has most: the batch is divided in order.</summary>
    internal int RankBatch(int batch) => (batch + Gpus - 1) / Gpus;

    /// <summary>Checks that a batch can be spread so.</summary>
    /// <param name="batch">Sequences per step, of all ranks together.</param>
    /// <exception cref="ConfigException">No GPUs, more than sequences, or a micro-batch that is none.</exception>
    internal ScaleLayout Validate(int batch)
    {
        RunConfig.AtLeast(1, Gpus, "the number of GPUs");
        if (Gpus > batch) throw new ConfigException(Text($"{Gpus:N0} GPUs are more than the {batch} sequences of a step: plan for at most {batch}, or raise training.batchSize."));
        if (MicroBatch is { } micro && (micro < 1 || micro > RankBatch(batch)))
            throw new ConfigException(Text($"A micro-batch of {micro} must be from 1 to the {RankBatch(batch)} sequences that a GPU has of a step."));
        return this;
    }

    /// <summary>Micro-batches to choose from, largest first: a rank's sequences in one part, in two, in three ...</summary>
    internal IEnumerable<int> MicroBatches(int batch) => Enumerable.Range(1, RankBatch(batch)).Select(parts => (RankBatch(batch) + parts - 1) / parts).Distinct();

    /// <summary>The options of `workbook plan` by which this layout differs from a wished one; a micro-batch that was left open is chosen anew.</summary>
    internal IReadOnlyList<string> Changes(ScaleLayout from) =>
    [
        .. Gpus == from.Gpus ? (string[])[] : [Text($"--gpus {Gpus}")],
        .. from.MicroBatch is null || MicroBatch == from.MicroBatch ? (string[])[] : [Text($"--micro-batch {MicroBatch}")],
        .. BFloat16 == from.BFloat16 ? (string[])[] : ["--precision bfloat16"],
        .. Recompute == from.Recompute ? (string[])[] : ["--recompute"],
        .. ShardStates == from.ShardStates ? (string[])[] : ["--shard-states"],
    ];

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
