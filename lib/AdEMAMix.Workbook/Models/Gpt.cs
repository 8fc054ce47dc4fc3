using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>
/// A decoder-only transformer: learnt positions, layer norm before attention and MLP, GELU, MLP of four widths, linear layers
/// without bias, output layer not tied to the embedding.
/// </summary>
/// <remarks>
/// Between embedding and output everything is [batch x context, width]: a linear layer is then one matrix product without views.
/// Scopes end with each block, so that only what autograd keeps outlives it and the backward pass frees memory as it goes.
/// </remarks>
public sealed class Gpt : nn.Module<Tensor, Tensor>
{
    readonly Embedding tokens;
    readonly Parameter positions;
    readonly ModuleList<GptBlock> blocks;
    readonly LayerNorm norm;
    readonly Linear head;
    readonly Tensor causalMask;
    readonly ModelConfig config;

    /// <summary>Builds the model with weights drawn from N(0, 0.02); residual projections are divided by sqrt(2 x layers).</summary>
    /// <param name="config">The shape.</param>
    /// <param name="vocabulary">Number of tokens.</param>
    /// <param name="seed">Seed of the weights: equal seeds give equal weights whatever the device and the version of libtorch.</param>
    public Gpt(ModelConfig config, int vocabulary, int seed) : this(config, vocabulary) => GptInitialization.Normal(this, config.Layers, seed);

    /// <summary>Builds the model without filling the weights.</summary>
    internal Gpt(ModelConfig config, int vocabulary) : base(nameof(Gpt))
    {
        ArgumentNullException.ThrowIfNull(config);
        this.config = config;
        Vocabulary = vocabulary;
        tokens = nn.Embedding(vocabulary, config.Width);
        positions = (Parameter)nn.Parameter(zeros(config.Context, config.Width)).DetachFromDisposeScope();
        blocks = nn.ModuleList([.. Enumerable.Range(0, config.Layers).Select(_ => new GptBlock(config))]);
        norm = nn.LayerNorm(config.Width);
        head = nn.Linear(config.Width, vocabulary, hasBias: false);
        using var infinite = full(config.Context, config.Context, float.NegativeInfinity);
        causalMask = infinite.triu(1).DetachFromDisposeScope();
        RegisterComponents();
    }

    /// <summary>Number of tokens that the model knows.</summary>
    public int Vocabulary { get; }

    /// <summary>Number of trained values.</summary>
    public long ParameterCount => parameters().Sum(p => p.numel());

    /// <summary>Logits of the next token at every position.</summary>
    /// <param name="input">Token ids, int64 [batch, context]; a shorter context than the model's is allowed.</param>
    /// <returns>[batch, context, vocabulary].</returns>
    public override Tensor forward(Tensor input)
    {
        using var logits = FlatLogits(input);
        return logits.view(input.shape[0], input.shape[1], Vocabulary);
    }

    /// <summary>Mean cross entropy of the next token, in nats.</summary>
    /// <param name="input">Token ids, int64 [batch, context].</param>
    /// <param name="target">The token after each of <paramref name="input"/>, int64 [batch, context].</param>
    public Tensor Loss(Tensor input, Tensor target)
    {
        using var logits = FlatLogits(input);
        using var flat = target.view(-1);
        return nn.functional.cross_entropy(logits, flat);
    }

    Tensor FlatLogits(Tensor input)
    {
        var (batch, context) = (input.shape[0], input.shape[1]);
        if (context > config.Context) throw new ArgumentException($"A context of {context} tokens is longer than the model's {config.Context}.", nameof(input));
        using var scope = NewDisposeScope();
        var full = context == config.Context;
        var x = tokens.call(input) + (full ? positions : positions.narrow(0, 0, context));
        x = x.view(batch * context, config.Width);
        var mask = full ? causalMask : causalMask.narrow(0, 0, context).narrow(1, 0, context);
        foreach (var block in blocks)
        {
            using var before = x;
            x = block.Apply(before, mask, batch, context);
        }
        return head.call(norm.call(x)).MoveToOuterDisposeScope();
    }
}

/// <summary>One block of <see cref="Gpt"/>: x + attention(norm(x)), then x + mlp(norm(x)).</summary>
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

    public GptBlock(ModelConfig config) : base(nameof(GptBlock))
    {
        (heads, width) = (config.Heads, config.Width);
        attentionNorm = nn.LayerNorm(width);
        queryKeyValue = nn.Linear(width, 3 * width, hasBias: false);
        projection = nn.Linear(width, width, hasBias: false);
        mlpNorm = nn.LayerNorm(width);
        up = nn.Linear(width, 4 * width, hasBias: false);
        down = nn.Linear(4 * width, width, hasBias: false);
        RegisterComponents();
    }

    public Tensor Apply(Tensor x, Tensor mask, long batch, long context)
    {
        using var scope = NewDisposeScope();
        x = projection.call(Attention(attentionNorm.call(x), mask, batch, context)).add_(x);
        return down.call(nn.functional.gelu(up.call(mlpNorm.call(x)))).add_(x).MoveToOuterDisposeScope();
    }

    // [batch x context, width] -> [batch x context, width]
    Tensor Attention(Tensor x, Tensor mask, long batch, long context)
    {
        using var scope = NewDisposeScope();
        var size = width / heads;
        var split = queryKeyValue.call(x).view(batch, context, 3, heads, size).permute(2, 0, 3, 1, 4);
        Tensor mixed;
        if (hasFusedAttention)
        {
            var parts = split.unbind(0);
            mixed = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: true);
        }
        else
        {
            // One copy makes all three contiguous; scaling the queries is cheaper than scaling the scores.
            var parts = split.contiguous().view(3, batch * heads, context, size).unbind(0);
            var scores = parts[0].mul(1 / Math.Sqrt(size)).bmm(parts[1].transpose(1, 2)).add_(mask);
            mixed = nn.functional.softmax(scores, -1).bmm(parts[2]).view(batch, heads, context, size);
        }
        return mixed.transpose(1, 2).reshape(batch * context, width).MoveToOuterDisposeScope();
    }
}
