using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>The paper's ninth claim: the same tokens in many small steps or in few large ones, and which memory serves where.</summary>
public sealed class AblationOfIterations : AblationQuestion
{
    static readonly string[] colors = ["#E69F00", "#D55E00", "#CC79A7"];

    internal AblationOfIterations(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, from factor in settings.BatchFactors from arm in (IEnumerable<AblationArm>)[AdamW(settings, factor), .. settings.IterationBeta3s.Select(beta3 => Mix(settings, factor, beta3))] select arm)
    {
    }

    /// <inheritdoc/>
    public override string Question => "Which memory for how many iterations? (claim 9)";

    private protected override IEnumerable<(AblationArm Arm, AblationArm Against)> Pairs =>
        from factor in Settings.BatchFactors from beta3 in Settings.IterationBeta3s select (Mix(Settings, factor, beta3), AdamW(Settings, factor));

    int Most => Settings.BatchFactors[0];

    int Fewest => Settings.BatchFactors[^1];

    /// <summary>Final loss less AdamW's against the number of steps, at equal tokens, for each memory: where the lines cross another memory is the better one.</summary>
    /// <param name="runs">The plan's runs.</param>
    public Figure LossAgainstSteps(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var (many, few) = (Best(runs, Most), Best(runs, Fewest));
        var title = many is null || few is null ? "Which memory for how many steps?"
            : string.Create(CultureInfo.InvariantCulture, $"Of {Settings.IterationBeta3s.Count} memories beta3 = {few} ends lowest after {StepsAt(Fewest):N0} steps, beta3 = {many} after {StepsAt(Most):N0}");
        var groups = Settings.IterationBeta3s.Select((beta3, i) => new CurveGroup(string.Create(CultureInfo.InvariantCulture, $"beta3 {beta3}"), colors[i % colors.Length], [.. Seeds.Select(seed => CurveOf(runs, beta3, seed)).Where(c => c.X.Count > 0)]));
        return Figure.Curves(title, Subtitle(runs, "equal tokens, larger batches for fewer steps"), new Axis("Optimizer steps") { Logarithmic = true }, new Axis("Final loss less AdamW's (nats)"), groups);
    }

    /// <summary>The ninth claim's row in the claims table. With fewest steps the shortest memory must be better than the longest by more than with most, and with most steps a longer one must be better than the shortest.</summary>
    /// <inheritdoc cref="LossAgainstSteps" path="/param"/>
    public ClaimOutcome Outcome(IReadOnlyList<RunRecord> runs) => Decided(9, runs, _ =>
    {
        var (shortest, longest) = (Settings.IterationBeta3s[0], Settings.IterationBeta3s[^1]);
        var few = new Comparison(Mix(Settings, Fewest, shortest), Mix(Settings, Fewest, longest), Difference(runs, Mix(Settings, Fewest, shortest), Mix(Settings, Fewest, longest)));
        var many = Settings.IterationBeta3s.Skip(1).Select(beta3 => new Comparison(Mix(Settings, Most, beta3), Mix(Settings, Most, shortest), Difference(runs, Mix(Settings, Most, beta3), Mix(Settings, Most, shortest)))).ToList();
        // By how much the longest memory loses against the shortest as steps become fewer.
        var turn = new Comparison(Mix(Settings, Fewest, longest), Mix(Settings, Most, longest), PairedDifference.Of(Gap(runs, Fewest), Gap(runs, Most)));
        Corrected([few, .. many, turn]);
        var best = many.MinBy(c => c.Mean)!;
        var result = string.Create(CultureInfo.InvariantCulture,
            $": after {StepsAt(Fewest):N0} steps beta3 = {shortest} less {longest}: {Text(few.Difference)}; after {StepsAt(Most):N0} steps beta3 = {best.Arm.Config.Optimizer.Beta3} less {shortest}: {Text(best.Difference)}; what {longest} loses against {shortest} from most steps to fewest: {Text(turn.Difference)}");
        if (few.IsBelow && turn.IsAbove && many.Exists(c => c.IsBelow)) return (result, ClaimVerdict.Reproduced);
        return (result, few.IsAbove || turn.IsBelow ? ClaimVerdict.NotReproduced : ClaimVerdict.Inconclusive);
    });

    Dictionary<int, double> Gap(IReadOnlyList<RunRecord> runs, int factor)
    {
        var (longest, shortest) = (Values(runs, Mix(Settings, factor, Settings.IterationBeta3s[^1])), Values(runs, Mix(Settings, factor, Settings.IterationBeta3s[0])));
        return longest.Where(l => shortest.ContainsKey(l.Key)).ToDictionary(l => l.Key, l => l.Value - shortest[l.Key]);
    }

    double? Best(IReadOnlyList<RunRecord> runs, int factor)
    {
        var means = Settings.IterationBeta3s.Select(beta3 => (Beta3: beta3, Losses: Values(runs, Mix(Settings, factor, beta3)).Values)).Where(m => m.Losses.Count > 0).ToList();
        return means.Count == Settings.IterationBeta3s.Count ? means.MinBy(m => m.Losses.Average()).Beta3 : null;
    }

    Curve CurveOf(IReadOnlyList<RunRecord> runs, double beta3, int seed)
    {
        var points = (from factor in Settings.BatchFactors.Reverse()
                      let mix = Values(runs, Mix(Settings, factor, beta3))
                      let adamW = Values(runs, AdamW(Settings, factor))
                      where mix.ContainsKey(seed) && adamW.ContainsKey(seed) && double.IsFinite(mix[seed] - adamW[seed])
                      select (X: (double)StepsAt(factor), Y: mix[seed] - adamW[seed])).ToList();
        return new Curve([.. points.Select(p => p.X)], [.. points.Select(p => p.Y)], Curve.SeedName(seed));
    }

    int StepsAt(int factor) => Settings.Steps / factor;

    static AblationArm AdamW(AblationSettings settings, int factor) => new(Name("AdamW", settings, factor), settings.Larger(factor) with { Optimizer = settings.Tuned.AdamW });

    static AblationArm Mix(AblationSettings settings, int factor, double beta3)
    {
        var shared = settings.Larger(factor);
        return new(Name(FormattableString.Invariant($"AdEMAMix, beta3 {beta3}"), settings, factor), shared with { Optimizer = settings.Tuned.AdEMAMix(shared.Training.Steps) with { Beta3 = beta3 } });
    }

    static string Name(string optimizer, AblationSettings settings, int factor)
    {
        var training = settings.Larger(factor).Training;
        return FormattableString.Invariant($"{optimizer}, {training.Steps:N0} steps of {training.BatchSize}");
    }
}
