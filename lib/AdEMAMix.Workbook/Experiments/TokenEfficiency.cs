using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// The paper's first claim in small: how many tokens AdamW and AdEMAMix need to reach a loss that was fixed beforehand. Several budgets, each
/// a run of its own with its own whole schedule, at several model sizes, with paired seeds (the same initial weights and the same order of
/// the text for both).
/// </summary>
public sealed partial class TokenEfficiency
{
    readonly TokenEfficiencySettings settings;

    /// <summary>The experiment at a preset.</summary>
    /// <param name="preset">How long.</param>
    /// <param name="seeds">Seeds, each for one run per optimizer, budget and size; null or none for the preset's.</param>
    /// <exception cref="ConfigException">A seed stands twice.</exception>
    public TokenEfficiency(Preset preset, IEnumerable<int>? seeds = null)
    {
        ArgumentNullException.ThrowIfNull(preset);
        Preset = preset;
        settings = TokenEfficiencySettings.Of(preset);
        var given = seeds?.ToList() ?? [];
        settings = settings with { Sizes = [.. settings.Sizes.Select(size => size with { Seeds = Preset.SeedsOr(given, size.Seeds) })] };
        Plan = new RunPlan("token-efficiency", OrderedSizes().SelectMany(size => Configs(size))) { Needs = TokenEfficiencySettings.NeedsOf(preset) };

        // The headline's size first: a plan that is stopped early has answered something.
        IEnumerable<TokenEfficiencySize> OrderedSizes() => settings.Sizes.OrderBy(size => size != settings.Main);
    }

    /// <summary>The experiment at the preset of this name, as a notebook's parameter gives it.</summary>
    /// <param name="preset">"smoke", "desk" or "full".</param>
    /// <param name="seeds">Seeds, each for one run per optimizer, budget and size; null or none for the preset's.</param>
    /// <exception cref="ConfigException">No such preset, or a seed twice.</exception>
    public TokenEfficiency(string preset, IEnumerable<int>? seeds = null) : this(Preset.Named(preset), seeds)
    {
    }

    /// <summary>How long.</summary>
    public Preset Preset { get; }

    /// <summary>The seeds of the size that bears the headline.</summary>
    public IReadOnlyList<int> Seeds => settings.Seeds;

    /// <summary>The runs: for each size, seed and budget one of each optimizer.</summary>
    public RunPlan Plan { get; }

    /// <summary>The model sizes, smallest first.</summary>
    public IReadOnlyList<string> Sizes => settings.Names;

    /// <summary>The size that bears the headline.</summary>
    public string MainSize => settings.Main.Name;

    /// <summary>The budgets of the headline's size in steps, ascending.</summary>
    public IReadOnlyList<int> Budgets => settings.Main.Budgets;

    /// <summary>Final loss of every run against its token budget, with the target: each point is a run of its own with its own schedule.</summary>
    /// <param name="runs">The plan's runs.</param>
    /// <param name="size">One of <see cref="Sizes"/>; null for the headline's.</param>
    public Figure LossAgainstBudget(IReadOnlyList<RunRecord> runs, string? size = null)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var chosen = settings.Named(size);
        var groups = TunedOptimizers.Kinds.Select(kind => new CurveGroup(kind, [.. chosen.Seeds.Select(seed => CurveOf(kind, seed)).Where(c => c.X.Count > 0)])).ToList();
        if (chosen.TargetLoss is { } target)
            groups.Add(new CurveGroup("target", "#808080", [new Curve([TokensOf(chosen, chosen.Budgets[0]), TokensOf(chosen, chosen.Budgets[^1])], [target, target])]));
        return Figure.Curves(FactorTitle(runs, chosen), Subtitle(chosen, runs, Configs(chosen)), Axis.Tokens with { Title = "Training tokens of the whole run", Logarithmic = true }, Axis.Loss("Final validation loss"), groups);

