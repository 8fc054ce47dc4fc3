using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// The search behind the token-efficiency experiment: AdamW and AdEMAMix get the same number of trials with the same model, text, length and
/// seed. At the main size each is searched on a full grid of three hyperparameters, widened where the best lay at its edge; the other sizes take the best of these and search the
/// learning rate again. The seed is used nowhere else but in the runs that make the target.
/// </summary>
public sealed class TokenEfficiencySearch
{
    /// <summary>The seed of all trials; no reported run has it.</summary>
    public const int Seed = 101;

    /// <summary>Steps of a trial.</summary>
    public const int Steps = 2000;

    // The same learning rates for both. AdamW is searched on the grid of its two decays, AdEMAMix on that of the two numbers that it adds
    // (beta3 = 1 - delta / steps, so that a value found here carries over to another length).
    static readonly double[] rates = [4e-3, 8e-3, 1.6e-2, 3.2e-2];
    static readonly double[] beta1s = [0.8, 0.9, 0.95];
    static readonly double[] beta2s = [0.95, 0.99, 0.999];
    static readonly double[] alphas = [2, 4, 8];
    static readonly double[] deltas = [16, 8, 4];

    // The best of both grids lay at an edge: beta2 = 0.999, alpha = 2 and delta = 16. So each got four trials beyond. Then AdamW's best lay
    // inside, and AdEMAMix's at alpha = 1: four more beyond that for AdEMAMix, and four more around its best for AdamW.
    static readonly (double Rate, double Beta1, double Beta2)[] furtherAdamW =
    [
        (4e-3, 0.9, 0.9999), (8e-3, 0.9, 0.9999), (1.6e-2, 0.9, 0.9999), (3.2e-2, 0.9, 0.9999),
        (1.6e-2, 0.85, 0.999), (2.3e-2, 0.9, 0.999), (1.1e-2, 0.9, 0.999), (1.6e-2, 0.9, 0.998),
    ];

    static readonly (double Rate, double Alpha, double Delta)[] furtherAdEMAMix =
    [
        (8e-3, 1, 16), (1.6e-2, 1, 16), (8e-3, 2, 32), (1.6e-2, 2, 32),
        (1.6e-2, 0.5, 16), (3.2e-2, 1, 16), (3.2e-2, 0.5, 16), (1.6e-2, 1, 32),
    ];

    // At the largest size AdEMAMix's best lay at the lowest rate, so both got one trial below.
    static readonly double[] largestRates = [2e-3, .. rates];

    readonly TokenEfficiencySettings settings = TokenEfficiencySettings.Of(Preset.Desk);

    /// <summary>The search.</summary>
    public TokenEfficiencySearch()
    {
        var others = settings.Sizes.Where(size => size != settings.Main);
        Plan = new RunPlan("token-efficiency-search",
        [
            .. AdamWTrials().Concat(AdEMAMixTrials()).Select(optimizer => Trial(settings.Main, optimizer)),
            .. from size in others from optimizer in RateTrials(size) select Trial(size, optimizer),
        ]);
    }

    /// <summary>The trials: at the main size AdamW's and as many of AdEMAMix, then the other sizes'.</summary>
    public RunPlan Plan { get; }

    /// <summary>The model sizes, smallest first.</summary>
    public IReadOnlyList<string> Sizes => settings.Names;

