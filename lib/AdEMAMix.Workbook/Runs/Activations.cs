namespace AdEMAMix.Workbook;

/// <summary>Bytes of what <see cref="Gpt"/> holds between forward and backward pass, at the highest point of the two.</summary>
/// <remarks>
/// Counted from the tensors that autograd keeps, per position (one token of one sequence) and block. The highest point is either at
/// the output layer, when every block waits for its gradient, or in the last block's backward pass. <c>bench activations</c> measures both sides.
/// </remarks>
static class Activations
{
    const int Float = sizeof(float);
    const int Half = 2;

    /// <summary>Of a forward and backward pass.</summary>
    /// <param name="model">The shape.</param>
    /// <param name="vocabulary">Number of tokens.</param>
    /// <param name="sequences">Sequences at once.</param>
    /// <param name="compute">How it computes; null for float32 with everything kept.</param>
    /// <param name="fusedAttention">Whether libtorch keeps no attention scores, as from 2.0 on.</param>
    public static long Training(ModelConfig model, int vocabulary, long sequences, ComputeConfig? compute, bool fusedAttention = false)
    {
        var (width, positions) = ((long)model.Width, sequences * model.Context);
        var rounded = compute?.Precision == ComputeConfig.BFloat16;
        var element = rounded ? Half : Float;
        var scores = Scores(model, fusedAttention);
        var block = Block(model, sequences, compute, fusedAttention);
        // What its backward pass holds beside: at GELU the gradients of the stream and of four widths (another four are freed by then;
        // in bfloat16 the end of its forward pass takes as much), or at softmax those of scores and probabilities where they outweigh
        // what is freed; and of one matrix before it is added.
        var gelu = 5 * Float * width;
        var softmax = (2 * Float - (rounded ? Half : 0)) * scores - 8 * element * width;
        var around = positions * Math.Max(gelu, softmax) + (rounded ? Float + Half : Float) * 4 * width * width;

        var chunk = Math.Min(compute?.LossChunk ?? positions, positions);
        // Logits, their logarithms, the gradient of either: three at one time. The norm's input and output; the layer's gradient.
        var head = chunk * (3 * Float * vocabulary + (Float + element) * width) + (rounded ? Float + 2 * Half : Float) * vocabulary * width;
        var apart = compute is { Recompute: true } or { LossChunk: not null };
        // The last block's output and its gradient, where the output layer is differentiated apart.
        if (apart) head += positions * 2 * Float * width;
        return compute?.Recompute == true
            ? positions * (model.Layers - 1) * Float * width + Math.Max(head + positions * Float * width, block + around)
            : model.Layers * block + Math.Max(head, around);
    }

    /// <summary>Of one block, kept for its backward pass.</summary>
    /// <param name="model">The shape.</param>
    /// <param name="sequences">Sequences at once.</param>
    /// <param name="compute">How it computes.</param>
    /// <param name="fusedAttention">Whether libtorch keeps no attention scores.</param>
    public static long Block(ModelConfig model, long sequences, ComputeConfig? compute, bool fusedAttention = false)
    {
        var (width, positions) = ((long)model.Width, sequences * model.Context);
        var rounded = compute?.Precision == ComputeConfig.BFloat16;
        // The stream before both norms in float; norms' outputs, queries, keys and values, the scaled queries, attention's output, the
        // MLP's four widths before and after GELU as products take them; the probabilities, in bfloat16 also as softmax gave them; the
        // weights in bfloat16.
        return rounded
            ? positions * ((2 * Float + 15 * Half) * width + (Half + Float) * Scores(model, fusedAttention)) + Half * 12 * width * width
            : positions * (17 * Float * width + Float * Scores(model, fusedAttention));
    }

    /// <summary>Of an evaluation: without gradients one block's tensors live at a time.</summary>
    /// <param name="model">The shape.</param>
    /// <param name="vocabulary">Number of tokens.</param>
    /// <param name="sequences">Sequences at once.</param>
    /// <param name="compute">How it computes.</param>
    /// <param name="fusedAttention">Whether libtorch keeps no attention scores.</param>
    public static long Evaluation(ModelConfig model, int vocabulary, long sequences, ComputeConfig? compute, bool fusedAttention = false)
    {
        var positions = sequences * model.Context;
        var chunk = Math.Min(compute?.LossChunk ?? positions, positions);
        return Float * (positions * (14L * model.Width + 2L * Scores(model, fusedAttention)) + chunk * 2L * vocabulary);
    }

    static long Scores(ModelConfig model, bool fusedAttention) => fusedAttention ? 0 : (long)model.Heads * model.Context;
}
