using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// The paper's first claim in small: AdamW against AdEMAMix at one token budget, on the same text, with paired seeds (the same
/// initial weights and the same order of the text for both).
/// </summary>
public sealed class TokenEfficiency
{
    static readonly string[] optimizers = [OptimizerConfig.AdamW, OptimizerConfig.AdEMAMix];

    readonly TokenEfficiencySettings settings;

    /// <summary>The experiment at a preset.</summary>
    /// <param name="preset">How long.</param>
    /// <param name="seeds">Seeds, each for one run per optimizer; null for the preset's.</param>
    /// <exception cref="ConfigException">No seed, or one twice.</exception>
    public TokenEfficiency(Preset preset, IEnumerable<int>? seeds = null)
    {
        ArgumentNullException.ThrowIfNull(preset);
        Preset = preset;
        settings = TokenEfficiencySettings.Of(preset);
        Seeds = Preset.SeedsOr(seeds, settings.Seeds);
        Plan = new RunPlan("token-efficiency", Seeds.SelectMany(seed => new[] { Run(settings.AdamW, seed), Run(settings.AdEMAMix, seed) }));
    }

    /// <summary>The experiment at the preset of this name, as a notebook's parameter gives it.</summary>
    /// <param name="preset">"smoke", "desk" or "full".</param>
    /// <param name="seeds">Seeds, each for one run per optimizer; null for the preset's.</param>
    /// <exception cref="ConfigException">No such preset, no seed, or one twice.</exception>
    public TokenEfficiency(string preset, IEnumerable<int>? seeds = null) : this(Preset.Named(preset), seeds)
    {
    }

    /// <summary>How long.</summary>
    public Preset Preset { get; }

    /// <summary>The seeds.</summary>
    public IReadOnlyList<int> Seeds { get; }

    /// <summary>The runs.</summary>
    public RunPlan Plan { get; }

    /// <summary>Validation loss against tokens: every run faint, means with 95 % intervals on top.</summary>
    public Figure LossAgainstTokens(IReadOnlyList<RunRecord> runs)
    {
        return Figure.Curves(Headline(runs), Subtitle(runs), Axis.Tokens, Axis.Loss(), optimizers.Select(kind => new CurveGroup(kind, [.. Of(runs, kind).Select(Curve)])));

        static Curve Curve(RunRecord run)
        {
            var points = run.Points.Where(p => p.ValidationLoss is not null).ToList();
            return new Curve([.. points.Select(p => (double)p.Tokens)], [.. points.Select(p => p.ValidationLoss!.Value)], $"seed {run.Config.InitSeed.ToString(CultureInfo.InvariantCulture)}");
        }
    }

    /// <summary>Final validation losses: number of runs, mean with 95 % interval, lowest and highest, and the paired difference.</summary>
    public Table FinalLosses(IReadOnlyList<RunRecord> runs)
    {
        var rows = new List<object?[]>();
        foreach (var kind in optimizers)
        {
            var diverged = runs.Count(r => r.Config.Optimizer.Kind == kind && r.State == RunState.Diverged);
            rows.Add(Row(kind, [.. Of(runs, kind).Select(Final)], diverged));
        }
        if (Difference(runs) is { } difference) rows.Add(Row("AdEMAMix less AdamW, paired", difference.Values, null));
        return new Table(["optimizer", "n", TableColumn.Nats("mean [95 % interval]"), TableColumn.Nats("lowest"), TableColumn.Nats("highest"), "diverged"], rows, $"Validation loss after {TokensText} tokens, nats per character");

        static object?[] Row(string name, IReadOnlyList<double> values, int? diverged) => values.Count == 0
            ? [name, 0, null, null, null, diverged]
            : [name, values.Count, Interval.OfMean(values), values.Min(), values.Max(), diverged];
    }

    /// <summary>What the paper says, and what these runs showed, in words computed from their numbers.</summary>
    public Report Verdict(IReadOnlyList<RunRecord> runs) => new(
        "# What the paper says\n\nAt 1.3 billion parameters, AdEMAMix after 101 billion tokens equals AdamW after 197 billion; at 110 million, AdEMAMix after 256 thousand steps equals AdamW after 500 thousand.",
        $"# What we saw\n\n{string.Join("\n\n", Saw(runs))}");

