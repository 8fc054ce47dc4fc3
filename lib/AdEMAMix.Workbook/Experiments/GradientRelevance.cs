using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// The paper's second and third claims in small: gradients of long ago stay useful, and one average cannot be both quick and long. The
/// memory of AdEMAMix's slow average is swept, and so are its warmups; AdamW with one long average (plain and warmed up) and averages of
/// AdamW's weights are the controls. Along a run of each optimizer, gradients of the past are compared with the present.
/// </summary>
/// <remarks>Memories are half-lives as shares of the run, so that they mean the same at any length: the paper's 0.9999 in 256 thousand steps is 2.7 %.</remarks>
public sealed partial class GradientRelevance
{
    // From three thousandths of the run to more than a quarter; the paper's 0.999, 0.9999 and 0.99999 are 0.27 %, 2.7 % and 27 %.
    static readonly double[] allShares = [0.003, 0.009, 0.027, 0.09, 0.27];
    static readonly double[] averageShares = [0.003, 0.009, 0.027];
    static readonly double[] allWarmups = [0, 0.25, 0.5];

    readonly double[] shares;
    readonly double[] warmups;
    readonly TokenEfficiencySettings settings;
    readonly OptimizerConfig adamW;
    readonly OptimizerConfig mix;
    readonly int steps;

    /// <summary>The experiment at a preset.</summary>
    /// <param name="preset">"smoke", "desk" or "full".</param>
    /// <param name="seeds">Seeds, each for one run of every setting; null or none for the first three of the preset's.</param>
    /// <exception cref="ConfigException">No such preset, or a seed twice.</exception>
    public GradientRelevance(string preset, IEnumerable<int>? seeds = null)
    {
        Preset = Preset.Named(preset);
        settings = TokenEfficiencySettings.Of(Preset);
        // In the desk's runs the shortest memory is that of beta1 = 0.9. Smoke: enough to see that each part works, short memory and long, no warmup and half.
        (shares, warmups) = Preset == Preset.Smoke ? ([allShares[1], allShares[3]], [allWarmups[0], allWarmups[2]])
            : Preset == Preset.Desk ? (allShares[1..], allWarmups)
            : (allShares, allWarmups);
        Seeds = Preset.SeedsOr(seeds, settings.FewestSeeds);
        steps = settings.SweepLength;
        (adamW, mix) = (settings.TunedAdamW, settings.Main.Tuned.AdEMAMix(steps));
        // Where the tuned memory is one of the sweep's, both settings are one run.
        Plan = new RunPlan("gradient-relevance", Seeds.SelectMany(seed => Settings().Concat(watched.Select(w => new Setting(w.Family))).Select(setting => Run(setting, seed))).DistinctBy(run => run.RunId)) { Needs = TokenEfficiencySettings.NeedsOf(Preset) };
    }

    /// <summary>How long.</summary>
    public Preset Preset { get; }

    /// <summary>The seeds.</summary>
    public IReadOnlyList<int> Seeds { get; }

    /// <summary>The runs.</summary>
    public RunPlan Plan { get; }

    /// <summary>Steps after which gradients of the past are compared with the present, in runs of their own that are longer where the preset allows.</summary>
    public IReadOnlyList<int> ComparisonSteps => [settings.Length / 4, settings.Length / 2, settings.Length * 3 / 4];