        Curve CurveOf(string kind, int seed)
        {
            var points = chosen.Budgets.Select(steps => (Tokens: TokensOf(chosen, steps), Run: Find(runs, chosen.Run(kind, steps, seed)))).Where(p => p.Run?.Result is not null).ToList();
            return new Curve([.. points.Select(p => p.Tokens)], [.. points.Select(p => p.Run!.Result!.ValidationLoss)], Curve.SeedName(seed));
        }
    }

    /// <summary>Validation loss along the runs of one budget: every run faint, means with 95 % intervals on top.</summary>
    /// <param name="runs">The plan's runs.</param>
    /// <param name="steps">One of the size's budgets; null for the longest.</param>
    /// <param name="size">One of <see cref="Sizes"/>; null for the headline's.</param>
    public Figure LossAgainstTokens(IReadOnlyList<RunRecord> runs, int? steps = null, string? size = null)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var chosen = settings.Named(size);
        var length = steps ?? chosen.Budgets[^1];
        if (!chosen.Budgets.Contains(length)) throw new FigureException($"No run of {chosen.Name} has {length} steps: choose one of {string.Join(", ", chosen.Budgets)}.");
        var difference = Compare(runs, chosen, length);
        var tokens = Millions(TokensOf(chosen, length));
        var title = difference is null ? $"AdamW and AdEMAMix over {tokens} tokens"
            : difference.IsConclusive ? string.Create(CultureInfo.InvariantCulture, $"AdEMAMix ends {Math.Abs(difference.Mean.Center):F3} nats {Side(difference)} AdamW after {tokens} tokens")
            : string.Create(CultureInfo.InvariantCulture, $"AdEMAMix less AdamW after {tokens} tokens: {difference.Mean.Center:F3} nats, inconclusive");
        return Figure.Curves(title, Subtitle(chosen, runs, Configs(chosen).Where(c => c.Training.Steps == length)), Axis.Tokens, Axis.Loss(),
            TunedOptimizers.Kinds.Select(kind => new CurveGroup(kind, [.. chosen.Seeds.Select(seed => Find(runs, chosen.Run(kind, length, seed))).OfType<RunRecord>().Select(CurveOf)])));

        static Curve CurveOf(RunRecord run)
        {
            var points = run.Points.Where(p => p.ValidationLoss is not null).ToList();
            return new Curve([.. points.Select(p => (double)p.Tokens)], [.. points.Select(p => p.ValidationLoss!.Value)], Curve.SeedName(run.Config.InitSeed));
        }
    }

    /// <summary>Final losses of every size and budget, and AdEMAMix less AdamW over paired seeds, Holm-corrected together.</summary>
    public Table FinalLosses(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var rows = (from size in settings.Sizes
                    from steps in size.Budgets
                    let adamW = Ends(runs, size, OptimizerConfig.AdamW, steps)
                    let mix = Ends(runs, size, OptimizerConfig.AdEMAMix, steps)
                    select (Size: size, Steps: steps, AdamW: adamW.Values, Mix: mix.Values, Difference: PairedDifference.Of(mix, adamW))).ToList();
        PairedDifference.Correct(rows.Select(r => r.Difference).OfType<PairedDifference>());
        return Table.Of(rows, "Final validation loss, nats per character; AdEMAMix less AdamW over paired seeds, mean [95 % interval]",
            ("model", r => r.Size.Name),
            (new TableColumn("steps") { Format = "N0" }, r => r.Steps),
            ("tokens", r => Millions(TokensOf(r.Size, r.Steps))),
            ("n", r => r.Difference?.Values.Count ?? 0),
            (TableColumn.Nats("AdamW"), r => Mean(r.AdamW)),
            (TableColumn.Nats("AdEMAMix"), r => Mean(r.Mix)),
            (TableColumn.Nats("difference"), r => r.Difference?.Mean),
            (new TableColumn("p (Holm)") { Format = "0.000" }, r => r.Difference is { HasP: true } d ? d.HolmP : null),
            ("diverged", r => r.AdamW.Concat(r.Mix).Count(loss => !double.IsFinite(loss))));

        static double? Mean(IEnumerable<double> losses) => losses.Where(double.IsFinite).ToList() is { Count: > 0 } finite ? finite.Average() : null;
    }

    IEnumerable<RunConfig> Configs(TokenEfficiencySize size) => from seed in size.Seeds from steps in size.Budgets from kind in TunedOptimizers.Kinds select size.Run(kind, steps, seed);

    string Subtitle(TokenEfficiencySize size, IReadOnlyList<RunRecord> runs, IEnumerable<RunConfig> needed) =>
        MissingRuns.Append($"{size.Name}, paired seeds {string.Join(", ", size.Seeds)}; {Preset.Label}; mean and 95 % interval", needed, runs);

    // Losses of the runs that are done, by seed; plus infinity where a run diverged.
    static Dictionary<int, double> Ends(IReadOnlyList<RunRecord> runs, TokenEfficiencySize size, string kind, int steps) =>
        size.Seeds.Select(seed => Find(runs, size.Run(kind, steps, seed))).Where(r => r?.IsDone == true).ToDictionary(r => r!.Config.InitSeed, r => r!.FinalLoss);

    static PairedDifference? Compare(IReadOnlyList<RunRecord> runs, TokenEfficiencySize size, int steps) =>
        PairedDifference.Of(Ends(runs, size, OptimizerConfig.AdEMAMix, steps), Ends(runs, size, OptimizerConfig.AdamW, steps));

    static RunRecord? Find(IReadOnlyList<RunRecord> runs, RunConfig config)
    {
        var id = config.RunId;
        return runs.FirstOrDefault(r => r.Id == id);
    }

    static double TokensOf(TokenEfficiencySize size, int steps) => (size.Base.Training with { Steps = steps }).Tokens(size.Base.Model);

    static string Millions(double tokens) => tokens >= 1e9
        ? string.Create(CultureInfo.InvariantCulture, $"{tokens / 1e9:0.#}B")
        : tokens >= 1e6 ? string.Create(CultureInfo.InvariantCulture, $"{tokens / 1e6:0.##}M") : string.Create(CultureInfo.InvariantCulture, $"{tokens / 1e3:0}k");

    static string Side(PairedDifference difference) => difference.Mean.Center < 0 ? "below" : "above";
}
