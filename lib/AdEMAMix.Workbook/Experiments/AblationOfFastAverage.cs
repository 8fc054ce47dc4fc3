using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>The paper's seventh claim: AdEMAMix with beta1 = 0, which keeps no fast average and costs the memory of AdamW, at the usual batch and at a large one.</summary>
public sealed class AblationOfFastAverage : AblationQuestion
{
    const string Without = "AdEMAMix b1 = 0";

    internal AblationOfFastAverage(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, from factor in Factors(settings) from arm in ArmsAt(settings, factor) select arm)
    {
    }

    /// <inheritdoc/>
    public override string Question => "Does it work without the fast average? (claim 7)";

    // At each batch: both against AdamW, and without against with.
    private protected override IEnumerable<(AblationArm Arm, AblationArm Against)> Pairs =>
        Factors(Settings).Select(factor => ArmsAt(Settings, factor)).SelectMany(arms => ((AblationArm, AblationArm)[])[(arms[1], arms[0]), (arms[2], arms[0]), (arms[2], arms[1])]);

    /// <summary>Final losses less AdamW's at the same batch.</summary>
    /// <param name="runs">The plan's runs.</param>
    public Figure Ends(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var compared = Compare(runs).FindAll(c => c.Against.Config.Optimizer.Kind == OptimizerConfig.AdamW);
        var usual = compared.First(c => c.Arm == ArmsAt(Settings, 1)[2]);
        var title = usual.N == 0 ? "Final loss with and without a fast average"
            : string.Create(CultureInfo.InvariantCulture, $"Without its fast average AdEMAMix ends {Math.Abs(usual.Mean):0.000} nats {(usual.Mean < 0 ? "below" : "above")} AdamW{Doubt(usual.Difference)}");
        return IntervalChart.Draw(title, Subtitle(runs, "equal tokens at both batches"), new Axis("Final validation loss less AdamW's (nats per character)"), 0,
            Rows(compared, c => FigureStyle.ColorOf(IsWithout(c.Arm) ? Without : OptimizerConfig.AdEMAMix)));
    }

    /// <summary>The largest rise of the training loss over the lowest before it, from a fifth of the run on, and how much larger it is without the fast average.</summary>
    /// <inheritdoc cref="Ends" path="/param"/>
    public Table Spikes(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(CompareSpikes(runs), "Largest rise of the training loss over the lowest report before it, after the first fifth of the run, in nats per character; mean [95 % interval]",
            ("setting", c => c.Arm.Name),
            ("n", c => c.N),
            (new TableColumn("largest rise") { Format = "0.000" }, c => Values(runs, c.Arm, Spike) is { Count: > 0 } own ? Interval.OfMean([.. own.Values]) : null),
            ("less that of", c => c.Against.Name),
            (new TableColumn("difference") { Format = "0.000" }, c => c.Difference?.Mean),
            (new TableColumn("p (Holm)") { Format = "0.000" }, c => c.Difference is { HasP: true } d ? d.HolmP : null));
    }

    /// <summary>The seventh claim's row in the claims table. It works where it ends below AdamW; the spikes at the large batch must show too.</summary>
    /// <inheritdoc cref="Ends" path="/param"/>
    public ClaimOutcome Outcome(IReadOnlyList<RunRecord> runs) => Decided(7, runs, compared =>
    {
        var (usual, large) = (ArmsAt(Settings, 1), ArmsAt(Settings, Settings.BatchFactors[^1]));
        Comparison Of(AblationArm arm, AblationArm against) => compared.First(c => c.Arm == arm && c.Against == against);
        var (works, worksLarge, loses) = (Of(usual[2], usual[0]), Of(large[2], large[0]), Of(usual[2], usual[1]));
        var spikes = CompareSpikes(runs).First(c => c.Arm == large[2] && c.Against == large[1]);
        var result = string.Create(CultureInfo.InvariantCulture,
            $": beta1 = 0 less AdamW, final loss: batch {usual[2].Config.Training.BatchSize}: {Text(works.Difference)}; batch {large[2].Config.Training.BatchSize}: {Text(worksLarge.Difference)}; less AdEMAMix: {Text(loses.Difference)}; largest rise of the training loss at batch {large[2].Config.Training.BatchSize} less AdEMAMix's: {Text(spikes.Difference)}; two moments as AdamW");
        if (works.IsAbove) return (result, ClaimVerdict.NotReproduced);
        return (result, works.IsBelow && spikes.IsAbove ? ClaimVerdict.Reproduced : ClaimVerdict.Inconclusive);
    });

    static double? Spike(RunRecord run) => TrainingCurve.LargestRise(run, run.Config.Training.Steps / 5);

    List<Comparison> CompareSpikes(IReadOnlyList<RunRecord> runs) =>
        Corrected([.. Pairs.Select(pair => new Comparison(pair.Arm, pair.Against, Difference(runs, pair.Arm, pair.Against, Spike)))]);

    static bool IsWithout(AblationArm arm) => arm.Config.Optimizer.Beta1 == 0;

    static int[] Factors(AblationSettings settings) => [1, settings.BatchFactors[^1]];

    static AblationArm[] ArmsAt(AblationSettings settings, int factor)
    {
        var shared = settings.Larger(factor);
        var mix = settings.Tuned.AdEMAMix(shared.Training.Steps);
        return
        [
            new(Name("AdamW"), shared with { Optimizer = settings.Tuned.AdamW }),
            new(Name("AdEMAMix"), shared with { Optimizer = mix }),
            new(Name("AdEMAMix, beta1 = 0"), shared with { Optimizer = mix with { Beta1 = 0 } }),
        ];

        string Name(string optimizer) => FormattableString.Invariant($"{optimizer}, batch {shared.Training.BatchSize}");
    }
}
