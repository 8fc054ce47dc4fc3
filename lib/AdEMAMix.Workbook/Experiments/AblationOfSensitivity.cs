using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>The paper's eighth claim: maps of the final loss over alpha and beta3, and over the learning rate and alpha; and warmups that are too short.</summary>
public sealed class AblationOfSensitivity : AblationQuestion
{
    // The paper's range.
    const double LeastAlpha = 2, MostAlpha = 40;

    // A cell marked so ended below tuned AdamW, shown after correction over all cells.
    const string Below = "▼";

    internal AblationOfSensitivity(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds,
        [
            .. settings.Maps.Rates.Select(rate => AdamW(settings, rate)),
            .. from alpha in settings.Maps.Alphas from beta3 in settings.Maps.Beta3s select Mix(settings, settings.Tuned.LearningRate, alpha, beta3),
            .. from rate in settings.Maps.Rates from alpha in settings.Maps.Alphas select Mix(settings, rate, alpha, TunedBeta3(settings)),
            .. settings.ShortWarmups.Shares.Select(share => Short(settings, share)),
        ])
    {
    }

    /// <inheritdoc/>
    public override string Question => "How much hangs on alpha, beta3 and the learning rate? (claim 8)";

    private protected override IEnumerable<(AblationArm Arm, AblationArm Against)> Pairs => Arms.Where(arm => arm != TunedAdamW).Select(arm => (arm, TunedAdamW));

    AblationArm TunedAdamW => AdamW(Settings, Settings.Tuned.AdamW.LearningRate);

    /// <summary>Final loss less tuned AdamW's over alpha and beta3, at the tuned learning rate.</summary>
    /// <param name="runs">The plan's runs.</param>
    public Figure AlphaAndBeta3(IReadOnlyList<RunRecord> runs) => Map(runs, "Alpha and beta3",
        ("beta3", [.. Settings.Maps.Beta3s.Select(Number)]), ("alpha", [.. Settings.Maps.Alphas.Select(Number)]),
        (row, column) => Mix(Settings, Settings.Tuned.LearningRate, Settings.Maps.Alphas[row], Settings.Maps.Beta3s[column]));

    /// <summary>Final loss less tuned AdamW's over alpha and the learning rate, at the tuned beta3; the bottom row is AdamW itself.</summary>
    /// <inheritdoc cref="AlphaAndBeta3" path="/param"/>
    public Figure RateAndAlpha(IReadOnlyList<RunRecord> runs) => Map(runs, "Learning rate and alpha",
        ("learning rate", [.. Settings.Maps.Rates.Select(Number)]), ("alpha", ["AdamW", .. Settings.Maps.Alphas.Select(Number)]),
        (row, column) => row == 0 ? AdamW(Settings, Settings.Maps.Rates[column]) : Mix(Settings, Settings.Maps.Rates[column], Settings.Maps.Alphas[row - 1], TunedBeta3(Settings)));

    /// <summary>For every alpha at the tuned learning rate and beta3: training loss less AdamW's in the second tenth of the run, and validation loss less AdamW's at the end.</summary>
    /// <inheritdoc cref="AlphaAndBeta3" path="/param"/>
    public Table EarlyAndLate(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var arms = Settings.Maps.Alphas.Select(alpha => Mix(Settings, Settings.Tuned.LearningRate, alpha, TunedBeta3(Settings))).ToList();
        var (early, late) = (arms.ConvertAll(arm => new Comparison(arm, TunedAdamW, Difference(runs, arm, TunedAdamW, Early))), arms.ConvertAll(arm => new Comparison(arm, TunedAdamW, Difference(runs, arm, TunedAdamW))));
        Corrected([.. early, .. late]);
        return Table.Of(arms.Select((arm, i) => (Arm: arm, Early: early[i].Difference, Late: late[i].Difference)), "Less tuned AdamW, nats per character: early in the run, and at its end; mean [95 % interval]",
            (new TableColumn("alpha") { Format = "0.##" }, r => r.Arm.Config.Optimizer.Alpha),
            ("n", r => r.Late?.Values.Count),
            (TableColumn.Nats("training loss, second tenth"), r => r.Early?.Mean),
            (new TableColumn("p (Holm)") { Format = "0.000" }, r => r.Early is { HasP: true } d ? d.HolmP : null),
            (TableColumn.Nats("final validation loss"), r => r.Late?.Mean),
            (new TableColumn("p (Holm) ") { Format = "0.000" }, r => r.Late is { HasP: true } d ? d.HolmP : null));

        static double? Early(RunRecord run)
        {
            var points = run.Points.Where(p => p.Step > run.Config.Training.Steps / 10 && p.Step <= run.Config.Training.Steps / 5).ToList();
            return points.Count > 0 ? points.Average(p => p.TrainLoss) : null;
        }
    }