    /// <summary>Final validation loss against the memory that is swept: AdEMAMix's beta3, and AdamW's beta1 plain and warmed up.</summary>
    public Figure LossAgainstMemory(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var tuned = Losses(runs, new Setting(Family.AdamW)).Values.ToList();
        var groups = ((Family Family, string Optimizer, string Swept, string? Dash)[])
        [
            (Family.Beta1, OptimizerConfig.AdamW, "beta1", "dash"),
            (Family.WarmBeta1, OptimizerConfig.AdamW, "beta1 warmed up", "dot"),
            (Family.Beta3, OptimizerConfig.AdEMAMix, "beta3", null),
        ];
        var curves = groups.Select(g => new CurveGroup($"{g.Optimizer}, {g.Swept}", FigureStyle.ColorOf(g.Optimizer), [.. Seeds.Select(seed => CurveOf(g.Family, seed)).Where(c => c.X.Count > 0)]) { Dash = g.Dash }).ToList();
        if (tuned.Count > 0) curves.Add(new CurveGroup("AdamW, tuned", FigureStyle.ColorOf(OptimizerConfig.AdamW), [.. Losses(runs, new Setting(Family.AdamW)).Select(l => new Curve([100 * shares[0], 100 * shares[^1]], [l.Value, l.Value], Curve.SeedName(l.Key)))]));
        return Figure.Curves(Headline(runs), Subtitle(runs, [new Setting(Family.AdamW), .. groups.SelectMany(g => shares.Select(share => new Setting(g.Family, share)))]), new Axis("Half-life of the average (% of the run)") { Logarithmic = true }, Axis.Loss("Final validation loss"), curves);

        Curve CurveOf(Family family, int seed)
        {
            var points = shares.Select(share => (Share: share, Losses: Losses(runs, new Setting(family, share)))).Where(p => p.Losses.ContainsKey(seed)).ToList();
            return new Curve([.. points.Select(p => 100 * p.Share)], [.. points.Select(p => p.Losses[seed])], Curve.SeedName(seed));
        }
    }

    /// <summary>Final validation loss against the length of both warmups, with tuned AdamW's level: no warmup to one as long as the run.</summary>
    public Figure LossAgainstWarmup(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var settings = (IReadOnlyList<Setting>)[.. warmups.Select(share => new Setting(Family.Warmup, share)), new Setting(Family.Mix)];
        var compared = Compare(runs);
        var none = compared.First(c => c.Setting == settings[0]);
        var difference = PairedWithin(runs, settings[0], settings[^1]);
        var title = none.Diverged > 0 ? string.Create(CultureInfo.InvariantCulture, $"Without the warmups {none.Diverged} of {none.Diverged + none.Losses.Count} runs of AdEMAMix diverged")
            : difference is null ? "Final loss of AdEMAMix against the length of its warmups"
            : string.Create(CultureInfo.InvariantCulture, $"Without warmups of alpha and beta3 AdEMAMix ends {Math.Abs(difference.Mean.Center):F3} nats {(difference.Mean.Center > 0 ? "above" : "below")} itself with them{(difference.IsConclusive ? "" : ", inconclusive")}");
        var adamW = Losses(runs, new Setting(Family.AdamW));
        return Figure.Curves(title, Subtitle(runs, [new Setting(Family.AdamW), .. settings]), new Axis("Length of both warmups (% of the run)"), Axis.Loss("Final validation loss"),
        [
            new CurveGroup("AdamW, tuned", FigureStyle.ColorOf(OptimizerConfig.AdamW), [.. adamW.Select(l => new Curve([0, 100], [l.Value, l.Value], Curve.SeedName(l.Key)))]),
            new CurveGroup(OptimizerConfig.AdEMAMix, [.. Seeds.Select(CurveOf).Where(c => c.X.Count > 0)]),
        ]);

        Curve CurveOf(int seed)
        {
            var points = settings.Select(s => (Share: s.Family == Family.Mix ? 1 : s.Share, Losses: Losses(runs, s))).Where(p => p.Losses.ContainsKey(seed)).ToList();
            return new Curve([.. points.Select(p => 100 * p.Share)], [.. points.Select(p => p.Losses[seed])], Curve.SeedName(seed));
        }
    }

    /// <summary>Every setting's final validation loss, and its difference to tuned AdamW with the same seed, Holm-corrected together.</summary>
    public Table FinalLosses(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(Compare(runs), "Final validation loss in nats per character, and less tuned AdamW's with the same seed; mean [95 % interval]",
            ("setting", c => c.Setting.ToString()),
            ("n", c => c.Losses.Count),
            ("diverged", c => c.Diverged),
            (new TableColumn("loss") { Format = "0.000" }, c => c.Losses.Count > 0 ? Interval.OfMean(c.Losses) : null),
            (TableColumn.Nats("less AdamW"), c => c.Difference?.Mean),
            (new TableColumn("p (Holm)") { Format = "0.000" }, c => c.Difference is { HasP: true } d ? d.HolmP : null),
            (TableColumn.Nats("detectable"), c => c.Difference is { HasP: true } d ? d.SmallestDetectable : null));
    }

