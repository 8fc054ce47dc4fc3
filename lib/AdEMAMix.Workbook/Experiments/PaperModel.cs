namespace AdEMAMix.Workbook;

/// <summary>One of the paper's language models with its hyperparameters (section 4 and appendix A.1): "110M", "330M" or "1.3B".</summary>
/// <param name="Name">How the paper calls it, after its parameters with one of the two embeddings.</param>
/// <param name="Model">Its shape.</param>
/// <param name="BatchSize">Sequences per step.</param>
/// <param name="ClipNorm">Largest global gradient norm.</param>
/// <param name="AdamWRate">AdamW's peak learning rate.</param>
/// <param name="AdEMAMixRate">AdEMAMix's peak learning rate.</param>
/// <param name="Alpha">Weight of the slow average.</param>
/// <param name="Budgets">Lengths of the paper's runs in steps, ascending.</param>
public sealed record PaperModel(string Name, ModelConfig Model, int BatchSize, double ClipNorm, double AdamWRate, double AdEMAMixRate, double Alpha, IReadOnlyList<int> Budgets)
{
    /// <summary>Tokens of the paper's SentencePiece vocabulary.</summary>
    public const int Vocabulary = 32_000;

    /// <summary>Where the presets look for their tokens (the paper's RedPajama v2): below the workbook's folder, until the reader names another one.</summary>
    public const string Shards = "data/shards/redpajama-v2";

    /// <summary>All three, smallest first.</summary>
    public static IReadOnlyList<PaperModel> All { get; } =
    [
        new("110M", Shape(layers: 12, width: 768, heads: 12), 64, 0.5, 1e-3, 1e-3, 8, [256_000, 400_000, 500_000]),
        new("330M", Shape(layers: 24, width: 1024, heads: 16), 96, 0.1, 5e-4, 5e-4, 8, [256_000, 400_000, 500_000]),
        new("1.3B", Shape(layers: 24, width: 2048, heads: 16), 128, 0.1, 5e-4, 3e-4, 5, [256_000, 770_000, 1_000_000, 1_500_000]),
    ];

    /// <summary>The names as a sentence lists them.</summary>
    public static string Names => $"{string.Join(", ", All.SkipLast(1).Select(m => m.Name))} or {All[^1].Name}";

    /// <summary>The model of this name, in either case; null when there is none.</summary>
    public static PaperModel? Find(string name) => All.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>A run of this model as in the paper: cosine to 1e-5 after 3,000 steps of warmup, decay 0.1, both of AdEMAMix's warmups as long as the run.</summary>
    /// <param name="kind"><see cref="OptimizerConfig.AdEMAMix"/> or <see cref="OptimizerConfig.AdamW"/>.</param>
    /// <param name="steps">Length; null for the shortest of <see cref="Budgets"/>.</param>
    /// <param name="seed">Seed of the weights and of the data's order.</param>
    /// <exception cref="ConfigException">Another optimizer, or a length that leaves no room for the warmup.</exception>
    public RunConfig Config(string kind = OptimizerConfig.AdEMAMix, int? steps = null, int seed = 1)
    {
        if (!TunedOptimizers.Kinds.Contains(kind)) throw new ConfigException($"The paper gives {Name} no hyperparameters for '{kind}': choose {string.Join(" or ", TunedOptimizers.Kinds)}.");
        var length = steps ?? Budgets[0];
        if (length <= Shared.WarmupSteps) throw new ConfigException(FormattableString.Invariant($"A run of {length} steps leaves no room after the paper's warmup of {Shared.WarmupSteps}: choose more steps."));
        return Size.Run(kind, length, seed);
    }

    /// <summary>As a size of the experiments' full preset.</summary>
    internal TokenEfficiencySize Size => new($"{Name} parameters",
        new RunConfig
        {
            Data = new DataConfig { Source = DataConfig.ShardsSource, Path = Shards, Vocabulary = Vocabulary },
            Model = Model,
            // The logits of 8,192 positions at a time: three gigabytes instead of a third of the memory.
            Compute = new ComputeConfig { Precision = ComputeConfig.BFloat16, LossChunk = 8192 },
            Training = Shared with { BatchSize = BatchSize, ClipNorm = ClipNorm },
        },
        new TunedOptimizers(new OptimizerConfig { Kind = OptimizerConfig.AdamW, LearningRate = AdamWRate, WeightDecay = 0.1 }, AdEMAMixRate, Alpha) { Beta3 = 0.9999 },
        Budgets, TargetSteps: Budgets[^1], TargetLoss: null, Seeds: [1, 2, 3]);

    static TrainingConfig Shared => new() { WarmupSteps = 3000, FinalLearningRate = 1e-5, EvaluationInterval = 1000, EvaluationWindows = 512, ReportInterval = 100, CheckpointInterval = 5000 };

    static ModelConfig Shape(int layers, int width, int heads) => new() { Layers = layers, Width = width, Heads = heads, Context = 1024 };
}
