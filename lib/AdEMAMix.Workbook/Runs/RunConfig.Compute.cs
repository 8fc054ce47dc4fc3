namespace AdEMAMix.Workbook;

/// <summary>
/// How a run computes: what it trades in rounding or in time for speed and memory. Weights, gradients and the optimizer's arithmetic
/// are float32 whatever stands here.
/// </summary>
public sealed record ComputeConfig
{
    /// <summary>
    /// Null or "float32"; or "bfloat16" for linear layers and attention in bfloat16, with layer norms, softmax, residual stream and
    /// loss in float32. A device without bfloat16 arithmetic computes in float32 instead; the run's environment says so.
    /// </summary>
    public string? Precision { get; init; }

    /// <summary>
    /// True keeps only every block's input in the forward pass and computes the block once more in the backward pass: about a third
    /// more arithmetic, the same gradients bit for bit. Null or false for no recomputation.
    /// </summary>
    public bool? Recompute { get; init; }

    /// <summary>
    /// Positions (batch x context) whose logits exist at one time; null for all of them. The loss and its gradients are the same up to
    /// the order of summation.
    /// </summary>
    public int? LossChunk { get; init; }

    /// <summary>The <see cref="Precision"/> of IEEE single precision, the default.</summary>
    public const string Float32 = "float32";

    /// <summary>The <see cref="Precision"/> of eight bits of significand with float32's exponents.</summary>
    public const string BFloat16 = "bfloat16";

    internal void Validate()
    {
        RunConfig.Require(Precision is null or Float32 or BFloat16, "compute.precision", $"'{Precision}'", "must be float32 or bfloat16");
        if (LossChunk is { } chunk) RunConfig.AtLeast(1, chunk, "compute.lossChunk");
    }

    // Defaults have one spelling, null: runs from before these fields keep their ids.
    internal ComputeConfig? Canonical
    {
        get
        {
            var canonical = this with { Precision = Precision == Float32 ? null : Precision, Recompute = Recompute == true ? true : null };
            return canonical == new ComputeConfig() ? null : canonical;
        }
    }
}
