using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// AdamW against AdEMAMix on data of the reader's own: what a path holds, hyperparameters to start from with the reasons for them, a plan that
/// fits the machine, and what its runs came to over paired seeds.
/// </summary>
public sealed partial class OwnRun
{
    // Wider vocabularies make the last layer the most of the work.
    const int LargeVocabulary = 4096;

    // The best of a search at width 64, and 8e-3 at width 96; the paper has 1e-3 at width 768: about as 1/width.
    const double TextRateAtWidth64 = 1.6e-2;

    // The best of a search on Fashion-MNIST at width 64.
    const double ImageRateAtWidth64 = 3e-3;

    readonly OwnData data;
    readonly RunConfig shared;
    readonly AdEMAMixProposal proposal;
    readonly double rate;
    readonly string name;

    /// <summary>The comparison on a path.</summary>
    /// <param name="path">A text file, a folder of .txt files, a file or folder of token shards, or a folder of images; a relative path counts from the workbook's root.</param>
    /// <param name="steps">Length of every run.</param>
    /// <param name="seeds">One run of each optimizer for each; null or none for 1, 2 and 3, the fewest that bear a claim.</param>
    /// <param name="options">What is not to be chosen for you.</param>
    /// <exception cref="DataException">The path holds nothing that can be trained on.</exception>
    /// <exception cref="ConfigException">A value is out of range, a seed stands twice, or a run needs more memory or disk than there is.</exception>
    public OwnRun(string path, int steps = 200, IEnumerable<int>? seeds = null, OwnRunOptions? options = null) : this(path, steps, seeds, options, WorkbookPaths.Find(), null)
    {
    }

    internal OwnRun(string path, int steps, IEnumerable<int>? seeds, OwnRunOptions? options, WorkbookPaths paths, MachineRoom? room)
    {
        RunConfig.AtLeast(1, steps, nameof(steps));
        options ??= new OwnRunOptions();
        RunConfig.Require(options.LearningRate is null or (> 0 and < double.PositiveInfinity), nameof(options.LearningRate), options.LearningRate, "must be positive, or null for a proposal");
        var model = options.Model ?? new ModelConfig();
        RunConfig.AtLeast(1, model.Width, "Model.Width");
        RunConfig.AtLeast(1, model.Context, "Model.Context");
        Seeds = Preset.SeedsOr(seeds, [1, 2, 3]);
        data = OwnData.Find(path, options, paths);
        name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        // Of images the number of tokens follows from image and patch.
        if (data.Kind == OwnKind.Images) model = model with { Context = new ModelConfig().Context };
        var batch = options.BatchSize ?? (data.Kind == OwnKind.Images ? (int)Math.Min(64, data.Samples) : data.Vocabulary > LargeVocabulary ? 4 : 16);
        rate = options.LearningRate ?? Round((data.Kind == OwnKind.Images ? ImageRateAtWidth64 : TextRateAtWidth64) * Math.Min(1, 64.0 / model.Width));
        shared = new RunConfig
        {
            Data = data.Config,
            Model = model,
            Vision = data.Vision,
            Training = new TrainingConfig
            {
                Steps = steps,
                BatchSize = batch,
                WarmupSteps = Math.Min(100, steps / 10),
                FinalLearningRate = Math.Min(1e-5, rate / 10),
                EvaluationInterval = Math.Max(1, steps / 10),
                EvaluationWindows = (int)Math.Clamp(data.Kind == OwnKind.Images ? data.Held : data.Held / model.Context, 1, 512),
                ReportInterval = Math.Max(1, steps / 20),
                CheckpointInterval = Math.Max(20, steps / 10),
            },
        };
        proposal = AdEMAMixProposal.For(steps, Math.Max(1, batch), rate, WeightDecay);
        Plan = new RunPlan("own-run", from seed in Seeds from kind in TunedOptimizers.Kinds select Run(kind, seed));
        Plan.RequireRoom([], room ?? MachineRoom.Here(paths.Store));
    }

    const double WeightDecay = 0.1;

    /// <summary>The seeds.</summary>
    public IReadOnlyList<int> Seeds { get; }

    /// <summary>What the path holds.</summary>
    public OwnKind Kind => data.Kind;

    /// <summary>For each seed one run of AdamW and one of AdEMAMix, with the same initial weights and the same order of the data.</summary>
    public RunPlan Plan { get; }

    /// <summary>What was found at the path, and what was left out.</summary>
    public Report Found => new([Table.Of(data.Facts, $"What '{name}' is", ("", f => f.What), (" ", f => f.Value)), .. data.Skipped.Count > 0 ? [string.Join("\n", data.Skipped.Select(s => $"- {s}"))] : Array.Empty<object>()]);

