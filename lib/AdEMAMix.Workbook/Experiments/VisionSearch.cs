using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// The search behind the vision experiment: as many trials for AdamW as for AdEMAMix, on all training images but a twelfth, which is held
/// out and decides; the test images are not looked at. Each searches the learning rate and the one other number that mattered most for it
/// on texts: beta2 and alpha. The seed is used nowhere else.
/// </summary>
public sealed class VisionSearch
{
    /// <summary>The seed of all trials; no reported run has it.</summary>
    public const int Seed = 101;

    /// <summary>Steps of a trial.</summary>
    public const int Steps = 2000;

    static readonly double[] rates = [8e-4, 1.5e-3, 3e-3, 6e-3];
    static readonly double[] beta2s = [0.99, 0.999];
    static readonly double[] alphas = [1, 4];

    /// <summary>The search.</summary>
    public VisionSearch()
    {
        var settings = VisionSettings.Of(Preset.Desk);
        var trials = (from rate in rates from beta2 in beta2s select VisionSettings.WithAdamW(rate, beta2))
            .Concat(from rate in rates from alpha in alphas select VisionSettings.WithAdEMAMix(rate, alpha, Steps));
        Plan = new RunPlan("vision-search", trials.Select(optimizer => settings.Base with
        {
            Name = TokenEfficiencySearch.NameOf(optimizer),
            Optimizer = optimizer,
            Vision = settings.Base.Vision! with { HoldOut = true },
            Training = settings.Base.Training with { Steps = Steps, EvaluationInterval = Steps / 2 },
            InitSeed = Seed,
            DataSeed = Seed,
        }));
    }

    /// <summary>The trials, AdamW's and as many of AdEMAMix.</summary>
    public RunPlan Plan { get; }

    /// <summary>All trials, the best of each optimizer first; a diverged trial stands last.</summary>
    public Table Trials(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(
            runs.OrderBy(r => r.Config.Optimizer.Kind == OptimizerConfig.AdEMAMix).ThenBy(r => r.FinalLoss),
            string.Create(CultureInfo.InvariantCulture, $"{runs.Count} trials of {Steps:N0} steps, seed {Seed}; loss in nats per image and accuracy on training images held out"),
            ("optimizer", r => r.Config.Optimizer.Kind),
            (new TableColumn("learning rate") { Format = "0.####" }, r => r.Config.Optimizer.LearningRate),
            (new TableColumn("beta2") { Format = "0.####" }, r => r.Config.Optimizer.Beta2),
            (new TableColumn("beta3") { Format = "0.####" }, r => r.Config.Optimizer.Beta3),
            (new TableColumn("alpha") { Format = "0.####" }, r => r.Config.Optimizer.Alpha),
            (TableColumn.Nats("loss"), r => r.Result?.ValidationLoss),
            (new TableColumn("accuracy") { Format = "0.0%" }, r => VisionCurve.Of(r)?.TestAccuracy[^1]),
            ("at an edge", Edge),
            ("state", RunPlan.StateOf),
            ("run", r => r.Id));
    }

    /// <summary>The trial of an optimizer whose loss on the images held out is the lowest; null where none has finished.</summary>
    internal static RunRecord? Best(IReadOnlyList<RunRecord> runs, string kind) => runs.Where(r => r.State == RunState.Finished && r.Config.Optimizer.Kind == kind).MinBy(r => r.FinalLoss);

    // Of the learning rate only: of the other numbers there are two values each, which are both edges.
    static string Edge(RunRecord run) => run.Config.Optimizer.LearningRate == rates[0] ? "lowest rate" : run.Config.Optimizer.LearningRate == rates[^1] ? "highest rate" : "none";
}
