using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>The paper's fifth claim: AdEMAMix with both warmups, with one, with none, at the tuned alpha and at a large one.</summary>
public sealed class AblationOfWarmups : AblationQuestion
{
    static readonly (bool Alpha, bool Beta3, string Color)[] kinds = [(true, true, "#D55E00"), (false, true, "#CC79A7"), (true, false, "#009E73"), (false, false, "#E69F00")];

    internal AblationOfWarmups(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, [settings.AdamW, .. from alpha in settings.WarmupAlphas from kind in kinds select Arm(settings, alpha, kind.Alpha, kind.Beta3)])
    {
    }

    /// <inheritdoc/>
    public override string Question => "Are both warmups needed? (claim 5)";

    private protected override IEnumerable<(AblationArm Arm, AblationArm Against)> Pairs =>
        from alpha in Settings.WarmupAlphas from kind in kinds.Skip(1) select (Arm(Settings, alpha, kind.Alpha, kind.Beta3), Both(alpha));

    // The part of the run in which an early blow-up would stand.
    int Early => Settings.Steps / 4;

    double LargeAlpha => Settings.WarmupAlphas[^1];

    /// <summary>Training loss in the first quarter of the run at the largest alpha, with both warmups, with one, with none, and AdamW's.</summary>
    /// <param name="runs">The plan's runs.</param>
    public Figure EarlyLosses(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var worst = Excess(runs, Arm(Settings, LargeAlpha, false, false));
        var title = worst.Count == 0 ? "The first quarter of the run with and without warmups"
            : string.Create(CultureInfo.InvariantCulture, $"At alpha {LargeAlpha} without warmups the training loss lies {worst.Values.Average():0.00} nats above AdamW's at its worst");
        // The loss of the first steps is that of random weights and would press all that follows together.
        return Figure.Curves(title, Subtitle(runs, "first quarter of the run"), Axis.Steps, Axis.Loss("Training loss"),
        [
            new CurveGroup("AdamW", FigureStyle.ColorOf(OptimizerConfig.AdamW), Curves(runs, Settings.AdamW, Points)),
            .. kinds.Select(kind => new CurveGroup(NameOf(kind.Alpha, kind.Beta3), kind.Color, Curves(runs, Arm(Settings, LargeAlpha, kind.Alpha, kind.Beta3), Points)) { Dash = kind is (true, true, _) ? null : "dash" }),
        ]);

        IEnumerable<(double X, double Y)> Points(RunRecord run) => run.Points.Where(p => p.Step > Early / 10 && p.Step <= Early).Select(p => ((double)p.Step, p.TrainLoss));
    }

    /// <summary>How far the training loss rose above AdamW's with the same seed at its worst, in the first quarter of the run.</summary>
    /// <inheritdoc cref="EarlyLosses" path="/param"/>
    public Table EarlyExcess(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(CompareExcess(runs), "Training loss above AdamW's at its worst report of the first quarter of the run, in nats per character; mean [95 % interval]",
            ("setting", c => c.Arm.Name),
            ("n", c => c.N),
            (new TableColumn("above AdamW") { Format = "0.000" }, c => Excess(runs, c.Arm) is { Count: > 0 } own ? Interval.OfMean([.. own.Values]) : null),
            ("less that of", c => c.Against.Name),
            (new TableColumn("difference") { Format = "0.000" }, c => c.Difference?.Mean),
            (new TableColumn("p (Holm)") { Format = "0.000" }, c => c.Difference is { HasP: true } d ? d.HolmP : null));
    }

    /// <summary>The fifth claim's row in the claims table. All three must end above both warmups at the largest alpha; one that ends below is enough against the claim.</summary>
    /// <inheritdoc cref="EarlyLosses" path="/param"/>
    public ClaimOutcome Outcome(IReadOnlyList<RunRecord> runs) => Decided(5, runs, compared =>
    {
        var large = compared.Where(c => c.Arm.Config.Optimizer.Alpha == LargeAlpha).ToList();
        var none = large.First(c => c.Arm.Name.EndsWith(NameOf(false, false), StringComparison.Ordinal));
        var early = CompareExcess(runs).FindAll(c => large.Exists(l => l.Arm == c.Arm) && c.IsAbove);
        var result = string.Create(CultureInfo.InvariantCulture,
            $": at alpha {LargeAlpha} without warmups less with both, final loss: {Text(none.Difference)}; above at {large.Count(c => c.IsAbove)} of {large.Count} (no alpha warmup, no beta3 warmup, neither), below at {large.Count(c => c.IsBelow)}; at the other alphas above at {compared.Except(large).Count(c => c.IsAbove)} of {compared.Count - large.Count}; a higher early peak at {early.Count} of {large.Count}; {compared.Sum(c => c.Diverged)} runs diverged");
        return (result, large.TrueForAll(c => c.IsAbove) ? ClaimVerdict.Reproduced : large.Exists(c => c.IsBelow) ? ClaimVerdict.NotReproduced : ClaimVerdict.Inconclusive);
    });

    // By seed: the worst report of the early part. AdamW's run has the same text in the same order.
    Dictionary<int, double> Excess(IReadOnlyList<RunRecord> runs, AblationArm arm)
    {
        var adamW = Of(runs, Settings.AdamW).ToDictionary(r => r.Seed, r => r.Run);
        return Of(runs, arm).Where(r => adamW.ContainsKey(r.Seed)).Select(r => (r.Seed, Less: TrainingCurve.Less(r.Run, adamW[r.Seed], 1, Early))).Where(r => r.Less.Count > 0).ToDictionary(r => r.Seed, r => r.Less.Max(p => p.Difference));
    }

    List<Comparison> CompareExcess(IReadOnlyList<RunRecord> runs) =>
        Corrected([.. Pairs.Select(pair => new Comparison(pair.Arm, pair.Against, PairedDifference.Of(Excess(runs, pair.Arm), Excess(runs, pair.Against))))]);

    AblationArm Both(double alpha) => Arm(Settings, alpha, true, true);

    static AblationArm Arm(AblationSettings settings, double alpha, bool alphaWarmup, bool beta3Warmup)
    {
        var steps = settings.Steps;
        return new(FormattableString.Invariant($"alpha {alpha}, {NameOf(alphaWarmup, beta3Warmup)}"),
            settings.Base with { Optimizer = settings.Mix with { Alpha = alpha, AlphaWarmup = alphaWarmup ? steps : 0, Beta3Warmup = beta3Warmup ? steps : 0 } });
    }

    static string NameOf(bool alpha, bool beta3) => (alpha, beta3) switch
    {
        (true, true) => "both warmups",
        (false, true) => "no alpha warmup",
        (true, false) => "no beta3 warmup",
        _ => "no warmup",
    };
}
