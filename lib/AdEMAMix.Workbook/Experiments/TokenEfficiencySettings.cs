namespace AdEMAMix.Workbook;

// The presets of the token-efficiency experiment, whose tuned optimizers other experiments use too. Hyperparameters come from
// TokenEfficiencySearch and targets from TokenEfficiencyTarget, on seeds that are not used here; tests compare both with the records.

/// <summary>A preset: its model sizes, smallest first, which of them bears the headline, and the length of that size's runs in other experiments, and in those that sweep many settings.</summary>
sealed record TokenEfficiencySettings(IReadOnlyList<TokenEfficiencySize> Sizes, int MainIndex, int Length, int SweepLength)
{
    // The best of 44 trials each, at 113k parameters.
    static readonly TunedOptimizers tuned = new(AdamW(1.6e-2) with { Beta2 = 0.998 }, 1.6e-2, 1) { Delta = 16 };

    // The learning rates searched again at 466k parameters; at 32k the same were the best.
    static readonly TunedOptimizers largeTuned = tuned with { AdamW = tuned.AdamW with { LearningRate = 8e-3 }, LearningRate = 4e-3 };

    // Of an earlier search; nothing hangs on it.
    static readonly TunedOptimizers smokeTuned = new(AdamW(1.6e-2), 8e-3, 4) { Delta = 8 };

    // Minutes on two cores. Model and runs are so small that all of it together trains in about a minute.
    static readonly TokenEfficiencySettings smoke = new(
    [
        Small(layers: 1, width: 16, smokeTuned, targetLoss: 2.540, seeds: [1, 2]),
        Small(layers: 1, width: 32, smokeTuned, targetLoss: 2.600, seeds: [1, 2]),
        Small(layers: 2, width: 32, smokeTuned, targetLoss: 2.636, seeds: [1, 2]),
    ], 2, 200, 200);

    // Hours on two cores. The longest runs are one pass over the novels.
    static readonly TokenEfficiencySettings desk = new(
    [
        Desk(layers: 2, width: 32, tuned, targetLoss: 1.642, seeds: [1, 2, 3]),
        Desk(layers: 2, width: 64, tuned, targetLoss: 1.501, seeds: [1, 2, 3, 4, 5]),
        // A step costs four times as much, so the runs are shorter.
        Desk(layers: 4, width: 96, largeTuned, targetLoss: 1.745, seeds: [1, 2, 3], budgets: [500, 1000, 1500], targetSteps: 1000),
    ], 1, 4000, TokenEfficiencySearch.Steps);

    // The paper's own: GPUs and weeks.
    static readonly TokenEfficiencySettings full = new([.. PaperModel.All.Select(model => model.Size)], 0, PaperModel.All[0].Budgets[0], PaperModel.All[0].Budgets[0]);

    // Characters of the novels, data/sources.json.
    const int AustenSymbols = 81;

    /// <summary>What the full preset cannot be run without; a notebook does not start it.</summary>
    static readonly string[] fullNeeds =
    [
        $"token shards of RedPajama v2 with a SentencePiece vocabulary of 32 thousand in {PaperModel.Shards} ('environment/workbook data tokenize' makes them)",
        "GPUs: 'environment/workbook plan 110M' says what one run takes, 'environment/workbook runs plan' writes the runs for a cluster",
    ];

    /// <summary>The size that bears the headline.</summary>
    public TokenEfficiencySize Main => Sizes[MainIndex];

    /// <summary>The sizes' names, smallest first.</summary>
    public IReadOnlyList<string> Names => [.. Sizes.Select(size => size.Name)];

    /// <summary>The size of this name; the headline's for null.</summary>
    /// <exception cref="FigureException">There is none.</exception>
    public TokenEfficiencySize Named(string? name) => name is null ? Main
        : Sizes.FirstOrDefault(size => size.Name == name) ?? throw new FigureException($"There is no model '{name}': choose one of {string.Join(", ", Names.Select(n => $"'{n}'"))}.");

    /// <summary>A run of the main size without optimizer and seeds.</summary>
    public RunConfig Base => Main.Base with { Training = Main.Base.Training with { Steps = Length } };

    /// <summary>The main size's seeds.</summary>
    public IReadOnlyList<int> Seeds => Main.Seeds;

    /// <summary>The first of them, as many as a claim needs at the least.</summary>
    public IReadOnlyList<int> FewestSeeds => [.. Seeds.Take(PairedDifference.FewestForAClaim)];

    /// <summary>AdamW as tuned for the main size.</summary>
    public OptimizerConfig TunedAdamW => Main.Tuned.AdamW;

    /// <summary>AdEMAMix as tuned for the main size, at <see cref="Length"/>.</summary>
    public OptimizerConfig TunedAdEMAMix => Main.Tuned.AdEMAMix(Length);

    public static TokenEfficiencySettings Of(Preset preset) => preset == Preset.Smoke ? smoke : preset == Preset.Desk ? desk : full;

    /// <summary>What this preset cannot be run without.</summary>
    public static IReadOnlyList<string> NeedsOf(Preset preset) => preset == Preset.Full ? fullNeeds : [];

    static OptimizerConfig AdamW(double rate) => new() { Kind = OptimizerConfig.AdamW, LearningRate = rate, WeightDecay = 0.1 };

    static TokenEfficiencySize Small(int layers, int width, TunedOptimizers tuned, double? targetLoss, int[] seeds) =>
        Characters(layers, width, new TrainingConfig { WarmupSteps = 10, EvaluationInterval = 20, EvaluationWindows = 64, ReportInterval = 10 }, tuned, [100, 200], 200, targetLoss, seeds);

    static TokenEfficiencySize Desk(int layers, int width, TunedOptimizers tuned, double? targetLoss, int[] seeds, int[]? budgets = null, int targetSteps = 3000) =>
        Characters(layers, width, new TrainingConfig { WarmupSteps = 100, EvaluationInterval = 200, EvaluationWindows = 512, ReportInterval = 50 }, tuned, budgets ?? [1000, 2000, 3000, 4000], targetSteps, targetLoss, seeds);

    static TokenEfficiencySize Characters(int layers, int width, TrainingConfig training, TunedOptimizers tuned, int[] budgets, int targetSteps, double? targetLoss, int[] seeds)
    {
        var shared = new RunConfig
        {
            Data = new DataConfig { Source = "austen" },
            Model = new ModelConfig { Layers = layers, Width = width, Heads = 4, Context = 64 },
            Training = training with { BatchSize = 16, FinalLearningRate = 1e-5, ClipNorm = 1, CheckpointInterval = 500, Threads = 1 },
        };
        var parameters = RunEstimate.Of(shared, AustenSymbols).Parameters;
        return new(FormattableString.Invariant($"{parameters / 1e3:0}k parameters"), shared, tuned, budgets, targetSteps, targetLoss, seeds);
    }
}
