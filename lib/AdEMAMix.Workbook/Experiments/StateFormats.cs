using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// What low-precision optimizer states cost in loss: AdEMAMix with moments in float, in bfloat16 and in eight bits, everything else
/// equal, with paired seeds (the same initial weights and the same order of the text for all three).
/// </summary>
public sealed class StateFormats
{
    // Should reach about 1.56 nats per character: half the length of the desk's token-efficiency runs, with its hyperparameters;
    // beta3 is scaled so that its half-life is the same share of the run.
    static readonly RunConfig full = new()
    {
        Data = new DataConfig { Source = "austen" },
        Model = new ModelConfig { Layers = 2, Width = 64, Heads = 4, Context = 64 },
        Optimizer = new OptimizerConfig { Kind = OptimizerConfig.AdEMAMix, LearningRate = 8e-3, Alpha = 4, Beta3 = 0.996, AlphaWarmup = 2000, Beta3Warmup = 2000, WeightDecay = 0.1 },
        Training = new TrainingConfig
        {
            Steps = 2000,
            BatchSize = 16,
            WarmupSteps = 100,
            FinalLearningRate = 1e-5,
            ClipNorm = 1,
            EvaluationInterval = 200,
            EvaluationWindows = 512,
            ReportInterval = 50,
            CheckpointInterval = 500,
            Threads = 1,
        },
    };

    static readonly (string Format, string Title)[] formats =
        [(OptimizerConfig.Full, "fp32"), (OptimizerConfig.BFloat16, "bf16"), (OptimizerConfig.EightBit, "8-bit")];

    /// <summary>The experiment.</summary>
    /// <param name="seeds">Seeds, each for one run per format; null or none for 11 to 15, with which nothing was tuned.</param>
    /// <exception cref="ConfigException">A seed stands twice.</exception>
    public StateFormats(IEnumerable<int>? seeds = null)
    {
        Seeds = Preset.SeedsOr(seeds, [.. Enumerable.Range(11, 5)]);
        Plan = new RunPlan("state-formats", formats.SelectMany(f => Seeds.Select(seed => Run(f.Format, f.Title, seed))));
    }

    /// <summary>The seeds.</summary>
    public IReadOnlyList<int> Seeds { get; }

    /// <summary>The runs: first those in float, then bfloat16, then eight bits.</summary>
    public RunPlan Plan { get; }

    /// <summary>Final validation losses of each format: number of runs, mean with 95 % interval, lowest and highest.</summary>
    public Table FinalLosses(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return new Table(["states", "n", TableColumn.Nats("mean [95 % interval]"), TableColumn.Nats("lowest"), TableColumn.Nats("highest"), "diverged"], formats.Select(Row),
            string.Create(CultureInfo.InvariantCulture, $"Validation loss after {full.Training.Steps:N0} steps, nats per character"));

        object?[] Row((string Format, string Title) f)
        {
            var losses = Of(runs, f.Format).Values;
            object? diverged = runs.Count(r => r.State == RunState.Diverged && IsOf(r, f.Format));
            return losses.Count == 0 ? [f.Title, 0, null, null, null, diverged] : [f.Title, losses.Count, Interval.OfMean([.. losses]), losses.Min(), losses.Max(), diverged];
        }
    }

    /// <summary>
    /// Differences to float over paired seeds: mean with 95 % interval, p-value, p-value with Holm's correction for the two
    /// comparisons, and the smallest difference that as many seeds with this scatter show four times out of five.
    /// </summary>
    public Table Differences(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(Compare(runs), "Final validation loss less that of fp32 with the same seed, nats per character",
            ("states", c => $"{c.Title} less fp32"),
            ("n", c => c.Difference.Values.Count),
            (TableColumn.Nats("mean [95 % interval]"), c => c.Difference.Mean),
            (new TableColumn("p") { Format = "0.000" }, c => c.Difference.HasP ? c.Difference.PValue : null),
            (new TableColumn("p (Holm)") { Format = "0.000" }, c => c.Difference.HasP ? c.Difference.HolmP : null),
            (TableColumn.Nats("detectable"), c => c.Difference.HasP ? c.Difference.SmallestDetectable : null));
    }

    /// <summary>What these runs showed, in one paragraph computed from their numbers.</summary>
    public Report Verdict(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var sentences = Compare(runs).Select(Sentence).ToList();
        if (sentences.Count == 0) sentences.Add("No seed has a finished run in fp32 and in another format, so there is nothing to compare.");
        sentences.AddRange(RunPlan.Diverged(runs));
        return new Report(string.Join(" ", sentences));
    }

    static string Sentence(Comparison c)
    {
        var n = c.Difference.Values.Count;
        if (n < PairedDifference.FewestForAClaim)
            return string.Create(CultureInfo.InvariantCulture, $"With {n} paired seed{(n == 1 ? "" : "s")} {c.Title} states ended {c.Difference.Mean.Center:+0.0000;-0.0000;0.0000} nats per character from fp32; fewer than {PairedDifference.FewestForAClaim} seeds bear no claim.");
        var finding = c.Difference.IsSignificant
            ? $"{c.Title} states ended {(c.Difference.Mean.Center < 0 ? "below" : "above")} fp32"
            : $"Inconclusive for {c.Title} states: no difference to fp32 was shown, and none excluded inside the interval";
        return string.Create(CultureInfo.InvariantCulture, $"{finding} ({c.Difference}, {c.Difference.HolmP:G2} after Holm's correction; nats per character); a difference of {c.Difference.SmallestDetectable:F4} is the smallest that this design would have shown with a power of 80 %.");
    }

    static List<Comparison> Compare(IReadOnlyList<RunRecord> runs)
    {
        var compared = formats.Where(f => f.Format != OptimizerConfig.Full).Select(f => (f.Title, Difference: PairedDifference.Of(Ends(f.Format), Ends(OptimizerConfig.Full))))
            .Where(f => f.Difference is not null).Select(f => new Comparison(f.Title, f.Difference!)).ToList();
        PairedDifference.Correct(compared.Select(c => c.Difference));
        return compared;

        // A run that diverged counts as a loss without end.
        Dictionary<int, double> Ends(string format) => runs.Where(r => r.IsDone && IsOf(r, format)).ToDictionary(r => r.Config.InitSeed, r => r.FinalLoss);
    }

    static RunConfig Run(string format, string title, int seed) => full with
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"AdEMAMix, {title} states, seed {seed}"),
        Optimizer = full.Optimizer with { StateFormat = format },
        InitSeed = seed,
        DataSeed = seed,
    };

    static bool IsOf(RunRecord run, string format) => (run.Config.Optimizer.StateFormat ?? OptimizerConfig.Full) == format;

    // Final losses by seed.
    static Dictionary<int, double> Of(IReadOnlyList<RunRecord> runs, string format) =>
        runs.Where(r => r is { State: RunState.Finished, Result: not null } && IsOf(r, format)).ToDictionary(r => r.Config.InitSeed, r => r.Result!.ValidationLoss);

    sealed record Comparison(string Title, PairedDifference Difference);
}
