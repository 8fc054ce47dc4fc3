using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// The paper's sixth claim: from AdamW to AdEMAMix at several times, as tuned with warmups over what is left of the run, and with the paper's
/// alpha = 2 at once; and back from AdEMAMix to AdamW.
/// </summary>
/// <remarks>The moments that both have go on, so that AdamW's beta2 serves for the whole run. beta3 is the tuned one, whatever is left of the run.</remarks>
public sealed class AblationOfSwitch : AblationQuestion
{
    const double PapersAlpha = 2;
    const double BackShare = 0.5;
    static readonly string[] colors = ["#D55E00", "#009E73", "#CC79A7"];

    internal AblationOfSwitch(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, [settings.AdamW, settings.AdEMAMix, .. settings.SwitchShares.Select(share => Tuned(settings, share)), .. settings.SwitchShares.Select(share => AtOnce(settings, share)), Back(settings)])
    {
    }

    /// <inheritdoc/>
    public override string Question => "Can one switch in mid-training? (claim 6)";

    private protected override IEnumerable<(AblationArm Arm, AblationArm Against)> Pairs => Arms.Skip(1).Select(arm => (arm, Settings.AdamW));

    /// <summary>Training loss less that of AdamW, which is the same run up to the switch: whether it rises, and how far it then falls.</summary>
    /// <param name="runs">The plan's runs.</param>
    public Figure AroundTheSwitch(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var rise = Rise(runs, AtOnce(Settings, Settings.SwitchShares[0]));
        var title = rise is null ? "Training loss after a switch from AdamW to AdEMAMix"
            : string.Create(CultureInfo.InvariantCulture, $"In the steps after a switch with alpha {PapersAlpha} at once the loss lies {Math.Abs(rise.Mean.Center):0.000} nats {(rise.Mean.Center > 0 ? "above" : "below")} AdamW's{(rise.IsConclusive ? "" : ", inconclusive")}");
        var groups = from at in Settings.SwitchShares.Index()
                     from atOnce in (bool[])[true, false]
                     select new CurveGroup(string.Create(CultureInfo.InvariantCulture, $"{at.Item:0%}, {(atOnce ? "at once" : "tuned")}"), colors[at.Index % colors.Length], LessAdamW(runs, atOnce ? AtOnce(Settings, at.Item) : Tuned(Settings, at.Item), at.Item)) { Dash = atOnce ? null : "dot" };
        return Figure.Curves(title, Subtitle(runs, string.Create(CultureInfo.InvariantCulture, $"switched at a share of the run, with alpha {PapersAlpha} at once or as tuned with warmups")), Axis.Steps, new Axis("Training loss less AdamW's (nats)"), groups);
    }

    /// <summary>Final losses less that of AdamW throughout.</summary>
    /// <inheritdoc cref="AroundTheSwitch" path="/param"/>
    public Figure Ends(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var compared = Compare(runs);
        var best = compared.Where(c => c.Arm.Config.Switch is { Optimizer.Kind: OptimizerConfig.AdEMAMix } && c.N > 0).MinBy(c => c.Mean);
        var title = best is null ? "Final loss after a switch of the optimizer"
            : string.Create(CultureInfo.InvariantCulture, $"{best.Arm.Name}: {Math.Abs(best.Mean):0.000} nats {(best.Mean < 0 ? "below" : "above")} AdamW throughout{Doubt(best.Difference)}");
        return IntervalChart.Draw(title, Subtitle(runs), new Axis("Final validation loss less AdamW's (nats per character)"), 0,
            Rows(compared, c => c.Arm == Settings.AdEMAMix ? FigureStyle.ColorOf(OptimizerConfig.AdEMAMix) : c.Arm.Config.Switch!.Optimizer.Kind == OptimizerConfig.AdamW ? FigureStyle.ColorOf(OptimizerConfig.AdamW) : colors[2],
                c => c.Arm.Name.Replace("AdamW to AdEMAMix", "to AdEMAMix", StringComparison.Ordinal).Replace("AdEMAMix to AdamW", "back to AdamW", StringComparison.Ordinal)));
    }

