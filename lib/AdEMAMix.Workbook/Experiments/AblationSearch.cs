using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// The search behind the comparison with other optimizers: each gets the same number of trials with the same model, text, length and seed;
/// a table says whose best lies at an edge of what was tried. The seed is that of the search for AdamW and AdEMAMix, and no reported run has it.
/// </summary>
public sealed class AblationSearch
{
    /// <summary>Trials of each optimizer: eight on its grid, and four beside or beyond the best of these.</summary>
    public const int TrialsEach = 12;

    // Lion's authors: rates 3 to 10 times below AdamW's, and the decay larger so that rate times decay stays; their betas, and those for language models.
    static readonly double[] lionRates = [5e-4, 1e-3, 2e-3, 4e-3];
    static readonly (double Beta1, double Beta2)[] lionBetas = [(0.9, 0.99), (0.95, 0.98)];

    // One sum of gradients as long as AdEMAMix's tuned slow average, warmed up like it. Its weights add up to 125, hence the rates.
    static readonly double[] simplifiedRates = [8e-5, 1.6e-4, 3.2e-4, 6.4e-4];
    static readonly double[] simplifiedAlphas = [10, 100];

    // A third average beside AdEMAMix's tuned two: shorter or longer than the slow one, at half its weight or the same.
    static readonly double[] thirdRates = [8e-3, 1.6e-2];
    static readonly double[] thirdDeltas = [64, 4];
    static readonly double[] thirdAlphas = [0.5, 1];

    // The blocks' matrices, and the rest with AdamW.
    static readonly double[] matrixRates = [5e-3, 1e-2, 2e-2, 4e-2];
    static readonly double[] muonRates = [8e-3, 1.6e-2];

    readonly AblationSettings settings = AblationSettings.Of(Preset.Desk);

    /// <summary>The search.</summary>
    public AblationSearch() => Plan = new RunPlan("ablations-search", Trials());

    /// <summary>The optimizers that are searched.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [OptimizerConfig.Lion, OptimizerConfig.SimplifiedAdEMAMix, OptimizerConfig.Muon, OptimizerConfig.Ad3EMAMix];

    /// <summary>The trials.</summary>
    public RunPlan Plan { get; }

    /// <summary>All trials, the best of each optimizer first; a diverged trial stands last.</summary>
    /// <param name="runs">The plan's runs.</param>
    public Table Trials(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(Kinds.SelectMany(kind => TrialsOf(runs, kind).OrderBy(r => r.FinalLoss)),
            string.Create(CultureInfo.InvariantCulture, $"{runs.Count} trials of {settings.Steps:N0} steps, {settings.Size.Name}, seed {TokenEfficiencySearch.Seed}; validation loss in nats per character"),
            ("trial", r => NameOf(r.Config.Optimizer)),
            (TableColumn.Nats("loss"), r => r.Result?.ValidationLoss),
            ("state", RunPlan.StateOf),
            ("run", r => r.Id));
    }

    /// <summary>The best trial of each optimizer, and which of its values lie at an edge of what was tried, where a wider grid might hold a better one.</summary>
    /// <inheritdoc cref="Trials(IReadOnlyList{RunRecord})" path="/param"/>
    public Table Best(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var best = from kind in Kinds
                   let trials = TrialsOf(runs, kind).ToList()
                   let lowest = trials.Where(r => r.State == RunState.Finished).MinBy(r => r.FinalLoss)
                   where lowest is not null
                   select (Run: lowest, Trials: trials.Count);
        return Table.Of(best, "The best trial of each other optimizer; one seed, so a ranking and no claim",
            ("optimizer", b => b.Run.Config.Optimizer.Kind),
            ("trials", b => b.Trials),
            ("best", b => NameOf(b.Run.Config.Optimizer)),
            (TableColumn.Nats("loss"), b => b.Run.FinalLoss),
            ("at an edge", b => string.Join(", ", Edges(b.Run.Config.Optimizer)) is { Length: > 0 } edges ? edges : "none"));
    }

    // An axis with two values has nothing but edges; it is a choice of two.
    IEnumerable<string> Edges(OptimizerConfig chosen)
    {
        var tried = Plan.Runs.Select(r => r.Optimizer).Where(o => o.Kind == chosen.Kind).ToList();
        var axes = ((string Name, Func<OptimizerConfig, double?> Value)[])
        [
            ("learning rate", o => o.LearningRate), ("rate of the matrices", o => o.MatrixLearningRate), ("alpha", o => o.Kind == OptimizerConfig.SimplifiedAdEMAMix ? o.Alpha : null),
            ("alpha4", o => o.Alpha4), ("beta4", o => o.Beta4),
        ];
        foreach (var (name, value) in axes)
        {
            var values = tried.Select(value).OfType<double>().Distinct().ToList();
            if (values.Count > 1 && (value(chosen) == values.Min() || value(chosen) == values.Max())) yield return values.Count == 2 ? $"{name} (of two)" : name;
        }
    }

