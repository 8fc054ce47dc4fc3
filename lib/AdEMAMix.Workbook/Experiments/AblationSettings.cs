namespace AdEMAMix.Workbook;

// What the ablations vary, and around what: a preset's model, its two tuned optimizers and every level of every question.

/// <summary>One thing that is run with every seed of its question.</summary>
/// <param name="Name">How tables call it.</param>
/// <param name="Config">The run without its seeds.</param>
sealed record AblationArm(string Name, RunConfig Config)
{
    /// <summary>The run of this seed.</summary>
    public RunConfig With(int seed) => Config with { Name = FormattableString.Invariant($"{Name}, seed {seed}"), InitSeed = seed, DataSeed = seed };
}

/// <summary>A preset of the ablations.</summary>
sealed record AblationSettings
{
    /// <summary>The preset.</summary>
    public required Preset Preset { get; init; }

    /// <summary>The model size, with both optimizers' tuned hyperparameters.</summary>
    public required TokenEfficiencySize Size { get; init; }

    /// <summary>The model size that repeats a small text.</summary>
    public required TokenEfficiencySize Overfitted { get; init; }

    /// <summary>Steps of a run at the usual batch.</summary>
    public required int Steps { get; init; }

    /// <summary>Seeds of the questions that bear a claim; the others take the first <see cref="PairedDifference.FewestForAClaim"/> of them.</summary>
    public required IReadOnlyList<int> Seeds { get; init; }

    /// <summary>How many of them the questions take that sweep many settings.</summary>
    public required int SweepSeeds { get; init; }

    /// <summary>Weights of the slow average that are tried without warmups: the tuned one and a large one.</summary>
    public required IReadOnlyList<double> WarmupAlphas { get; init; }

    /// <summary>When the optimizer is switched, as shares of the run.</summary>
    public required IReadOnlyList<double> SwitchShares { get; init; }

    /// <summary>The alphas, beta3s and learning rates of the maps.</summary>
    public required (IReadOnlyList<double> Alphas, IReadOnlyList<double> Beta3s, IReadOnlyList<double> Rates) Maps { get; init; }

    /// <summary>Warmups as shares of the run that are tried at one large alpha of the maps.</summary>
    public required (double Alpha, IReadOnlyList<double> Shares) ShortWarmups { get; init; }

    /// <summary>By how much the batch grows and the number of steps falls, at equal tokens; the first is 1, the last stands for "a large batch".</summary>
    public required IReadOnlyList<int> BatchFactors { get; init; }

    /// <summary>The memories that are compared at each number of steps.</summary>
    public required IReadOnlyList<double> IterationBeta3s { get; init; }

    /// <summary>Limits of the gradient's norm beside the usual one; null for none.</summary>
    public required IReadOnlyList<double?> Clips { get; init; }

    /// <summary>Shares of training targets that are replaced by random ones.</summary>
    public required IReadOnlyList<double> LabelNoise { get; init; }

    /// <summary>By how much the batch shrinks and the number of steps grows, at equal tokens, where gradients are to be noisier.</summary>
    public int SmallBatchDivisor { get; init; } = 4;

    /// <summary>Other optimizers with the hyperparameters that <see cref="AblationSearch"/> found; none where the search is not decided.</summary>
    public required IReadOnlyList<OptimizerConfig> Relatives { get; init; }

    // Not searched at this size.
    static readonly OptimizerConfig[] untuned =
    [
        new() { Kind = OptimizerConfig.Lion, LearningRate = 2e-3, Beta2 = 0.99, WeightDecay = 0.8 },
        new() { Kind = OptimizerConfig.SimplifiedAdEMAMix, LearningRate = 1e-3, Beta1 = 0.92, Alpha = 10, WeightDecay = 1.6 },
        new() { Kind = OptimizerConfig.Muon, LearningRate = 1.6e-2, WeightDecay = 0.1 },
        new() { Kind = OptimizerConfig.Ad3EMAMix, LearningRate = 8e-3, Beta3 = 0.92, Beta4 = 0.98, Alpha = 2, Alpha4 = 2, AlphaWarmup = 100, Beta3Warmup = 100 },
    ];

    static readonly TunedOptimizers tuned = TokenEfficiencySettings.Of(Preset.Desk).Sizes[0].Tuned;

    // The best of AblationSearch's trials.
    static readonly OptimizerConfig[] searched =
    [
        new() { Kind = OptimizerConfig.Lion, LearningRate = 1.4e-3, Beta1 = 0.95, Beta2 = 0.98, WeightDecay = 1.142857 },
        new() { Kind = OptimizerConfig.SimplifiedAdEMAMix, LearningRate = 6.4e-4, Beta1 = 0.992, Beta1Warmup = TokenEfficiencySearch.Steps, Beta2 = tuned.AdamW.Beta2, Alpha = 10, WeightDecay = 2.5 },
        tuned.AdamW with { Kind = OptimizerConfig.Muon, LearningRate = 1.6e-2, MatrixLearningRate = 2e-2 },
        tuned.AdEMAMix(TokenEfficiencySearch.Steps) with { Kind = OptimizerConfig.Ad3EMAMix, LearningRate = 1.6e-2, Beta4 = 0.9995, Alpha4 = 1 },
    ];

