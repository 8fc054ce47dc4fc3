using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Batches of many windows of the training text in an order of their own: a gradient with little noise, and a loss to judge steps by.</summary>
/// <param name="data">The text.</param>
/// <param name="context">Tokens per window.</param>
/// <param name="windows">Windows of a batch.</param>
/// <param name="seed">Seed of the order.</param>
/// <param name="first">Number of the first batch.</param>
sealed class LargeBatch(TokenDataset data, int context, int windows, int seed, int first)
{
    const int Rows = 32;

    // A power of two and so never the data seed of a run itself.
    const int SeedOffset = 1 << 30;

    readonly WindowSampler sampler = new(data, context, 1, seed ^ SeedOffset);

    /// <summary>The mean loss of a batch, in nats per token.</summary>
    public double Loss(Gpt model, int batch)
    {
        using var frozen = no_grad();
        return Visit(batch, (input, target, share) => share * (double)model.Loss(input, target).item<float>());
    }

    /// <summary>The gradient of the mean loss of a batch, [parameters]; the model's own gradients are zeroed.</summary>
    public Tensor Gradient(Gpt model, int batch)
    {
        model.zero_grad();
        Visit(batch, (input, target, share) => model.Backward(input, target, share));
        var gradient = ModelVector.Gradient(model);
        model.zero_grad();
        return gradient;
    }

    double Visit(int batch, Func<Tensor, Tensor, double, double> visit)
    {
        var sum = 0.0;
        for (var row = 0; row < windows; row += Rows)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(Rows, windows - row);
            var (input, target) = (zeros(count, context, dtype: ScalarType.Int64), zeros(count, context, dtype: ScalarType.Int64));
            for (var i = 0; i < count; i++)
                sampler.Fill((first + batch) * windows + row + i, LanguageTask.Longs(input).Slice(i * context, context), LanguageTask.Longs(target).Slice(i * context, context));
            sum += visit(input, target, (double)count / windows);
        }
        return sum;
    }
}
