namespace AdEMAMix.Workbook;

// The presets of the token-efficiency experiment. Hyperparameters come from a search made beforehand on the desk model with
// seeds that are not used here: six learning rates for AdamW, sixteen settings for AdEMAMix.

/// <summary>What both optimizers share, and what is each one's own.</summary>
sealed record TokenEfficiencySettings(RunConfig Base, OptimizerConfig AdamW, OptimizerConfig AdEMAMix, IReadOnlyList<int> Seeds)
{
    // Six runs, under three minutes on two cores. beta3 is scaled to the length: its half-life is about the same share of the run
    // as on the desk.
    static readonly TokenEfficiencySettings smoke = Make(steps: 800, warmup: 40, evaluate: 100, windows: 256, beta3: 0.99, seeds: [1, 2, 3]);

    // Should reach about 1.48 (AdamW) and 1.45 (AdEMAMix) nats per character: ten runs of 4,000 steps, one pass over the novels.
    static readonly TokenEfficiencySettings desk = Make(steps: 4000, warmup: 100, evaluate: 200, windows: 512, beta3: 0.998, seeds: [1, 2, 3, 4, 5]);

    public static TokenEfficiencySettings Of(Preset preset) => preset == Preset.Smoke ? smoke : desk;

    static TokenEfficiencySettings Make(int steps, int warmup, int evaluate, int windows, double beta3, int[] seeds) => new(
        new RunConfig
        {
            Data = new DataConfig { Source = "austen" },
            Model = new ModelConfig { Layers = 2, Width = 64, Heads = 4, Context = 64 },
            Training = new TrainingConfig
            {
                Steps = steps,
                BatchSize = 16,
                WarmupSteps = warmup,
                FinalLearningRate = 1e-5,
                ClipNorm = 1,
                EvaluationInterval = evaluate,
                EvaluationWindows = windows,
                ReportInterval = 50,
                CheckpointInterval = 500,
                Threads = 1,
            },
        },
        new OptimizerConfig { Kind = OptimizerConfig.AdamW, LearningRate = 1.6e-2, WeightDecay = 0.1 },
        new OptimizerConfig { Kind = OptimizerConfig.AdEMAMix, LearningRate = 8e-3, Alpha = 4, Beta3 = beta3, AlphaWarmup = steps, Beta3Warmup = steps, WeightDecay = 0.1 },
        seeds);
}
