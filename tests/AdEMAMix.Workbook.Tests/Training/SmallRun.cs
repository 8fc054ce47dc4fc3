namespace AdEMAMix.Workbook.Tests;

/// <summary>A run of a second on a real text of a thousand characters: the licence at the root of the workbook.</summary>
static class SmallRun
{
    public static string TextFile { get; } = Path.Combine(WorkbookPaths.Find().Root, "LICENSE");

    public static RunConfig Config { get; } = new()
    {
        Name = "small",
        Data = new DataConfig { Source = DataConfig.FileSource, Path = TextFile, ValidationFraction = 0.1 },
        Model = new ModelConfig { Layers = 1, Width = 16, Heads = 2, Context = 16 },
        Optimizer = new OptimizerConfig { Kind = "AdEMAMix", LearningRate = 1e-2, Alpha = 4, Beta3 = 0.99, AlphaWarmup = 40, Beta3Warmup = 40 },
        Training = new TrainingConfig { Steps = 40, BatchSize = 4, WarmupSteps = 5, EvaluationInterval = 20, EvaluationWindows = 5, ReportInterval = 7, CheckpointInterval = 10 },
        InitSeed = 1,
        DataSeed = 2,
    };

    public static TokenDataset Text { get; } = TokenDataset.Load(Config.Data, WorkbookPaths.Find());
}