    /// <summary>Final loss at a large alpha with warmups of different lengths, less that with warmups as long as the run.</summary>
    /// <inheritdoc cref="AlphaAndBeta3" path="/param"/>
    public Table ShortWarmups(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(CompareShort(runs), string.Create(CultureInfo.InvariantCulture, $"Both warmups shorter, at alpha {Settings.ShortWarmups.Alpha}: final validation loss less that with warmups as long as the run; mean [95 % interval]"),
            ("warmups in steps", c => c.Arm.Config.Optimizer.AlphaWarmup),
            ("n", c => c.N),
            ("diverged", c => c.Diverged),
            (TableColumn.Nats("difference"), c => c.Difference?.Mean),
            (new TableColumn("p (Holm)") { Format = "0.000" }, c => c.Difference is { HasP: true } d ? d.HolmP : null));
    }

    /// <summary>The eighth claim's row in the claims table. Every alpha of the paper's range must have a cell below AdamW, and the shortest warmup must end above the longest.</summary>
    /// <inheritdoc cref="AlphaAndBeta3" path="/param"/>
    public ClaimOutcome Outcome(IReadOnlyList<RunRecord> runs) => Decided(8, runs, compared =>
    {
        var alphas = Settings.Maps.Alphas.Where(alpha => alpha is >= LeastAlpha and <= MostAlpha).Select(alpha =>
            (Alpha: alpha, Cells: compared.FindAll(c => c.Arm.Config.Optimizer is { Kind: OptimizerConfig.AdEMAMix } o && o.Alpha == alpha && o.AlphaWarmup == Settings.Steps))).ToList();
        var shortest = CompareShort(runs).MinBy(c => c.Arm.Config.Optimizer.AlphaWarmup)!;
        var best = compared.Where(c => c.Arm.Config.Optimizer.Kind == OptimizerConfig.AdEMAMix).MinBy(c => c.Mean)!;
        var result = string.Create(CultureInfo.InvariantCulture,
            $": final loss less tuned AdamW's, best cell (alpha {best.Arm.Config.Optimizer.Alpha}, beta3 {best.Arm.Config.Optimizer.Beta3}, learning rate {best.Arm.Config.Optimizer.LearningRate}): {Text(best.Difference)}; cells below and above AdamW: {string.Join(", ", alphas.Select(a => $"alpha {Number(a.Alpha)} {a.Cells.Count(c => c.IsBelow)} and {a.Cells.Count(c => c.IsAbove)} of {a.Cells.Count}"))}; warmups over {shortest.Arm.Config.Optimizer.AlphaWarmup} steps at alpha {Settings.ShortWarmups.Alpha} less those over the run: {Text(shortest.Difference)}");
        if (alphas.Exists(a => a.Cells.TrueForAll(c => c.IsAbove))) return (result, ClaimVerdict.NotReproduced);
        return (result, alphas.TrueForAll(a => a.Cells.Exists(c => c.IsBelow)) && shortest.IsAbove ? ClaimVerdict.Reproduced : ClaimVerdict.Inconclusive);
    });

