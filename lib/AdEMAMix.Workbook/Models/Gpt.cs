using TorchSharp;
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
/// Token ids may be on the CPU wherever the model is.
/// </remarks>
public sealed partial class Gpt : nn.Module<Tensor, Tensor>
{
    readonly Embedding tokens;
    readonly Parameter positions;
    readonly ModuleList<GptBlock> blocks;
    readonly LayerNorm norm;
    readonly Linear head;
    readonly Tensor causalMask;
    readonly ModelConfig config;
    readonly bool rounded;
    readonly bool recompute;
    readonly int? lossChunk;

    /// <summary>Builds the model with weights drawn from N(0, 0.02); residual projections are divided by sqrt(2 x layers).</summary>
    /// <param name="config">The shape.</param>
    /// <param name="vocabulary">Number of tokens.</param>
    /// <param name="seed">Seed of the weights: equal seeds give equal weights whatever the device and the version of libtorch.</param>
    /// <param name="compute">Precision and memory of the computation; null for float32 with everything kept.</param>
    /// <param name="device">Where the model is; null for the CPU.</param>
    public Gpt(ModelConfig config, int vocabulary, int seed, ComputeConfig? compute = null, Device? device = null)
        : this(config, vocabulary, compute, device, null) => GptInitialization.Normal(this, config.Layers, seed);

    /// <summary>Builds the model without filling the weights.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="vocabulary">Number of tokens.</param>
    /// <param name="compute">Precision and memory.</param>
    /// <param name="device">Where the model is.</param>
    /// <param name="hasBFloat16">Whether the device has bfloat16; null to look.</param>
    internal Gpt(ModelConfig config, int vocabulary, ComputeConfig? compute = null, Device? device = null, bool? hasBFloat16 = null) : base(nameof(Gpt))
    {
        ArgumentNullException.ThrowIfNull(config);
        this.config = config;
        Vocabulary = vocabulary;
        (recompute, lossChunk) = (compute?.Recompute == true, compute?.LossChunk);
        if (compute?.Precision == ComputeConfig.BFloat16)
        {
            var place = device ?? CPU;
            rounded = hasBFloat16 ?? BFloat16Support.On(place);
            if (!rounded) Notice = BFloat16Support.Missing(place);
        }
        tokens = nn.Embedding(vocabulary, config.Width);
        positions = (Parameter)nn.Parameter(zeros(config.Context, config.Width)).DetachFromDisposeScope();
        blocks = nn.ModuleList([.. Enumerable.Range(0, config.Layers).Select(_ => new GptBlock(config, rounded))]);
        norm = nn.LayerNorm(config.Width);
        head = nn.Linear(config.Width, vocabulary, hasBias: false);
        using var infinite = full(config.Context, config.Context, float.NegativeInfinity);
        causalMask = infinite.triu(1).DetachFromDisposeScope();
        RegisterComponents();
        if (device is not null) this.to(device);
    }

    /// <summary>Number of tokens that the model knows.</summary>
    public int Vocabulary { get; }

    /// <summary>Number of trained values.</summary>
    public long ParameterCount => parameters().Sum(p => p.numel());

    /// <summary>What linear layers and attention really compute in: <see cref="ComputeConfig.Float32"/> or <see cref="ComputeConfig.BFloat16"/>.</summary>
    public string Precision => rounded ? ComputeConfig.BFloat16 : ComputeConfig.Float32;

    /// <summary>One sentence where the device cannot compute as it was asked to; null where it can.</summary>
    public string? Notice { get; }

    /// <summary>Logits of the next token at every position.</summary>
    /// <param name="input">Token ids, int64 [batch, context]; a shorter context than the model's is allowed.</param>
    /// <returns>float32 [batch, context, vocabulary].</returns>
    public override Tensor forward(Tensor input)
    {
        using var x = Body(input);
        using var logits = Logits(x);
        return logits.view(input.shape[0], input.shape[1], Vocabulary);
    }

    /// <summary>Mean cross entropy of the next token, in nats.</summary>
    /// <remarks>It can be differentiated; <see cref="Backward"/> does that in less memory where the model was asked to save it.</remarks>
    /// <param name="input">Token ids, int64 [batch, context].</param>
    /// <param name="target">The token after each of <paramref name="input"/>, int64 [batch, context].</param>
    public Tensor Loss(Tensor input, Tensor target)
    {
        if (lossChunk < target.numel() && !is_grad_enabled()) return ChunkedLoss(input, target);
        using var x = Body(input);
        using var flat = Here(target).view(-1);
        return MeanLoss(x, flat);
    }

    // [batch x context, width] from ids; each block's input is added to kept where that is given.
    Tensor Body(Tensor input, List<Tensor>? kept = null)
    {
        using var scope = NewDisposeScope();
        var (batch, context) = (input.shape[0], input.shape[1]);
        var x = Embed(input);
        var mask = Mask(context);
        foreach (var block in blocks)
        {
            var before = x;
            x = block.Apply(before, mask, batch, context);
            if (kept is null) before.Dispose();
            else kept.Add(before.MoveToOuterDisposeScope());
        }
        return x.MoveToOuterDisposeScope();
    }

    Tensor Embed(Tensor input)
    {
        using var scope = NewDisposeScope();
        var (batch, context) = (input.shape[0], input.shape[1]);
        if (context > config.Context) throw new ArgumentException($"A context of {context} tokens is longer than the model's {config.Context}.", nameof(input));
        var x = tokens.call(Here(input)) + (context == config.Context ? positions : positions.narrow(0, 0, context));
        return x.view(batch * context, config.Width).MoveToOuterDisposeScope();
    }

    Tensor Mask(long context) => context == config.Context ? causalMask : causalMask.narrow(0, 0, context).narrow(1, 0, context);

    Tensor Logits(Tensor x)
    {
        using var scope = NewDisposeScope();
        var logits = GptBlock.Product(head, norm.call(x), rounded);
        return (rounded ? logits.to(ScalarType.Float32) : logits).MoveToOuterDisposeScope();
    }

    Tensor Here(Tensor ids) => ids.device_type == positions.device_type ? ids : ids.to(positions.device);
}
