using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

// Gradients in less memory than one graph of everything takes: the body and the output layer are differentiated apart, and each in
// parts, by handing the gradient at every cut to the part before it.
public sealed partial class Gpt
{
    /// <summary>Adds the gradient of share x mean loss to the parameters' gradients.</summary>
    /// <remarks>
    /// Recomputation gives the same bits as <see cref="Loss"/> and its backward; chunks of the loss sum in another order. Where the
    /// loss is not finite the gradients are incomplete.
    /// </remarks>
    /// <param name="input">Token ids, int64 [batch, context].</param>
    /// <param name="target">The token after each of <paramref name="input"/>, int64 [batch, context].</param>
    /// <param name="share">The weight of these rows, for example the share of a micro-batch in its batch.</param>
    /// <returns>The mean cross entropy of these rows, in nats, not multiplied by <paramref name="share"/>.</returns>
    public double Backward(Tensor input, Tensor target, double share = 1)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(target);
        using var scope = NewDisposeScope();
        if (!recompute && lossChunk is null) return Differentiate(Loss(input, target), share);

        var kept = recompute ? new List<Tensor>() : null;
        var hidden = BodyKeeping(input, kept);
        var (loss, gradient) = HeadBackward(hidden, Here(target).view(-1), share);
        if (gradient is null) return loss;
        if (kept is null)
        {
            hidden.backward([gradient]);
            return loss;
        }
        hidden.Dispose();
        BlocksBackward(kept, input.shape[0], input.shape[1], ref gradient);
        Embed(input).backward([gradient]);
        return loss;
    }

    // The blocks' graph where it is kept; only their inputs where it will be computed again.
    Tensor BodyKeeping(Tensor input, List<Tensor>? kept)
    {
        using var frozen = set_grad_enabled(kept is null);
        return Body(input, kept);
    }

    // From the last block to the first; gradient is that of the last block's output, then that of the first one's input.
    void BlocksBackward(List<Tensor> inputs, long batch, long context, ref Tensor gradient)
    {
        for (var i = inputs.Count - 1; i >= 0; i--)
        {
            using var scope = NewDisposeScope();
            using var after = gradient;
            using var kept = inputs[i];
            var x = kept.detach().requires_grad_();
            blocks[i].Apply(x, Mask(context), batch, context).backward([after]);
            gradient = x.grad!.MoveToOuterDisposeScope();
        }
    }

    // The mean loss, and share x its gradient at the last block's output; null where the loss is not finite.
    (double Loss, Tensor? Gradient) HeadBackward(Tensor hidden, Tensor target, double share)
    {
        var gradient = empty_like(hidden);
        var mean = 0.0;
        foreach (var (start, count, weight) in Chunks(target.numel()))
        {
            using var scope = NewDisposeScope();
            var x = hidden.narrow(0, start, count).detach().requires_grad_();
            var loss = Differentiate(MeanLoss(x, target.narrow(0, start, count)), share * weight);
            if (!double.IsFinite(loss)) return (loss, null);
            mean += weight * loss;
            gradient.narrow(0, start, count).copy_(x.grad!);
        }
        return (mean, gradient);
    }

    // Autograd keeps the logarithms; the logits themselves are let go.
    Tensor MeanLoss(Tensor x, Tensor target)
    {
        using var logits = Logits(x);
        return nn.functional.cross_entropy(logits, target);
    }

    static double Differentiate(Tensor loss, double share)
    {
        var value = loss.item<float>();
        if (!float.IsFinite(value)) return value;
        (share == 1 ? loss : loss.mul(share)).backward();
        return value;
    }

    // Without gradients.
    Tensor ChunkedLoss(Tensor input, Tensor target)
    {
        using var scope = NewDisposeScope();
        var (hidden, flat) = (Body(input), Here(target).view(-1));
        var mean = zeros([], device: hidden.device);
        foreach (var (start, count, weight) in Chunks(flat.numel()))
        {
            using var inner = NewDisposeScope();
            mean.add_(MeanLoss(hidden.narrow(0, start, count), flat.narrow(0, start, count)).mul(weight));
        }
        return mean.MoveToOuterDisposeScope();
    }

    // Each chunk's share of all positions beside it.
    IEnumerable<(long Start, long Count, double Weight)> Chunks(long positions)
    {
        var size = lossChunk ?? positions;
        for (long start = 0; start < positions; start += size)
        {
            var count = Math.Min(size, positions - start);
            yield return (start, count, (double)count / positions);
        }
    }
}