    /// <summary>All trials of one size, the best of each optimizer first; a diverged trial stands last.</summary>
    /// <param name="runs">The plan's runs.</param>
    /// <param name="size">One of <see cref="Sizes"/>; null for the main one.</param>
    public Table Trials(IReadOnlyList<RunRecord> runs, string? size = null)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var chosen = settings.Named(size);
        var trials = TrialsOf(runs, chosen).ToList();
        return Table.Of(
            trials.OrderBy(r => r.Config.Optimizer.Kind == OptimizerConfig.AdEMAMix).ThenBy(r => r.FinalLoss),
            string.Create(CultureInfo.InvariantCulture, $"{trials.Count} trials of {Steps:N0} steps, {chosen.Name}, seed {Seed}; validation loss in nats per character"),
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

    /// <summary>The best trial of each optimizer and size, and which of its values lie at an edge of their grid, where a wider grid might hold a better one.</summary>
    public Table Best(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var best = from size in settings.Sizes
                   from kind in TunedOptimizers.Kinds
                   let trials = TrialsOf(runs, size).Where(r => r.Config.Optimizer.Kind == kind).ToList()
                   let lowest = trials.Where(r => r.State == RunState.Finished).MinBy(r => r.FinalLoss)
                   where lowest is not null
                   select (Size: size, Run: lowest, Trials: trials.Count);
        return Table.Of(best, "The best trial of each optimizer",
            ("model", b => b.Size.Name),
            ("optimizer", b => b.Run.Config.Optimizer.Kind),
            ("trials", b => b.Trials),
            ("setting", b => NameOf(b.Run.Config.Optimizer)),
            (TableColumn.Nats("loss"), b => b.Run.FinalLoss),
            ("at an edge", b => string.Join(", ", Edges(b.Run.Config.Optimizer, b.Size)) is { Length: > 0 } edges ? edges : "none"));
    }

    // Only the main size is searched along all three axes.
    IEnumerable<string> Edges(OptimizerConfig optimizer, TokenEfficiencySize size)
    {
        (string Name, double Value, double[] Grid)[] axes = optimizer.Kind == OptimizerConfig.AdamW
            ? [("learning rate", optimizer.LearningRate, RatesOf(size)), ("beta1", optimizer.Beta1, beta1s), ("beta2", optimizer.Beta2, [.. beta2s, .. furtherAdamW.Select(t => t.Beta2)])]
            : [("learning rate", optimizer.LearningRate, RatesOf(size)), ("alpha", optimizer.Alpha!.Value, [.. alphas, .. furtherAdEMAMix.Select(t => t.Alpha)]), ("beta3", optimizer.Beta3!.Value, [.. deltas.Concat(furtherAdEMAMix.Select(t => t.Delta)).Select(Beta3)])];
        return axes.Take(size == settings.Main ? axes.Length : 1).Where(a => a.Value == a.Grid.Min() || a.Value == a.Grid.Max()).Select(a => a.Name);
    }

    static double Beta3(double delta) => Math.Round(1 - delta / Steps, 6);

    static IEnumerable<RunRecord> TrialsOf(IReadOnlyList<RunRecord> runs, TokenEfficiencySize size) => runs.Where(r => r.Config.Model == size.Base.Model);

    static RunConfig Trial(TokenEfficiencySize size, OptimizerConfig optimizer) => size.Base with
    {
        Name = $"{size.Name}: {NameOf(optimizer)}",
        Optimizer = optimizer,
        Training = size.Base.Training with { Steps = Steps },
        InitSeed = Seed,
        DataSeed = Seed,
    };

    double[] RatesOf(TokenEfficiencySize size) => size == settings.Sizes[^1] ? largestRates : rates;

    IEnumerable<OptimizerConfig> RateTrials(TokenEfficiencySize size) =>
        from tuned in (OptimizerConfig[])[settings.Main.Tuned.AdamW, settings.Main.Tuned.AdEMAMix(Steps)]
        from rate in RatesOf(size)
        select tuned with { LearningRate = rate };

    static IEnumerable<OptimizerConfig> AdamWTrials()
    {
        return [.. from beta1 in beta1s from beta2 in beta2s from rate in rates select Trial(rate, beta1, beta2), .. furtherAdamW.Select(t => Trial(t.Rate, t.Beta1, t.Beta2))];

        static OptimizerConfig Trial(double rate, double beta1, double beta2) => new() { Kind = OptimizerConfig.AdamW, LearningRate = rate, Beta1 = beta1, Beta2 = beta2, WeightDecay = 0.1 };
    }

    static IEnumerable<OptimizerConfig> AdEMAMixTrials()
    {
        return [.. from alpha in alphas from delta in deltas from rate in rates select Trial(rate, alpha, delta), .. furtherAdEMAMix.Select(t => Trial(t.Rate, t.Alpha, t.Delta))];

        static OptimizerConfig Trial(double rate, double alpha, double delta) => new() { Kind = OptimizerConfig.AdEMAMix, LearningRate = rate, Alpha = alpha, Beta3 = Beta3(delta), AlphaWarmup = Steps, Beta3Warmup = Steps, WeightDecay = 0.1 };
    }

    /// <summary>How a trial is called: what was searched.</summary>
    internal static string NameOf(OptimizerConfig o) => o.Kind == OptimizerConfig.AdamW
        ? string.Create(CultureInfo.InvariantCulture, $"AdamW, learning rate {o.LearningRate}, beta1 {o.Beta1}, beta2 {o.Beta2}")
        : string.Create(CultureInfo.InvariantCulture, $"AdEMAMix, learning rate {o.LearningRate}, alpha {o.Alpha}, beta3 {o.Beta3}");
}
