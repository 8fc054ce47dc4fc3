using System.Globalization;

namespace AdEMAMix.Workbook;

// How much longer a whole step takes than AdamW's, its figure, and the verdict on the claim.
public sealed partial class Cost
{
    /// <summary>How much longer a whole step takes than AdamW's, by model size. The claim speaks of 1 to 2 %.</summary>
    public Figure StepOverhead(CostRecord? record)
    {
        var overheads = OverheadsOf(record);
        if (record is null || overheads.Count == 0) return NotMeasured("Time of a step against AdamW's", "More time for a step than AdamW, %");
        var largest = overheads.FindLast(o => o.Side.Optimizer == OptimizerConfig.AdEMAMix)!;
        return IntervalChart.Draw(
            $"At {largest.Size.Model} a step of AdEMAMix takes {Number(Math.Abs(largest.Percent.Center))} % {(largest.Percent.Center < 0 ? "less" : "more")} time than one of AdamW{(largest.Logs.IsShown ? "" : ", inconclusive")}",
            $"{Subtitle(record)}; {overheads.Max(o => o.Logs.Values.Count)} repeats, geometric mean and 95 % interval. The paper: 1 to 2 %", new Axis("More time for a step than AdamW, %"), 0,
            [.. overheads.Select(o => new IntervalRow(o.Size.Model + (o.Side.Optimizer == OptimizerConfig.AdEMAMix ? "" : ", b1 = 0"), FigureStyle.ColorOf(o.Side.Optimizer), o.Percent, [.. o.Logs.Values.Select(PercentOf)]) { Single = "one repeat" })]);
    }

    /// <summary>What the paper says, and what was measured, in words computed from the numbers.</summary>
    /// <param name="record">The measured times.</param>
    /// <param name="tokens">The experiment that measured tokens to a target.</param>
    /// <param name="runs">Its runs.</param>
    public Report Verdict(CostRecord? record, TokenEfficiency tokens, IReadOnlyList<RunRecord> runs) => new(
        "# What the paper says\n\nAdEMAMix keeps one more buffer of the size of the model than AdamW does, and none more with beta1 = 0. Its step is a little slower: in the time that it takes, AdamW makes only 1 to 2 % more iterations.",
        $"# What we saw\n\n{string.Join("\n\n", Saw(record, tokens, runs))}");

    /// <summary>The claim's row in the claims table.</summary>
    public ClaimOutcome Outcome(CostRecord? record)
    {
        var compared = AgainstThePaper(record);
        return compared.Count == 0 ? new ClaimOutcome(11, "", $"not measured yet: {Remedy}", ClaimVerdict.NotTested, Notebook, [])
            : new ClaimOutcome(11,
                string.Create(CultureInfo.InvariantCulture, $"whole training steps, {compared.Count} GPTs of {string.Join(", ", compared.Select(c => c.Size.Model.Split(' ')[0]))} parameters, {record!.Threads} thread, {compared.Min(c => c.Logs.Values.Count)} repeats"),
                $"one buffer more; a step takes {string.Join("; ", compared.Select(c => $"{Signed(c.Percent.Center)} % [{Number(c.Percent.Low)}, {Number(c.Percent.High)}] at {c.Size.Model.Split(' ')[0]}"))} more than AdamW's",
                Decide(compared), Notebook, []);
    }

    const string Notebook = "07-cost";

    ClaimVerdict Decide(List<Overhead> compared)
    {
        if (!Preset.IsProof || compared.Exists(c => c.Logs.Values.Count < PairedDifference.FewestForAClaim)) return ClaimVerdict.Inconclusive;
        if (compared.TrueForAll(c => c.AboveThePaper.IsSignificant && c.AboveThePaper.Mean.Center < 0)) return ClaimVerdict.Reproduced;
        // The largest model is the nearest to the paper's.
        return compared[^1].AboveThePaper is { IsSignificant: true, Mean.Center: > 0 } ? ClaimVerdict.NotReproduced : ClaimVerdict.Inconclusive;
    }

    IEnumerable<string> Saw(CostRecord? record, TokenEfficiency tokens, IReadOnlyList<RunRecord> runs)
    {
        if (record is null)
        {
            yield return $"No time was measured yet: {Remedy}. The memory of the modes stands above; it is computed.";
            yield break;
        }
        foreach (var c in AgainstThePaper(record))
        {
            var n = c.Logs.Values.Count;
            var measured = string.Create(CultureInfo.InvariantCulture, $"At {c.Size.Model} AdEMAMix's step took {Signed(c.Percent.Center)} % more time than AdamW's (95 % interval {Signed(c.Percent.Low)} to {Signed(c.Percent.High)}, n = {n}");
            yield return n < PairedDifference.FewestForAClaim ? $"{measured}); so few repeats bear no claim."
                : string.Create(CultureInfo.InvariantCulture, $"{measured}, p = {c.AboveThePaper.HolmP:G2} against the paper's {PapersMostPercent} %, Holm-corrected): {Against(c)}.");
        }
        foreach (var sentence in InSeconds(record, tokens, runs)) yield return sentence;
        yield return "The optimizer's share of a step falls as the batch grows: the models here read about a thousand tokens a step, the paper's 65 thousand and more.";
        if (!Preset.IsProof) yield return $"**So short a measurement proves nothing**: the preset {Preset} only shows that everything works.";

        static string Against(Overhead c) => !c.AboveThePaper.IsSignificant ? "whether that is more or less than the paper says is inconclusive"
            : c.AboveThePaper.Mean.Center < 0 ? "no more than the paper says" : "more than the paper says";
    }

    static List<Overhead> AgainstThePaper(CostRecord? record) => OverheadsOf(record).FindAll(o => o.Side.Optimizer == OptimizerConfig.AdEMAMix);

    // Every side but AdamW's own; corrected for all that stand in the table, against no overhead and against the paper's.
    static List<Overhead> OverheadsOf(CostRecord? record)
    {
        List<Overhead> overheads = [.. from size in record?.Steps ?? [] from side in size.Sides.Skip(1) select new Overhead(size, side)];
        PairedDifference.Correct(overheads.Select(o => o.Logs));
        PairedDifference.Correct(overheads.Where(o => o.Side.Optimizer == OptimizerConfig.AdEMAMix).Select(o => o.AboveThePaper));
        return overheads;
    }

    static Figure NotMeasured(string what, string axis) => IntervalChart.Draw($"{what}: not measured yet", Sentence(Remedy), new Axis(axis), 0, []);

    static double PercentOf(double log) => 100 * (Math.Exp(log) - 1);

    static string Signed(double percent) => percent.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    string Subtitle(CostRecord record) => string.Create(CultureInfo.InvariantCulture, $"Preset {Preset}; {record.Environment.Cpu}, {record.Threads} thread, {record.Measured:yyyy-MM-dd}");

    sealed record Overhead(StepBenchmark Size, StepBenchmarkSide Side)
    {
        public PairedDifference Logs { get; } = new([.. Side.Ratios.Select(ratio => Math.Log(ratio))]);

        public PairedDifference AboveThePaper { get; } = new([.. Side.Ratios.Select(ratio => Math.Log(ratio / (1 + PapersMostPercent / 100)))]);

        public Interval Percent => new(PercentOf(Logs.Mean.Center), PercentOf(Logs.Mean.Low), PercentOf(Logs.Mean.High));
    }
}