    /// <summary>The hyperparameters of both optimizers, the reason for each choice, and what is known to go wrong with them.</summary>
    public Report Proposal
    {
        get
        {
            var (adamW, mix) = (Optimizer(OptimizerConfig.AdamW), Optimizer(OptimizerConfig.AdEMAMix));
            (string, object?, object?)[] rows =
            [
                ("learning rate", adamW.LearningRate, mix.LearningRate),
                ("beta1", adamW.Beta1, mix.Beta1),
                ("beta2", adamW.Beta2, mix.Beta2),
                ("beta3", null, mix.Beta3),
                ("alpha", null, mix.Alpha),
                ("warmups of alpha and beta3", null, mix.AlphaWarmup),
                ("weight decay", adamW.WeightDecay, mix.WeightDecay),
            ];
            return new Report(
                Table.Of(rows.Select(r => (What: r.Item1, AdamW: Text(r.Item2), Mix: Text(r.Item3))), "To start from", ("", r => r.What), ("AdamW", r => r.AdamW), ("AdEMAMix", r => r.Mix)),
                "**Why**\n\n" + List([.. OwnReasons(), .. proposal.Reasons]),
                Warnings() is { Count: > 0 } warnings ? "**Mind**\n\n" + List(warnings) : "Nothing is known to go wrong with these settings.");

            static string Text(object? value) => value is null ? "–" : Convert.ToString(value, CultureInfo.InvariantCulture)!;
            static string List(IEnumerable<string> items) => string.Join("\n", items.Select(item => "- " + item));
        }
    }

    IEnumerable<string> OwnReasons()
    {
        var (kind, width) = (data.Kind, shared.Model.Width);
        yield return string.Create(CultureInfo.InvariantCulture, $"AdamW's learning rate = {rate}: {(kind == OwnKind.Images ? "3e-3 was the best for a vision transformer of width 64 on Fashion-MNIST" : "1.6e-2 was the best for a GPT of width 64 on novels, 8e-3 at width 96, and the paper has 1e-3 at width 768")}; here the width is {width}. Give `LearningRate` if you know a better one.");
        var (model, training) = (shared.Model, shared.Training);
        var estimate = Plan.EstimateOf(Plan.Runs[0]);
        yield return string.Create(CultureInfo.InvariantCulture, $"model: {model.Layers} layers of width {width}, {estimate.Parameters:N0} parameters, batch {training.BatchSize}: what a core trains in minutes; about {RunEstimate.Text(Plan.Runs.Max(r => Plan.EstimateOf(r).MemoryBytes))} of memory a run. Give `Model` and `BatchSize` for your own.");
    }

    List<string> Warnings()
    {
        var warnings = AdEMAMixProposal.Warnings(proposal.Hyperparameters, shared.Training.Steps).ToList();
        var passes = (double)shared.Tokens / data.Samples;
        if (passes > 4) warnings.Add(string.Create(CultureInfo.InvariantCulture, $"every {data.Unit} is read {passes:0.#} times: training loss goes on falling where validation loss may rise; take more data or fewer steps."));
        if (Seeds.Count < PairedDifference.FewestForAClaim) warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{Seeds.Count} seed{(Seeds.Count == 1 ? "" : "s")}: at least {PairedDifference.FewestForAClaim} bear a claim."));
        warnings.Add("neither optimizer is tuned on these data: before you decide anything, try some learning rates for both, on seeds that you do not report.");
        return warnings;
    }

    RunConfig Run(string kind, int seed) => shared with
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"{kind}, {name}, {shared.Training.Steps:N0} steps, seed {seed}"),
        Optimizer = Optimizer(kind),
        InitSeed = seed,
        DataSeed = seed,
    };

    OptimizerConfig Optimizer(string kind)
    {
        var h = proposal.Hyperparameters;
        return kind == OptimizerConfig.AdamW ? new OptimizerConfig { Kind = kind, LearningRate = rate, WeightDecay = WeightDecay }
            : new OptimizerConfig { Kind = kind, LearningRate = Round(h.LearningRate), Beta1 = h.Beta1, Beta2 = h.Beta2, Beta3 = h.Beta3, Alpha = h.Alpha, AlphaWarmup = (int)h.AlphaWarmup, Beta3Warmup = (int)h.Beta3Warmup, Epsilon = h.Epsilon, WeightDecay = h.WeightDecay };
    }

    // Three significant digits: what a reader would write.
    static double Round(double value) => double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
