using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>How a run is spread over GPUs.</summary>
/// <param name="Gpus">Data-parallel ranks, one GPU each.</param>
public sealed record ScaleLayout(int Gpus = 1)
{
    /// <summary>Whether each rank holds the optimizer's states of its part of the weights only.</summary>
    public bool ShardStates { get; init; }

    /// <summary>Whether products of matrices are computed in bfloat16, beside weights, norms, softmax and loss in float.</summary>
    public bool BFloat16 { get; init; }

    /// <summary>Whether each block keeps only its input and is computed again in the backward pass.</summary>
    public bool Recompute { get; init; }

    /// <summary>Sequences that pass through a rank at once; null for as many as fit. Gradients of the rank's other sequences are accumulated.</summary>
    public int? MicroBatch { get; init; }

    /// <summary>Checks that a batch can be spread so.</summary>
    /// <param name="batch">Sequences per step, of all ranks together.</param>
    /// <exception cref="ConfigException">No GPUs, or a batch that cannot be divided so.</exception>
    internal ScaleLayout Validate(int batch)
    {
        RunConfig.AtLeast(1, Gpus, "the number of GPUs");
        if (Gpus > batch) throw new ConfigException(Text($"{Gpus:N0} GPUs are more than the {batch} sequences of a step: plan for at most {batch}."));
        if (batch % Gpus != 0) throw new ConfigException(Text($"{batch} sequences a step cannot be divided evenly among {Gpus} GPUs: choose one of {string.Join(", ", Divisors(batch))}."));
        var share = batch / Gpus;
        if (MicroBatch is { } micro && (micro < 1 || share % micro != 0))
            throw new ConfigException(Text($"A micro-batch of {micro} does not divide the {share} sequences of a rank: choose one of {string.Join(", ", Divisors(share))}."));
        return this;
    }

    /// <summary>The options of `workbook plan` by which this layout differs from another.</summary>
    internal IReadOnlyList<string> Changes(ScaleLayout from) =>
    [
        .. Gpus == from.Gpus ? (string[])[] : [Text($"--gpus {Gpus}")],
        .. MicroBatch == from.MicroBatch ? (string[])[] : [Text($"--micro-batch {MicroBatch}")],
        .. BFloat16 == from.BFloat16 ? (string[])[] : ["--precision bfloat16"],
        .. Recompute == from.Recompute ? (string[])[] : ["--recompute"],
        .. ShardStates == from.ShardStates ? (string[])[] : ["--shard-states"],
    ];

    /// <summary>The divisors of a number, ascending.</summary>
    internal static IReadOnlyList<int> Divisors(int number) => [.. Enumerable.Range(1, number).Where(d => number % d == 0)];

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