    Figure Map(IReadOnlyList<RunRecord> runs, string what, (string, IReadOnlyList<string> Names) across, (string, IReadOnlyList<string> Names) up, Func<int, int, AblationArm> arm)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var compared = Compare(runs).ToDictionary(c => c.Arm.Name);
        var cells = Enumerable.Range(0, up.Names.Count).Select(row => (IReadOnlyList<HeatCell?>)[.. Enumerable.Range(0, across.Names.Count).Select(column => Cell(arm(row, column)))]).ToList();
        var mix = (from row in Enumerable.Range(0, up.Names.Count) from column in Enumerable.Range(0, across.Names.Count) let a = arm(row, column) where a.Config.Optimizer.Kind == OptimizerConfig.AdEMAMix && compared[a.Name].N > 0 select compared[a.Name]).ToList();
        var title = mix.Count == 0 ? $"{what}: final loss less tuned AdamW's"
            : string.Create(CultureInfo.InvariantCulture, $"{what}: {mix.Count(c => c.IsBelow)} of {mix.Count} settings end below tuned AdamW, {mix.Count(c => c.IsAbove)} above; the lowest at {mix.Min(c => c.Mean):+0.000;-0.000;0.000}");
        // Bright from twice the best gain upwards, or from 0.05 where the gain is small.
        var most = Math.Max(0.05, mix.Count == 0 ? 0 : -2 * mix.Min(c => c.Mean));
        return HeatChart.Draw(title, $"{Below} below and ▲ above AdamW at 0 (paired, Holm-corrected over all cells of both maps). {Subtitle(runs)}".Replace("; mean and 95 % interval", "; means", StringComparison.Ordinal), across, up, cells, most);

        HeatCell? Cell(AblationArm cell)
        {
            if (cell == TunedAdamW) return Values(runs, cell).Count > 0 ? new HeatCell(0) : null;
            return compared[cell.Name] is { N: > 0 } c ? new HeatCell(c.Mean, c.IsBelow ? Below : c.IsAbove ? "▲" : "") : null;
        }
    }

    List<Comparison> CompareShort(IReadOnlyList<RunRecord> runs)
    {
        var whole = Mix(Settings, Settings.Tuned.LearningRate, Settings.ShortWarmups.Alpha, TunedBeta3(Settings));
        return Corrected([.. Settings.ShortWarmups.Shares.Select(share => Short(Settings, share)).Select(arm => new Comparison(arm, whole, Difference(runs, arm, whole)))]);
    }

    static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    static double TunedBeta3(AblationSettings settings) => settings.Tuned.AdEMAMix(settings.Steps).Beta3!.Value;

    static AblationArm AdamW(AblationSettings settings, double rate) =>
        new(FormattableString.Invariant($"AdamW, learning rate {rate}"), settings.Base with { Optimizer = settings.Tuned.AdamW with { LearningRate = rate } });

    static AblationArm Mix(AblationSettings settings, double rate, double alpha, double beta3) =>
        new(FormattableString.Invariant($"AdEMAMix, learning rate {rate}, alpha {alpha}, beta3 {beta3}"),
            settings.Base with { Optimizer = settings.Tuned.AdEMAMix(settings.Steps) with { LearningRate = rate, Alpha = alpha, Beta3 = beta3 } });

    static AblationArm Short(AblationSettings settings, double share)
    {
        var (arm, steps) = (Mix(settings, settings.Tuned.LearningRate, settings.ShortWarmups.Alpha, TunedBeta3(settings)), (int)Math.Max(2, share * settings.Steps));
        return new(FormattableString.Invariant($"{arm.Name}, warmups over {share:0%} of the run"), arm.Config with { Optimizer = arm.Config.Optimizer with { AlphaWarmup = steps, Beta3Warmup = steps } });
    }
}
