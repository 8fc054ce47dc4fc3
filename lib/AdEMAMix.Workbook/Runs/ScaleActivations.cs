namespace AdEMAMix.Workbook;

/// <summary>What the forward pass keeps for the backward pass on a GPU, by precision and with or without recomputation.</summary>
/// <remarks>Counted from the tensors that autograd keeps of <see cref="Gpt"/> with fused attention, which keeps no scores (libtorch 2 and later).</remarks>
static class ScaleActivations
{
    const int Float = sizeof(float);
    const int Half = 2;

    /// <summary>Bytes at the highest point.</summary>
    /// <param name="model">The shape.</param>
    /// <param name="vocabulary">Number of tokens.</param>
    /// <param name="sequences">Sequences at once.</param>
    /// <param name="layout">Precision and recomputation.</param>
    public static long Bytes(ModelConfig model, int vocabulary, int sequences, ScaleLayout layout)
    {
        var width = (long)model.Width;
        var element = layout.BFloat16 ? Half : Float;
        // The residual stream before both norms in float; both norms' outputs, queries, keys and values, attention's output and its
        // copy, the MLP's four widths before and after GELU in the precision of the products; attention's logarithms, one per head.
        var block = 2 * width * Float + 15 * width * element + Float * (long)model.Heads;
        var kept = layout.Recompute ? model.Layers * width * Float + block : model.Layers * block;
        // While one block goes backward: the gradients of its widest tensors.
        var backward = 8 * width * element + 2 * width * Float;
        // Logits, their logarithms and the gradient of both, in float.
        var head = 3L * vocabulary * Float + 2 * width * Float;
        return (kept + Math.Max(backward, head)) * sequences * model.Context;
    }
}
