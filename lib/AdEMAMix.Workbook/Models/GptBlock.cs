using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>One block of a transformer: x + attention(norm(x)), then x + mlp(norm(x)).</summary>
/// <remarks>
/// In bfloat16 it rounds where PyTorch's autocast does: linear layers and the two products of attention take and return bfloat16, GELU
/// follows what it is given, norms and softmax are float32. The residual stream is float32, as the embedding that starts it is: a
/// branch's bfloat16 output is added to it without rounding the sum, or else 2^-8 of the stream would be lost at every block.
/// Weights stay float32 and are rounded where they are used, which autograd undoes for their gradients.
/// </remarks>
sealed class GptBlock : nn.Module
{
    // torch.nn's fused attention came with libtorch 2.0; before it the same is composed of two batched products.
    static readonly bool hasFusedAttention = char.IsAsciiDigit(__version__[0]) && int.Parse(__version__.Split('.')[0], System.Globalization.CultureInfo.InvariantCulture) >= 2;

    readonly LayerNorm attentionNorm;
    readonly Linear queryKeyValue;
    readonly Linear projection;
    readonly LayerNorm mlpNorm;
    readonly Linear up;
    readonly Linear down;
    readonly int heads;
    readonly int width;
    readonly bool rounded;

    /// <summary>A block with libtorch's own initial weights.</summary>
    /// <param name="config">Width and heads.</param>
    /// <param name="bfloat16">Whether linear layers and attention compute in bfloat16.</param>
    public GptBlock(ModelConfig config, bool bfloat16 = false) : base(nameof(GptBlock))
    {
        (heads, width, rounded) = (config.Heads, config.Width, bfloat16);
        attentionNorm = nn.LayerNorm(width);
        queryKeyValue = nn.Linear(width, 3 * width, hasBias: false);
        projection = nn.Linear(width, width, hasBias: false);
        mlpNorm = nn.LayerNorm(width);
        up = nn.Linear(width, 4 * width, hasBias: false);
        down = nn.Linear(4 * width, width, hasBias: false);
        RegisterComponents();
    }

    /// <summary>The block's output.</summary>
    /// <param name="x">[batch x context, width], float32.</param>
    /// <param name="mask">Minus infinity above the diagonal, [context, context], for causal attention; null for attention to every position.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="context">Positions of each.</param>
    /// <returns>[batch x context, width], float32.</returns>
    public Tensor Apply(Tensor x, Tensor? mask, long batch, long context)
    {
        using var scope = NewDisposeScope();
        x = Add(Product(projection, Attention(attentionNorm.call(x), mask, batch, context), rounded), x);
        return Add(Product(down, nn.functional.gelu(Product(up, mlpNorm.call(x), rounded)), rounded), x).MoveToOuterDisposeScope();
    }

    /// <summary>A linear layer without bias, in bfloat16 on request.</summary>
    internal static Tensor Product(Linear layer, Tensor x, bool bfloat16)
    {
        if (!bfloat16) return layer.call(x);
        using var input = x.to(ScalarType.BFloat16);
        using var weight = layer.weight.to(ScalarType.BFloat16);
        return nn.functional.linear(input, weight);
    }

    Tensor Add(Tensor branch, Tensor x) => rounded ? x.add(branch) : branch.add_(x);

    // [batch x context, width] -> [batch x context, width]
    Tensor Attention(Tensor x, Tensor? mask, long batch, long context)
    {
        using var scope = NewDisposeScope();
        var size = width / heads;
        var split = Product(queryKeyValue, x, rounded).view(batch, context, 3, heads, size).permute(2, 0, 3, 1, 4);
        Tensor mixed;
        if (hasFusedAttention)
        {
            var parts = split.unbind(0);
            mixed = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: mask is not null);
        }
        else
        {
            // One copy makes all three contiguous; scaling the queries is cheaper than scaling the scores.
            var parts = split.contiguous().view(3, batch * heads, context, size).unbind(0);
            var scores = parts[0].mul(1 / Math.Sqrt(size)).bmm(parts[1].transpose(1, 2));
            mixed = Probabilities(scores, mask).bmm(parts[2]).view(batch, heads, context, size);
        }
        return mixed.transpose(1, 2).reshape(batch * context, width).MoveToOuterDisposeScope();
    }

    Tensor Probabilities(Tensor scores, Tensor? mask)
    {
        using var exact = rounded ? scores.to(ScalarType.Float32) : scores;
        if (mask is not null) exact.add_(mask);
        var probabilities = nn.functional.softmax(exact, -1);
        if (!rounded) return probabilities;
        using var whole = probabilities;
        return whole.to(ScalarType.BFloat16);
    }
}