    /// <summary>What the paper says, and what these runs showed, in words computed from their numbers.</summary>
    public Report Verdict(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var compared = Compare(runs);
        var saw = new List<string>
        {
            Sentence(Family.Beta3, "AdEMAMix"),
            Sentence(Family.Beta1, "AdamW with one long average"),
            Sentence(Family.WarmBeta1, "AdamW with one long average that is warmed up"),
        };
        saw.AddRange(SawOfAges(runs));
        if (MissingRuns.Sentence(Plan.Runs, runs) is { } missing) saw.Add(missing);
        saw.AddRange(RunPlan.Diverged(runs));
        saw.AddRange(Preset.Caveat);
        return new Report(
            "# What the paper says\n\nGradients tens of thousands of steps old still help: with beta3 from 0.99 to 0.99999 AdEMAMix ends below AdamW after 256 thousand steps, best at 0.9999. AdamW with beta1 from 0.99 to 0.99999, plain or scheduled, never does.",
            $"# What we saw\n\n{string.Join("\n\n", saw)}");

        string Sentence(Family family, string name)
        {
            var members = compared.Where(c => c.Setting.Family == family && c.Difference is { Values.Count: >= PairedDifference.FewestForAClaim }).ToList();
            if (members.Count == 0) return $"{name}: fewer than {PairedDifference.FewestForAClaim} seeds have finished, which bears no claim.";
            var below = members.Where(c => c.Difference!.IsSignificant && c.Difference.Mean.Center < 0).ToList();
            var above = members.Where(c => c.Difference!.IsSignificant && c.Difference.Mean.Center > 0).ToList();
            return string.Create(CultureInfo.InvariantCulture, $"{name} ended below tuned AdamW at {below.Count} of {members.Count} memories{Listed(below)}, above it at {above.Count}{Listed(above)}; at the others the difference is inconclusive (n = {members.Min(c => c.Difference!.Values.Count)}, Holm-corrected over all settings).");
        }

        static string Listed(List<Comparison> members) => members.Count == 0 ? "" : $" ({string.Join(", ", members.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Setting.Share:0.0%}: {c.Difference!.Mean.Center:+0.0000;-0.0000;0.0000}")))})";
    }

    /// <summary>The decay whose half-life is this share of the run.</summary>
    internal double DecayOf(double share) => Math.Round(Math.Pow(0.5, 1 / (share * steps)), 6);

    string Headline(IReadOnlyList<RunRecord> runs)
    {
        var best = Compare(runs).Where(c => c is { Setting.Family: Family.Beta3, Difference: not null }).MinBy(c => c.Difference!.Mean.Center);
        return best is null
            ? "Final loss against the memory of the average"
            : string.Create(CultureInfo.InvariantCulture, $"A second average with a half-life of {best.Setting.Share:0.0%} of the run ends {Math.Abs(best.Difference!.Mean.Center):F3} nats {(best.Difference.Mean.Center < 0 ? "below" : "above")} AdamW{(best.Difference.IsShown ? "" : ", inconclusive")}");
    }

    string Subtitle(IReadOnlyList<RunRecord> runs, IEnumerable<Setting> needed) => MissingRuns.Append(
        $"seeds {string.Join(", ", Seeds)}; {Preset.Label}; mean and 95 % interval", needed.SelectMany(setting => Seeds.Select(seed => Run(setting, seed))), runs);

    IEnumerable<Setting> Settings() =>
    [
        new(Family.AdamW), new(Family.Mix),
        .. shares.Select(share => new Setting(Family.Beta3, share)),
        .. warmups.Select(share => new Setting(Family.Warmup, share)),
        .. shares.Select(share => new Setting(Family.Beta1, share)),
        .. shares.Select(share => new Setting(Family.WarmBeta1, share)),
    ];

    RunConfig Run(Setting setting, int seed)
    {
        var optimizer = setting.Family switch
        {
            Family.AdamW or Family.WatchedAdamW => adamW,
            Family.Mix => mix,
            Family.WatchedMix => settings.TunedAdEMAMix,
            Family.Beta3 => mix with { Beta3 = DecayOf(setting.Share) },
            Family.Warmup => mix with { AlphaWarmup = (int)(setting.Share * steps), Beta3Warmup = (int)(setting.Share * steps) },
            Family.Beta1 => adamW with { Beta1 = DecayOf(setting.Share) },
            _ => adamW with { Beta1 = DecayOf(setting.Share), Beta1Warmup = steps },
        };
        var watches = setting.Family is Family.WatchedAdamW or Family.WatchedMix;
        var shared = settings.Base;
        return shared with
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"{setting}, seed {seed}"),
            Optimizer = optimizer,
            Training = watches ? shared.Training : shared.Training with { Steps = steps },
            Relevance = watches ? Comparisons : null,
            Averaging = setting.Family == Family.AdamW ? new AveragingConfig { Decays = [.. averageShares.Select(DecayOf)] } : null,
            InitSeed = seed,
            DataSeed = seed,
        };
    }

    RelevanceConfig Comparisons => Preset == Preset.Smoke ? new RelevanceConfig { At = ComparisonSteps, Windows = 64 } : new RelevanceConfig { At = ComparisonSteps };

    List<Comparison> Compare(IReadOnlyList<RunRecord> runs)
    {
        var compared = new List<Comparison>();
        foreach (var setting in Settings())
        {
            var ids = IdsOf(setting);
            var difference = setting.Family == Family.AdamW ? null : PairedWithin(runs, setting, new Setting(Family.AdamW));
            compared.Add(new Comparison(setting, [.. Losses(runs, setting).Values], runs.Count(r => r.State == RunState.Diverged && ids.Contains(r.Id)), difference));
        }
        PairedDifference.Correct(compared.Select(c => c.Difference).OfType<PairedDifference>());
        return compared;
    }

    // A setting's losses less another's. A run that diverged counts as a loss without end.
    PairedDifference? PairedWithin(IReadOnlyList<RunRecord> runs, Setting setting, Setting other)
    {
        return PairedDifference.Of(Ends(setting), Ends(other));

        Dictionary<int, double> Ends(Setting of)
        {
            var ids = IdsOf(of);
            return runs.Where(r => r.IsDone && ids.Contains(r.Id)).ToDictionary(r => r.Config.InitSeed, r => r.FinalLoss);
        }
    }

    HashSet<string> IdsOf(Setting setting) => [.. Seeds.Select(seed => Run(setting, seed).RunId)];

    IEnumerable<RunRecord> Finished(IReadOnlyList<RunRecord> runs, Setting setting)
    {
        var ids = IdsOf(setting);
        return runs.Where(r => r is { State: RunState.Finished, Result: not null } && ids.Contains(r.Id)).OrderBy(r => r.Config.InitSeed);
    }

    // Final losses by seed.
    Dictionary<int, double> Losses(IReadOnlyList<RunRecord> runs, Setting setting) => Finished(runs, setting).ToDictionary(r => r.Config.InitSeed, r => r.Result!.ValidationLoss);

    enum Family { AdamW, Mix, Beta3, Warmup, Beta1, WarmBeta1, WatchedAdamW, WatchedMix }

    readonly record struct Setting(Family Family, double Share = 0)
    {
        public override string ToString() => Family switch
        {
            Family.AdamW => "AdamW, tuned",
            Family.Mix => "AdEMAMix, tuned",
            Family.WatchedAdamW => "AdamW, tuned, gradients compared",
            Family.WatchedMix => "AdEMAMix, tuned, gradients compared",
            Family.Beta3 => string.Create(CultureInfo.InvariantCulture, $"AdEMAMix, beta3 half-life {Share:0.0%} of the run"),
            Family.Warmup => Share == 0 ? "AdEMAMix, no warmups of alpha and beta3" : string.Create(CultureInfo.InvariantCulture, $"AdEMAMix, warmups over {Share:0%} of the run"),
            Family.Beta1 => string.Create(CultureInfo.InvariantCulture, $"AdamW, beta1 half-life {Share:0.0%} of the run"),
            _ => string.Create(CultureInfo.InvariantCulture, $"AdamW, beta1 half-life {Share:0.0%} of the run, warmed up"),
        };
    }

    sealed record Comparison(Setting Setting, IReadOnlyList<double> Losses, int Diverged, PairedDifference? Difference);
}