    RunConfig Run(OptimizerConfig optimizer, int seed) => settings.Base with
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"{optimizer.Kind}, seed {seed}"),
        Optimizer = optimizer,
        InitSeed = seed,
        DataSeed = seed,
    };

    IEnumerable<string> Saw(IReadOnlyList<RunRecord> runs)
    {
        if (Difference(runs) is not { } difference)
        {
            yield return "No seed has a finished run of both optimizers, so there is nothing to compare.";
            yield break;
        }
        var n = difference.Values.Count;
        yield return n < PairedDifference.FewestForAClaim
            ? string.Create(CultureInfo.InvariantCulture, $"With {n} paired seed{(n == 1 ? "" : "s")} AdEMAMix ended {Math.Abs(difference.Mean.Center):F4} nats per character {Side(difference)} AdamW; fewer than {PairedDifference.FewestForAClaim} seeds bear no claim.")
            : difference.IsConclusive
                ? $"AdEMAMix ended {Side(difference)} AdamW ({difference}; nats per character)."
                : $"Inconclusive: the interval of the difference holds zero ({difference}; nats per character).";
        yield return TokensToTarget(runs);
        foreach (var sentence in RunPlan.LeftOut(runs)) yield return sentence;
        foreach (var caveat in Preset.Caveat) yield return caveat;
    }

    // Where AdEMAMix's mean curve first lies at or below AdamW's final mean. The learning rate falls to the end of the run, so a run
    // made for the shorter length would do better: an early crossing is a lower bound of what is saved.
    string TokensToTarget(IReadOnlyList<RunRecord> runs)
    {
        var target = Of(runs, OptimizerConfig.AdamW).Average(Final);
        var curve = Of(runs, OptimizerConfig.AdEMAMix).SelectMany(r => r.Points).Where(p => p.ValidationLoss is not null)
            .GroupBy(p => p.Tokens).OrderBy(g => g.Key).Select(g => (Tokens: g.Key, Loss: g.Average(p => p.ValidationLoss!.Value))).ToList();
        var reached = curve.FindIndex(p => p.Loss <= target);
        if (reached < 0) return string.Create(CultureInfo.InvariantCulture, $"AdEMAMix's mean did not reach AdamW's final mean of {target:F4} within the budget.");
        var tokens = (double)curve[reached].Tokens;
        if (reached > 0)
        {
            var (before, after) = (curve[reached - 1], curve[reached]);
            tokens = before.Tokens + (after.Tokens - before.Tokens) * (before.Loss - target) / (before.Loss - after.Loss);
        }
        return string.Create(CultureInfo.InvariantCulture, $"AdEMAMix's mean reached AdamW's final mean of {target:F4} after {tokens / 1e6:F2}M of {TokensText} tokens, {100 * tokens / Budget:F0} % of the budget.");
    }

    string Headline(IReadOnlyList<RunRecord> runs) => Difference(runs) is not { } difference
        ? "AdamW and AdEMAMix at one token budget"
        : difference.IsConclusive
            ? string.Create(CultureInfo.InvariantCulture, $"AdEMAMix ends {Math.Abs(difference.Mean.Center):F3} nats {Side(difference)} AdamW after {TokensText} tokens")
            : string.Create(CultureInfo.InvariantCulture, $"AdEMAMix less AdamW after {TokensText} tokens: {difference.Mean.Center:F3} nats, inconclusive");

    string Subtitle(IReadOnlyList<RunRecord> runs)
    {
        var counts = optimizers.Select(kind => Of(runs, kind).Count).ToArray();
        var n = counts[0] == counts[1] ? $"n = {counts[0]} each" : $"n = {counts[0]} and {counts[1]}";
        return $"{n}, paired seeds {string.Join(", ", Seeds)}; {Preset.Label}; mean and 95 % interval";
    }

    long Budget => settings.Base.Training.Tokens(settings.Base.Model);

    string TokensText => string.Create(CultureInfo.InvariantCulture, $"{Budget / 1e6:0.##}M");

    static string Side(PairedDifference difference) => difference.Mean.Center < 0 ? "below" : "above";

    static PairedDifference? Difference(IReadOnlyList<RunRecord> runs)
    {
        var baseline = Of(runs, OptimizerConfig.AdamW).ToDictionary(r => r.Config.InitSeed, Final);
        var pairs = Of(runs, OptimizerConfig.AdEMAMix).Where(r => baseline.ContainsKey(r.Config.InitSeed)).OrderBy(r => r.Config.InitSeed).ToList();
        return pairs.Count == 0 ? null : new([.. pairs.Select(r => Final(r) - baseline[r.Config.InitSeed])]);
    }

    static List<RunRecord> Of(IReadOnlyList<RunRecord> runs, string kind) => [.. runs.Where(r => r is { State: RunState.Finished, Result: not null } && r.Config.Optimizer.Kind == kind)];

    static double Final(RunRecord run) => run.Result!.ValidationLoss;
}
