using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>
/// A vision transformer (Dosovitskiy et al. 2021): patches through a linear layer, a class token, learnt positions, the blocks of
/// <see cref="Gpt"/> without a mask, and a linear layer on the class token.
/// </summary>
/// <remarks>
/// Linear layers have no bias, as in <see cref="Gpt"/>. Residual stream: [batch x (patches + 1), width]. Images and targets may be on the
/// CPU wherever the model is.
/// </remarks>
public sealed class Vit : nn.Module<Tensor, Tensor>
{
    readonly Linear patches;
    readonly Parameter classToken;
    readonly Parameter positions;
    readonly ModuleList<GptBlock> blocks;
    readonly LayerNorm norm;
    readonly Linear head;
    readonly ImageShape shape;
    readonly int patch;
    readonly int width;

    /// <summary>Builds the model with weights drawn as <see cref="Gpt"/> draws them; the class token starts at zero.</summary>
    /// <param name="config">Layers, width and heads; the context is not read.</param>
    /// <param name="shape">Size of the images.</param>
    /// <param name="patch">Side of a square patch in pixels.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Seed of the weights: equal seeds give equal weights whatever the device and the version of libtorch.</param>
    /// <param name="device">Where the model is; null for the CPU.</param>
    /// <exception cref="ConfigException">The patch does not divide the images.</exception>
    public Vit(ModelConfig config, ImageShape shape, int patch, int classes, int seed, Device? device = null) : this(config, shape, patch, classes, device) => GptInitialization.Normal(this, config.Layers, seed);

    Vit(ModelConfig config, ImageShape shape, int patch, int classes, Device? device) : base(nameof(Vit))
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(shape);
        (this.shape, this.patch, width, Classes) = (shape, patch, config.Width, classes);
        Tokens = TokensOf(shape, patch);
        patches = nn.Linear((long)shape.Channels * patch * patch, width, hasBias: false);
        // One dimension keeps weight decay and the random draws away from it.
        classToken = (Parameter)nn.Parameter(zeros(width)).DetachFromDisposeScope();
        positions = (Parameter)nn.Parameter(zeros(Tokens, width)).DetachFromDisposeScope();
        blocks = nn.ModuleList([.. Enumerable.Range(0, config.Layers).Select(_ => new GptBlock(config))]);
        norm = nn.LayerNorm(width);
        head = nn.Linear(width, classes, hasBias: false);
        RegisterComponents();
        if (device is not null) this.to(device);
    }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <summary>Patches of an image, and the class token.</summary>
    public int Tokens { get; }

    /// <summary>Number of trained values.</summary>
    public long ParameterCount => parameters().Sum(p => p.numel());

    /// <summary>Logits of the classes.</summary>
    /// <param name="input">Normalised images, float [batch, channels, height, width].</param>
    /// <returns>[batch, classes].</returns>
    public override Tensor forward(Tensor input)
    {
        var batch = input.shape[0];
        using var scope = NewDisposeScope();
        var x = cat([classToken.expand(batch, 1, width), patches.call(Patches(Here(input)))], 1) + positions;
        x = x.view(batch * Tokens, width);
        foreach (var block in blocks)
        {
            using var before = x;
            x = block.Apply(before, null, batch, Tokens);
        }
        return head.call(norm.call(x.view(batch, Tokens, width).select(1, 0))).MoveToOuterDisposeScope();
    }

    /// <summary>Mean cross entropy, in nats per image.</summary>
    /// <param name="input">Normalised images, float [batch, channels, height, width].</param>
    /// <param name="target">Probabilities of the classes, float [batch, classes], or labels, int64 [batch].</param>
    public Tensor Loss(Tensor input, Tensor target)
    {
        using var logits = forward(input);
        return nn.functional.cross_entropy(logits, Here(target));
    }

    // [batch, channels, height, width] -> [batch, patches, channels x patch x patch]: a convolution whose stride is its size, as views.
    Tensor Patches(Tensor input)
    {
        var (rows, columns) = (shape.Height / patch, shape.Width / patch);
        return input.view(input.shape[0], shape.Channels, rows, patch, columns, patch).permute(0, 2, 4, 1, 3, 5).reshape(input.shape[0], rows * columns, (long)shape.Channels * patch * patch);
    }

    Tensor Here(Tensor values) => values.device_type == positions.device_type ? values : values.to(positions.device);

    /// <summary>Number of values of each parameter of a model, without making it.</summary>
    internal static IEnumerable<long> TensorSizes(ModelConfig config, ImageShape shape, int patch, int classes)
    {
        var width = (long)config.Width;
        yield return (long)shape.Channels * patch * patch * width;
        yield return width; // class token
        yield return TokensOf(shape, patch) * width;
        for (var layer = 0; layer < config.Layers; layer++)
        {
            for (var norm = 0; norm < 4; norm++) yield return width;
            yield return 3 * width * width;
            yield return width * width;
            yield return 4 * width * width;
            yield return 4 * width * width;
        }
        yield return width;
        yield return width;
        yield return classes * width;
    }

    /// <summary>Patches of an image, and the class token.</summary>
    /// <exception cref="ConfigException">The patch does not divide the images.</exception>
    internal static int TokensOf(ImageShape shape, int patch)
    {
        if (patch < 1 || shape.Height % patch != 0 || shape.Width % patch != 0)
            throw new ConfigException($"vision.patch is {patch}, but must divide the images' {shape.Width} x {shape.Height} pixels.");
        return shape.Height / patch * (shape.Width / patch) + 1;
    }
}