    static IEnumerable<RunRecord> TrialsOf(IReadOnlyList<RunRecord> runs, string kind) => runs.Where(r => r.IsDone && r.Config.Optimizer.Kind == kind);

    IEnumerable<RunConfig> Trials() => Kinds.SelectMany(kind => Grid(kind).Concat(Further(kind))).Select(optimizer => settings.Base with
    {
        Name = NameOf(optimizer),
        Optimizer = optimizer,
        InitSeed = TokenEfficiencySearch.Seed,
        DataSeed = TokenEfficiencySearch.Seed,
    });

    IEnumerable<OptimizerConfig> Grid(string kind) => kind switch
    {
        OptimizerConfig.Lion => from betas in lionBetas from rate in lionRates select Lion(rate, betas.Beta1, betas.Beta2),
        OptimizerConfig.SimplifiedAdEMAMix => from alpha in simplifiedAlphas from rate in simplifiedRates select Simplified(rate, alpha),
        OptimizerConfig.Ad3EMAMix => from delta in thirdDeltas from alpha in thirdAlphas from rate in thirdRates select Third(rate, delta, alpha),
        _ => from rate in muonRates from matrices in matrixRates select Muon(rate, matrices),
    };

    // Chosen once the grids had ended and before any reported run: beyond the edge where the best of a grid lay, else between its neighbours.
    IEnumerable<OptimizerConfig> Further(string kind) => kind switch
    {
        OptimizerConfig.Lion => [Lion(7e-4, 0.95, 0.98), Lion(1.4e-3, 0.95, 0.98), Lion(1e-3, 0.95, 0.99), Lion(1e-3, 0.98, 0.99)],
        OptimizerConfig.SimplifiedAdEMAMix => [Simplified(1.28e-3, 5), Simplified(1.28e-3, 10), Simplified(1.28e-3, 20), Simplified(2.56e-3, 5)],
        OptimizerConfig.Ad3EMAMix => [Third(1.6e-2, 4, 2), Third(3.2e-2, 4, 1), Third(1.6e-2, 1, 1), Third(1.6e-2, 1, 2)],
        _ => [Muon(1.6e-2, 1.4e-2), Muon(1.6e-2, 2.8e-2), Muon(3.2e-2, 2e-2), Muon(3.2e-2, 4e-2)],
    };

    OptimizerConfig Lion(double rate, double beta1, double beta2) => new() { Kind = OptimizerConfig.Lion, LearningRate = rate, Beta1 = beta1, Beta2 = beta2, WeightDecay = DecayAt(rate) };

    OptimizerConfig Simplified(double rate, double alpha) => new()
    {
        Kind = OptimizerConfig.SimplifiedAdEMAMix,
        LearningRate = rate,
        Beta1 = settings.Mix.Beta3!.Value,
        Beta1Warmup = settings.Steps,
        Beta2 = settings.Tuned.AdamW.Beta2,
        Alpha = alpha,
        WeightDecay = DecayAt(rate),
    };

    OptimizerConfig Third(double rate, double delta, double alpha) => settings.Mix with { Kind = OptimizerConfig.Ad3EMAMix, LearningRate = rate, Beta4 = Math.Round(1 - delta / settings.Steps, 6), Alpha4 = alpha };

    OptimizerConfig Muon(double rate, double matrices) => settings.Tuned.AdamW with { Kind = OptimizerConfig.Muon, LearningRate = rate, MatrixLearningRate = matrices };

    // The weight decay of a step is rate times decay: as much as with tuned AdamW.
    double DecayAt(double rate) => Math.Round(settings.Tuned.AdamW.WeightDecay * settings.Tuned.AdamW.LearningRate / rate, 6);

    /// <summary>How a trial is called: what was searched.</summary>
    internal static string NameOf(OptimizerConfig o) => o.Kind switch
    {
        OptimizerConfig.Lion => string.Create(CultureInfo.InvariantCulture, $"Lion, learning rate {o.LearningRate}, betas {o.Beta1} and {o.Beta2}"),
        OptimizerConfig.SimplifiedAdEMAMix => string.Create(CultureInfo.InvariantCulture, $"SimplifiedAdEMAMix, learning rate {o.LearningRate}, alpha {o.Alpha}"),
        OptimizerConfig.Ad3EMAMix => string.Create(CultureInfo.InvariantCulture, $"Ad3EMAMix, learning rate {o.LearningRate}, beta4 {o.Beta4}, alpha4 {o.Alpha4}"),
        OptimizerConfig.Muon => string.Create(CultureInfo.InvariantCulture, $"Muon, learning rates {o.MatrixLearningRate} and {o.LearningRate}"),
        _ => TokenEfficiencySearch.NameOf(o),
    };
}
