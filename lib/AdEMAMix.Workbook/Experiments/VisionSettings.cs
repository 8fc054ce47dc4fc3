namespace AdEMAMix.Workbook;

// The presets of the vision experiment. Hyperparameters come from VisionSearch, on a seed and on images that are not used here.

/// <summary>A preset of the vision experiment.</summary>
/// <param name="Base">What every run shares; optimizer, share and seeds are set per run.</param>
/// <param name="AdamW">AdamW as tuned.</param>
/// <param name="AdEMAMix">AdEMAMix as tuned, for the length of the runs.</param>
/// <param name="Shares">Shares of the training images, the largest first.</param>
/// <param name="Seeds">The reporting seeds.</param>
/// <param name="Needs">What the workbook cannot do yet and the runs need.</param>
sealed record VisionSettings(RunConfig Base, OptimizerConfig AdamW, OptimizerConfig AdEMAMix, IReadOnlyList<double> Shares, IReadOnlyList<int> Seeds, IReadOnlyList<string> Needs)
{
    // delta in beta3 = 1 - delta / steps, as in token efficiency.
    internal const double Delta = 16;

    // A minute on two cores: it shows that every part works.
    static readonly VisionSettings smoke = new(
        OnFashionMnist(new ModelConfig { Layers = 2, Width = 32, Heads = 2 }, new TrainingConfig { Steps = 60, BatchSize = 64, WarmupSteps = 6, EvaluationInterval = 10, EvaluationWindows = 500, ReportInterval = 10 }),
        WithAdamW(4e-3), WithAdEMAMix(4e-3, 2, 60), [1, 0.02], [1, 2], []);

    // 203 thousand parameters; about five passes over all images, fifty over a tenth of them.
    static readonly VisionSettings desk = new(
        OnFashionMnist(new ModelConfig { Layers = 4, Width = 64, Heads = 4 }, new TrainingConfig { Steps = DeskSteps, BatchSize = 64, WarmupSteps = 250, EvaluationInterval = DeskSteps / 10, EvaluationWindows = 5000, ReportInterval = 100, CheckpointInterval = 1000 }),
        WithAdamW(3e-3), WithAdEMAMix(8e-4, 4, DeskSteps), [1, 0.1], [1, 2, 3], []);

    // The paper's two sizes. Its ratio of capacity to data is varied by the data: ImageNet-21k against ImageNet-1k; here by a share of one of them.
    static readonly VisionSettings full = new(
        new RunConfig
        {
            Data = new DataConfig { Source = DataSources.Images, Path = "imagenet" },
            Model = new ModelConfig { Layers = 12, Width = 384, Heads = 6 },
            Vision = new VisionConfig { Patch = 16, Size = 224, CropPadding = 16, Flip = true, Mixup = 0.2 },
            Training = new TrainingConfig { Steps = 100_000, BatchSize = 4096, WarmupSteps = 10_000, EvaluationInterval = 5000, EvaluationWindows = 50_000, ReportInterval = 500, CheckpointInterval = 5000 },
        },
        WithAdamW(1e-3), new OptimizerConfig { Kind = OptimizerConfig.AdEMAMix, LearningRate = 1e-3, Alpha = 5, Beta3 = 0.9999, AlphaWarmup = 100_000, Beta3Warmup = 100_000, WeightDecay = 0.1 }, [1, 0.1], [1, 2, 3],
        [
            "ImageNet in a folder 'imagenet', one folder per class under train and val (the workbook fetches none)",
            "reading images while training (the workbook holds them in memory)",
            "training images on GPUs (the workbook trains them in float on the processor)",
        ]);

    internal const int DeskSteps = 5000;

    /// <summary>Shapes of the paper's two models, smaller first.</summary>
    public static IReadOnlyList<ModelConfig> PaperModels { get; } = [full.Base.Model, new ModelConfig { Layers = 12, Width = 768, Heads = 12 }];

    /// <summary>The models of a preset.</summary>
    public static IReadOnlyList<ModelConfig> ModelsOf(Preset preset) => preset == Preset.Full ? PaperModels : [Of(preset).Base.Model];

    public static VisionSettings Of(Preset preset) => preset == Preset.Smoke ? smoke : preset == Preset.Desk ? desk : full;

    /// <summary>AdamW with a learning rate.</summary>
    public static OptimizerConfig WithAdamW(double rate, double beta2 = 0.999) => new() { Kind = OptimizerConfig.AdamW, LearningRate = rate, Beta2 = beta2, WeightDecay = 0.1 };

    /// <summary>AdEMAMix for a run of this length, both warmups as long as the run (section 3 of the paper).</summary>
    public static OptimizerConfig WithAdEMAMix(double rate, double alpha, int steps) => new()
    {
        Kind = OptimizerConfig.AdEMAMix,
        LearningRate = rate,
        Alpha = alpha,
        Beta3 = Math.Round(1 - Delta / steps, 6),
        AlphaWarmup = steps,
        Beta3Warmup = steps,
        WeightDecay = 0.1,
    };

    // Shifts by a pixel and mixup: shifts by two and mirrored images, which the test images have none of, cost a run this short more than they gave.
    static RunConfig OnFashionMnist(ModelConfig model, TrainingConfig training) => new()
    {
        Data = new DataConfig { Source = ImageDataset.FashionMnist, ValidationFraction = 1.0 / 12 },
        Model = model,
        Vision = new VisionConfig { Patch = 7, CropPadding = 1, Mixup = 0.2 },
        Training = training with { FinalLearningRate = 1e-5, ClipNorm = 1, Threads = 1 },
    };
}