    /// <summary>The sixth claim's row in the claims table. In one of the two ways to switch, the earliest must end below AdamW and below the latest, and none above AdamW.</summary>
    /// <inheritdoc cref="AroundTheSwitch" path="/param"/>
    public ClaimOutcome Outcome(IReadOnlyList<RunRecord> runs) => Decided(6, runs, compared =>
    {
        var ways = ((string Name, Func<AblationSettings, double, AblationArm> Arm)[])[("as tuned", Tuned), (string.Create(CultureInfo.InvariantCulture, $"alpha {PapersAlpha} at once"), AtOnce)];
        var order = Corrected([.. ways.Select(way => (First: way.Arm(Settings, Settings.SwitchShares[0]), Last: way.Arm(Settings, Settings.SwitchShares[^1]))).Select(p => new Comparison(p.First, p.Last, Difference(runs, p.First, p.Last)))]);
        var found = ways.Select((way, i) => (way.Name, Times: Settings.SwitchShares.Select(share => compared.First(c => c.Arm == way.Arm(Settings, share))).ToList(), Order: order[i])).ToList();
        var back = compared.First(c => c.Arm == Back(Settings));
        var rise = Rise(runs, AtOnce(Settings, Settings.SwitchShares[0]));
        var result = string.Create(CultureInfo.InvariantCulture, $": final loss less AdamW's: {string.Join("; ", found.Select(f => $"{f.Name}, switched at {Settings.SwitchShares[0]:0%}: {Text(f.Times[0].Difference)}, below at {f.Times.Count(c => c.IsBelow)} of {f.Times.Count} times, above at {f.Times.Count(c => c.IsAbove)}, earliest less latest {Text(f.Order.Difference)}"))}; just after the switch with alpha {PapersAlpha} at once {Text(rise)}; back to AdamW at {BackShare:0%}: {Text(back.Difference)}");
        var works = found.FindAll(f => f.Times[0].IsBelow && !f.Times.Exists(c => c.IsAbove));
        if (works.Exists(f => f.Order.IsBelow)) return (result, ClaimVerdict.Reproduced);
        return (result, works.Exists(f => f.Order.IsAbove) || found.TrueForAll(f => f.Times.Exists(c => c.IsAbove)) ? ClaimVerdict.NotReproduced : ClaimVerdict.Inconclusive);
    });

    // The mean difference to AdamW's training loss over a fortieth of the run after the switch; up to it the two are one run.
    PairedDifference? Rise(IReadOnlyList<RunRecord> runs, AblationArm arm)
    {
        var (at, adamW) = (arm.Config.Switch!.At, Of(runs, Settings.AdamW).ToDictionary(r => r.Seed, r => r.Run));
        List<double> rises = [.. Of(runs, arm).Where(r => adamW.ContainsKey(r.Seed)).Select(r => TrainingCurve.Less(r.Run, adamW[r.Seed], at + 1, at + Math.Max(1, Settings.Steps / 40)))
            .Where(less => less.Count > 0).Select(less => less.Average(p => p.Difference))];
        return rises.Count > 0 ? new PairedDifference(rises) : null;
    }

    IReadOnlyList<Curve> LessAdamW(IReadOnlyList<RunRecord> runs, AblationArm arm, double share)
    {
        var adamW = Of(runs, Settings.AdamW).ToDictionary(r => r.Seed, r => r.Run);
        return Curves(runs, arm, run => adamW.TryGetValue(run.Config.InitSeed, out var other)
            ? TrainingCurve.Averaged(TrainingCurve.Less(run, other, At(Settings, share) - Settings.Steps / 20 + 1, Settings.Steps), 3) : []);
    }

    static AblationArm Tuned(AblationSettings settings, double share)
    {
        var left = settings.Steps - At(settings, share);
        return To(settings, share, "tuned", settings.Mix with { AlphaWarmup = left, Beta3Warmup = left });
    }

    static AblationArm AtOnce(AblationSettings settings, double share) =>
        To(settings, share, FormattableString.Invariant($"alpha {PapersAlpha} at once"), settings.Mix with { Alpha = PapersAlpha, AlphaWarmup = 0, Beta3Warmup = 0 });

    static AblationArm To(AblationSettings settings, double share, string how, OptimizerConfig mix) => new(
        FormattableString.Invariant($"AdamW to AdEMAMix at {share:0%}, {how}"),
        settings.AdamW.Config with { Switch = new SwitchConfig { At = At(settings, share), Optimizer = mix with { Beta2 = settings.Tuned.AdamW.Beta2 } } });

    static AblationArm Back(AblationSettings settings) => new(
        FormattableString.Invariant($"AdEMAMix to AdamW at {BackShare:0%}"),
        settings.AdEMAMix.Config with { Switch = new SwitchConfig { At = At(settings, BackShare), Optimizer = settings.Tuned.AdamW with { Beta2 = settings.Mix.Beta2 } } });

    static int At(AblationSettings settings, double share) => (int)(share * settings.Steps);
}
