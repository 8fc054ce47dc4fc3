using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>The paper's twelfth claim, as far as it can be tested here: Lion and a third average, and beside them Simplified-AdEMAMix and Muon, each tuned by <see cref="AblationSearch"/>. Mamba has no implementation here.</summary>
public sealed class AblationOfOptimizers : AblationQuestion
{
    internal AblationOfOptimizers(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, [settings.AdamW, settings.AdEMAMix, .. settings.Relatives.Select(optimizer => Arm(settings, optimizer))])
    {
    }

    /// <inheritdoc/>
    public override string Question => "How do other optimizers fare? (claim 12)";

    private protected override IEnumerable<(AblationArm Arm, AblationArm Against)> Pairs =>
        [.. Arms.Skip(1).Select(arm => (arm, Settings.AdamW)), .. Arms.Skip(2).Select(arm => (arm, Settings.AdEMAMix))];

    /// <summary>Final losses less tuned AdamW's.</summary>
    /// <param name="runs">The plan's runs.</param>
    public Figure Ends(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var compared = Compare(runs).FindAll(c => c.Against == Settings.AdamW);
        var best = compared.Where(c => c.N > 0).MinBy(c => c.Mean);
        var title = best is null ? "Other optimizers against AdamW"
            : string.Create(CultureInfo.InvariantCulture, $"Lowest of {compared.Count(c => c.N > 0)} optimizers beside AdamW: {best.Arm.Config.Optimizer.Kind}, {Math.Abs(best.Mean):0.000} nats {(best.Mean < 0 ? "below" : "above")} it{Doubt(best.Difference)}");
        return IntervalChart.Draw(title, Subtitle(runs), new Axis("Final validation loss less AdamW's (nats per character)"), 0,
            Rows(compared, c => FigureStyle.ColorOf(c.Arm.Config.Optimizer.Kind), c => c.Arm.Config.Optimizer.Kind));
    }

    /// <summary>The twelfth claim's row in the claims table. Lion must not end below AdamW, nor a third average below AdEMAMix; for a yes their means must lie above.</summary>
    /// <inheritdoc cref="Ends" path="/param"/>
    public ClaimOutcome Outcome(IReadOnlyList<RunRecord> runs)
    {
        if (Find(OptimizerConfig.Lion) is not { } lion || Find(OptimizerConfig.Ad3EMAMix) is not { } third)
            return new(12, ClaimScale.Of(Plan), "the search for the other optimizers is not decided", ClaimVerdict.NotTested, "05-ablations", []);
        return Decided(12, runs, compared =>
        {
            Comparison Of(AblationArm arm, AblationArm against) => compared.First(c => c.Arm == arm && c.Against == against);
            var (lions, thirds) = (Of(lion, Settings.AdamW), Of(third, Settings.AdEMAMix));
            var others = compared.FindAll(c => c.Against == Settings.AdamW && c.Arm != lion && c.Arm != third && c.Arm != Settings.AdEMAMix);
            var result = $": final loss, Lion less AdamW: {Text(lions.Difference)}; Ad3EMAMix less AdEMAMix: {Text(thirds.Difference)}; {string.Join("; ", others.Select(c => $"{c.Arm.Config.Optimizer.Kind} less AdamW: {Text(c.Difference)}"))}; Mamba is not testable here";
            if (lions.IsBelow || thirds.IsBelow) return (result, ClaimVerdict.NotReproduced);
            return (result, lions.Mean > 0 && thirds.Mean > 0 ? ClaimVerdict.Reproduced : ClaimVerdict.Inconclusive);
        });
    }

    AblationArm? Find(string kind) => Arms.FirstOrDefault(arm => arm.Config.Optimizer.Kind == kind);

    static AblationArm Arm(AblationSettings settings, OptimizerConfig optimizer) => new($"{optimizer.Kind}, tuned", settings.Base with { Optimizer = optimizer });
}