    // Minutes on two cores: everything works.
    static readonly AblationSettings smoke = new()
    {
        Preset = Preset.Smoke,
        Size = TokenEfficiencySettings.Of(Preset.Smoke).Sizes[0],
        Overfitted = TokenEfficiencySettings.Of(Preset.Smoke).Sizes[0],
        Steps = 100,
        Seeds = [1, 2],
        SweepSeeds = 2,
        WarmupAlphas = [8],
        SwitchShares = [0.5],
        Maps = ([1, 10], [0.84, 0.92], [8e-3, 1.6e-2]),
        ShortWarmups = (10, [0.1]),
        BatchFactors = [1, 4],
        IterationBeta3s = [0.9, 0.99],
        Clips = [0.1],
        LabelNoise = [0.3],
        Relatives = untuned,
    };

    // About an hour on two cores. The smallest model of the token-efficiency experiment: over seeds its losses scatter least, so that
    // small differences show, and it trains fastest, so that there can be many settings. Five seeds where a few settings bear a claim,
    // three where many do: the machine trains no more in that hour, and what three do not show the tables call inconclusive.
    static readonly AblationSettings desk = new()
    {
        Preset = Preset.Desk,
        Size = TokenEfficiencySettings.Of(Preset.Desk).Sizes[0],
        Overfitted = TokenEfficiencySettings.Of(Preset.Desk).Main,
        Steps = TokenEfficiencySearch.Steps,
        Seeds = [1, 2, 3, 4, 5],
        SweepSeeds = 3,
        WarmupAlphas = [1, 8],
        SwitchShares = [0.25, 0.5, 0.75],
        // beta3 = 1 - delta / steps with delta = 64, 16 (tuned) and 4.
        Maps = ([1, 5, 20], [0.968, 0.992, 0.998], [4e-3, 8e-3, 1.6e-2]),
        ShortWarmups = (5, [0.01, 0.1]),
        BatchFactors = [1, 4, 8],
        // Half-lives of 17, 69 and 346 steps: of 2,000 steps 0.8 %, 3.4 % and 17 %, of 250 steps 7 %, 28 % and 139 %.
        IterationBeta3s = [0.96, 0.99, 0.998],
        Clips = [null, 0.1],
        LabelNoise = [0.1, 0.3],
        Relatives = searched,
    };

    // The paper's 110M model and its values (sections 3 and 4, appendix C).
    static readonly AblationSettings full = new()
    {
        Preset = Preset.Full,
        Size = TokenEfficiencySettings.Of(Preset.Full).Main,
        Overfitted = TokenEfficiencySettings.Of(Preset.Full).Main,
        Steps = 256_000,
        Seeds = [1, 2, 3],
        SweepSeeds = 3,
        WarmupAlphas = [8],
        SwitchShares = [0.25, 0.5, 0.75],
        Maps = ([2, 5, 10, 20, 40], [0.99, 0.999, 0.9999, 0.99999], [5e-4, 1e-3, 2e-3]),
        ShortWarmups = (8, [0.01, 0.1]),
        BatchFactors = [1, 2, 4, 8],
        IterationBeta3s = [0.99, 0.999, 0.9999],
        Clips = [null, 0.1],
        LabelNoise = [0.1, 0.3],
        Relatives = [],
    };

    /// <summary>The settings of a preset.</summary>
    public static AblationSettings Of(Preset preset) => preset == Preset.Smoke ? smoke : preset == Preset.Desk ? desk : full;

    /// <summary>A run without optimizer and seeds. Training losses are reported a hundred times, so that a spike of a hundredth of the run shows.</summary>
    public RunConfig Base => Size.Base with { Training = Scaled(Size.Base.Training, Steps) };

    /// <summary>The two optimizers as tuned.</summary>
    public TunedOptimizers Tuned => Size.Tuned;

    /// <summary>AdamW as tuned, at the usual length and batch.</summary>
    public AblationArm AdamW => new("AdamW, tuned", Base with { Optimizer = Tuned.AdamW });

    /// <summary>AdEMAMix as tuned, at the usual length and batch.</summary>
    public AblationArm AdEMAMix => new("AdEMAMix, tuned", Base with { Optimizer = Mix });

    /// <summary>AdEMAMix's hyperparameters at the usual length.</summary>
    public OptimizerConfig Mix => Tuned.AdEMAMix(Steps);

    /// <summary>As many tokens in batches that are larger by a factor, with as many fewer steps.</summary>
    public RunConfig Larger(int factor) => Base with { Training = Scaled(Base.Training with { BatchSize = Base.Training.BatchSize * factor, WarmupSteps = Base.Training.WarmupSteps / factor }, Steps / factor) };

    /// <summary>As many tokens in smaller batches, with as many more steps.</summary>
    public RunConfig Smaller => Base with { Training = Scaled(Base.Training with { BatchSize = Base.Training.BatchSize / SmallBatchDivisor, WarmupSteps = Base.Training.WarmupSteps * SmallBatchDivisor }, Steps * SmallBatchDivisor) };

    static TrainingConfig Scaled(TrainingConfig training, int steps) => training with { Steps = steps, EvaluationInterval = Math.Max(1, steps / 10), ReportInterval = Math.Max(1, steps / 100) };
}
