using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// The paper's tenth claim in small (section 4.2): vision transformers on images, AdamW against AdEMAMix with paired seeds, on much data and
/// on little for the same model and the same number of steps.
/// </summary>
/// <remarks>
/// The paper varies the ratio of data to capacity by the data set and the model; here it is varied by the share of Fashion-MNIST's training
/// images that is trained on. The hyperparameters were tuned on all images and serve the small share too, for both optimizers alike.
/// </remarks>
public sealed partial class Vision
{
    readonly VisionSettings settings;

    /// <summary>The experiment at a preset.</summary>
    /// <param name="preset">"smoke", "desk" or "full".</param>
    /// <param name="seeds">Seeds, each for one run per optimizer and share; null or none for the preset's.</param>
    /// <exception cref="ConfigException">No such preset, or a seed twice.</exception>
    public Vision(string preset, IEnumerable<int>? seeds = null)
    {
        Preset = Preset.Named(preset);
        settings = VisionSettings.Of(Preset);
        Seeds = Preset.SeedsOr(seeds, settings.Seeds);
        Plan = new RunPlan("vision",
            from seed in Seeds
            from model in VisionSettings.ModelsOf(Preset)
            from share in Shares
            from optimizer in (OptimizerConfig[])[settings.AdamW, settings.AdEMAMix]
            select settings.Base with
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"{optimizer.Kind}, {NameOf(share)}{(Preset == Preset.Full ? $", width {model.Width}" : "")}, seed {seed}"),
                Model = model,
                Optimizer = optimizer,
                Vision = settings.Base.Vision! with { TrainingShare = share },
                InitSeed = seed,
                DataSeed = seed,
            })
        { Needs = settings.Needs };
    }

    /// <summary>How long.</summary>
    public Preset Preset { get; }

    /// <summary>The seeds.</summary>
    public IReadOnlyList<int> Seeds { get; }

    /// <summary>Shares of the training images that are trained on, the largest first.</summary>
    public IReadOnlyList<double> Shares => settings.Shares;

    /// <summary>The runs.</summary>
    public RunPlan Plan { get; }

    /// <summary>For each share and optimizer: losses and accuracies at the end, on training and on test images, and how far the test loss lies above its lowest.</summary>
    public Table Results(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var rows = from share in Shares
                   from kind in TunedOptimizers.Kinds
                   let curves = CurvesOf(runs, kind, share).Select(c => c.Curve).ToList()
                   let diverged = runs.Count(r => r.State == RunState.Diverged && Is(r, kind, share))
                   where curves.Count + diverged > 0
                   select (IReadOnlyList<object?>)[NameOf(share), kind, curves.Count, diverged,
                       Mean(curves, c => c.TrainingLoss[^1]), Mean(curves, c => c.TestLoss[^1]), Mean(curves, c => c.TestLoss[^1] - c.TestLoss.Min()), Mean(curves, c => c.TrainingAccuracy[^1]), Mean(curves, c => c.TestAccuracy[^1])];
        return new Table(
            ["trained on", "optimizer", "n", "diverged", TableColumn.Nats("training loss"), TableColumn.Nats("test loss"), TableColumn.Nats("above its lowest"), Accuracy("training accuracy"), Accuracy("test accuracy")],
            rows, string.Create(CultureInfo.InvariantCulture, $"After {settings.Base.Training.Steps:N0} steps, without augmentation, in nats per image and shares of right answers; mean [95 % interval]"));

        static TableColumn Accuracy(string title) => new(title) { Format = "0.0%" };

        static object? Mean(List<VisionCurve> curves, Func<VisionCurve, double> value) => curves.Count > 0 ? Interval.OfMean([.. curves.Select(value)]) : null;
    }

    /// <summary>AdEMAMix less AdamW over paired seeds, for each share: training loss, test loss, test accuracy, Holm-corrected together.</summary>
    public Table Differences(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(Compare(runs), "AdEMAMix less AdamW at the end, paired by seed; losses in nats per image, accuracy as a share",
            ("trained on", c => NameOf(c.Share)),
            ("compared", c => TextOf(c.Question)),
            ("n", c => c.Difference.Values.Count),
            (new TableColumn("mean [95 % interval]") { Format = "0.0000" }, c => c.Difference.Mean),
            (new TableColumn("p") { Format = "0.000" }, c => c.Difference.HasP ? c.Difference.PValue : null),
            (new TableColumn("p (Holm)") { Format = "0.000" }, c => c.Difference.HasP ? c.Difference.HolmP : null),
            (new TableColumn("detectable") { Format = "0.0000" }, c => c.Difference.HasP ? c.Difference.SmallestDetectable : null));
    }

    /// <summary>How tables and titles call a share: "all images", "10 % of the images".</summary>
    public static string NameOf(double share) => share == 1 ? "all images" : string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.###} % of the images");

    static bool Is(RunRecord run, string kind, double share) => run.Config.Optimizer.Kind == kind && run.Config.Vision?.TrainingShare == share;

    static List<(int Seed, VisionCurve Curve)> CurvesOf(IReadOnlyList<RunRecord> runs, string kind, double share) =>
        [.. runs.Where(r => r.State == RunState.Finished && Is(r, kind, share)).OrderBy(r => r.Config.InitSeed)
            .Select(r => (r.Config.InitSeed, Curve: VisionCurve.Of(r)!)).Where(c => c.Curve is not null)];

    // Of two runs with a seed in common. A run that diverged counts as a loss without end and no right answer.
    List<Comparison> Compare(IReadOnlyList<RunRecord> runs)
    {
        var compared = new List<Comparison>();
        foreach (var share in Shares)
        {
            foreach (var question in Enum.GetValues<Question>())
                if (PairedDifference.Of(Values(OptimizerConfig.AdEMAMix, question), Values(OptimizerConfig.AdamW, question)) is { } difference) compared.Add(new Comparison(share, question, difference));

            Dictionary<int, double> Values(string kind, Question question) => CurvesOf(runs, kind, share).Select(c => (c.Seed, Value: ValueOf(c.Curve, question)))
                .Concat(runs.Where(r => r.State == RunState.Diverged && Is(r, kind, share)).Select(r => (Seed: r.Config.InitSeed, Value: question == Question.TestAccuracy ? double.NegativeInfinity : double.PositiveInfinity)))
                .ToDictionary(v => v.Seed, v => v.Value);
        }
        PairedDifference.Correct(compared.Select(c => c.Difference));
        return compared;
    }

    static double ValueOf(VisionCurve curve, Question question) => question switch
    {
        Question.TrainingLoss => curve.TrainingLoss[^1],
        Question.TestLoss => curve.TestLoss[^1],
        _ => curve.TestAccuracy[^1],
    };

    static string TextOf(Question question) => question switch
    {
        Question.TrainingLoss => "training loss",
        Question.TestLoss => "test loss",
        _ => "test accuracy",
    };

    enum Question { TrainingLoss, TestLoss, TestAccuracy }

    sealed record Comparison(double Share, Question Question, PairedDifference Difference)
    {
        // Above zero for accuracy, below it for losses.
        public bool FavoursAdEMAMix => Question == Question.TestAccuracy ? Difference.Mean.Center > 0 : Difference.Mean.Center < 0;
    }
}
