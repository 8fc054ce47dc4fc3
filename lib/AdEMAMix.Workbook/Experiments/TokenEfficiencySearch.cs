using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// The search behind the token-efficiency experiment: AdamW and AdEMAMix get the same number of trials on a full grid each, with the same
/// model, text, length and seed. The seed is used nowhere else.
/// </summary>
public sealed class TokenEfficiencySearch
{
    /// <summary>The seed of all trials; no reported run has it.</summary>
    public const int Seed = 101;

    /// <summary>Steps of a trial.</summary>
    public const int Steps = 2000;

    // The same learning rates for both. AdamW is searched along its two decays, AdEMAMix along the two numbers that it adds.
    // beta3 = 1 - c / steps, so that a value found here carries over to another length.
    static readonly double[] rates = [4e-3, 8e-3, 1.6e-2, 3.2e-2];
    static readonly double[] beta1s = [0.8, 0.9, 0.95];
    static readonly double[] beta2s = [0.95, 0.99, 0.999];
    static readonly double[] alphas = [2, 4, 8];
    static readonly double[] beta3s = [0.992, 0.996, 0.998];

    /// <summary>The search.</summary>
    public TokenEfficiencySearch()
    {
        var desk = TokenEfficiencySettings.Of(Preset.Desk);
        var shared = desk.Base with { Training = desk.Base.Training with { Steps = Steps }, InitSeed = Seed, DataSeed = Seed };
        Plan = new RunPlan("token-efficiency-search", AdamWTrials().Concat(AdEMAMixTrials()).Select(optimizer => shared with { Name = NameOf(optimizer), Optimizer = optimizer }));
    }

    /// <summary>The trials: first AdamW's, then as many of AdEMAMix.</summary>
    public RunPlan Plan { get; }

    /// <summary>All trials, the best of each optimizer first; a diverged trial stands last.</summary>
    public Table Trials(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(
            runs.OrderBy(r => r.Config.Optimizer.Kind == OptimizerConfig.AdEMAMix).ThenBy(Loss),
            string.Create(CultureInfo.InvariantCulture, $"{runs.Count} trials of {Steps:N0} steps, seed {Seed}; validation loss in nats per character"),
            ("optimizer", r => r.Config.Optimizer.Kind),
            (new TableColumn("learning rate") { Format = "0.####" }, r => r.Config.Optimizer.LearningRate),
            (new TableColumn("beta1") { Format = "0.####" }, r => r.Config.Optimizer.Beta1),
            (new TableColumn("beta2") { Format = "0.####" }, r => r.Config.Optimizer.Beta2),
            (new TableColumn("beta3") { Format = "0.####" }, r => r.Config.Optimizer.Beta3),
            (new TableColumn("alpha") { Format = "0.####" }, r => r.Config.Optimizer.Alpha),
            (TableColumn.Nats("loss"), r => r.Result?.ValidationLoss),
            ("state", RunPlan.StateOf),
            ("run", r => r.Id));
    }

    /// <summary>The best trial of each optimizer, and which of its values lie at an edge of their grid, where a wider grid might hold a better one.</summary>
    public Table Best(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var best = runs.Where(r => r.State == RunState.Finished).GroupBy(r => r.Config.Optimizer.Kind).OrderBy(g => g.Key == OptimizerConfig.AdEMAMix)
            .Select(g => (Run: g.MinBy(Loss)!, Trials: runs.Count(r => r.Config.Optimizer.Kind == g.Key)));
        return Table.Of(best, "The best trial of each optimizer",
            ("optimizer", b => b.Run.Config.Optimizer.Kind),
            ("trials", b => b.Trials),
            ("setting", b => b.Run.Config.Name),
            (TableColumn.Nats("loss"), b => Loss(b.Run)),
            ("at an edge", b => string.Join(", ", Edges(b.Run.Config.Optimizer)) is { Length: > 0 } edges ? edges : "none"));
    }

    internal static IEnumerable<string> Edges(OptimizerConfig optimizer)
    {
        (string Name, double Value, double[] Grid)[] axes = optimizer.Kind == OptimizerConfig.AdamW
            ? [("learning rate", optimizer.LearningRate, rates), ("beta1", optimizer.Beta1, beta1s), ("beta2", optimizer.Beta2, beta2s)]
            : [("learning rate", optimizer.LearningRate, rates), ("alpha", optimizer.Alpha!.Value, alphas), ("beta3", optimizer.Beta3!.Value, beta3s)];
        return axes.Where(a => a.Value == a.Grid[0] || a.Value == a.Grid[^1]).Select(a => a.Name);
    }

    static IEnumerable<OptimizerConfig> AdamWTrials() =>
        from beta1 in beta1s
        from beta2 in beta2s
        from rate in rates
        select new OptimizerConfig { Kind = OptimizerConfig.AdamW, LearningRate = rate, Beta1 = beta1, Beta2 = beta2, WeightDecay = 0.1 };

    static IEnumerable<OptimizerConfig> AdEMAMixTrials() =>
        from alpha in alphas
        from beta3 in beta3s
        from rate in rates
        select new OptimizerConfig { Kind = OptimizerConfig.AdEMAMix, LearningRate = rate, Alpha = alpha, Beta3 = beta3, AlphaWarmup = Steps, Beta3Warmup = Steps, WeightDecay = 0.1 };

    static string NameOf(OptimizerConfig o) => o.Kind == OptimizerConfig.AdamW
        ? string.Create(CultureInfo.InvariantCulture, $"AdamW, learning rate {o.LearningRate}, beta1 {o.Beta1}, beta2 {o.Beta2}")
        : string.Create(CultureInfo.InvariantCulture, $"AdEMAMix, learning rate {o.LearningRate}, alpha {o.Alpha}, beta3 {o.Beta3}");

    static double Loss(RunRecord run) => run.Result?.ValidationLoss ?? double.PositiveInfinity;
}
