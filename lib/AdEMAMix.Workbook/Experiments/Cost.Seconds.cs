using System.Globalization;

namespace AdEMAMix.Workbook;

// Seconds to a loss: tokens to it, from the committed runs of the token-efficiency notebook, times each optimizer's own time for a token, from the benchmark.
public sealed partial class Cost
{
    /// <summary>AdamW's seconds to the target by AdEMAMix's, by model size: above 1 AdEMAMix is there first.</summary>
    /// <param name="record">The measured times.</param>
    /// <param name="tokens">The experiment that measured tokens to a target.</param>
    /// <param name="runs">Its runs.</param>
    public Figure SecondsToTarget(CostRecord? record, TokenEfficiency tokens, IReadOnlyList<RunRecord> runs)
    {
        var factors = SecondsOf(record, tokens, runs);
        const string Axis = "AdamW's seconds to the target by AdEMAMix's (above 1: AdEMAMix is there first)";
        if (record is null || factors.Count == 0) return NotMeasured("Seconds to the target", Axis);
        var main = factors.Find(f => f.Model == tokens.MainSize) ?? factors[0];
        return IntervalChart.Draw($"At {main.Model} AdamW takes {Number(main.Factor.Center)} times AdEMAMix's seconds to the target{(main.IsShown ? "" : ", inconclusive")}",
            $"{Subtitle(record)}; tokens from {factors.Sum(f => f.Tokens.Values.Count)} pairs of runs with a seed in common; geometric mean and 95 % interval (Welch)", new Axis(Axis), 1,
            [.. factors.Select(f => new IntervalRow(f.Model, FigureStyle.ColorOf(OptimizerConfig.AdEMAMix), f.Factor, [.. f.Tokens.Values.Select(log => Math.Exp(log - f.Times.Mean.Center))]))]);
    }

    /// <summary>The same in numbers: seconds of both, the factor in tokens, and what the price of a step leaves of it.</summary>
    /// <inheritdoc cref="SecondsToTarget" path="/param"/>
    public Table Seconds(CostRecord? record, TokenEfficiency tokens, IReadOnlyList<RunRecord> runs) => Table.Of(SecondsOf(record, tokens, runs),
        Caption("To the target, AdamW by AdEMAMix: geometric means [95 % interval]; seconds of training steps alone on the machine of the record", record),
        ("model", f => f.Model),
        ("seeds", f => f.Tokens.Values.Count),
        ("repeats", f => f.Times.Values.Count),
        (new TableColumn("seconds, AdamW") { Format = "0.0" }, f => f.AdamWSeconds),
        (new TableColumn("seconds, AdEMAMix") { Format = "0.0" }, f => f.MixSeconds),
        (new TableColumn("factor in tokens") { Format = "0.00" }, f => f.InTokens),
        (new TableColumn("factor in seconds") { Format = "0.00" }, f => f.Factor),
        (new TableColumn("p (Holm)") { Format = "0.0000" }, f => double.IsNaN(f.HolmP) ? null : f.HolmP),
        ("target outside the budgets", f => f.Bounded));

    static IEnumerable<string> InSeconds(CostRecord record, TokenEfficiency tokens, IReadOnlyList<RunRecord> runs)
    {
        foreach (var f in SecondsOf(record, tokens, runs))
            yield return f.Tokens.Values.Count < PairedDifference.FewestForAClaim || double.IsNaN(f.HolmP)
                ? $"At {f.Model} too few seeds have all their runs for a claim about seconds."
                : string.Create(CultureInfo.InvariantCulture, $"In seconds to the target at {f.Model}, AdamW took {f.Factor.Center:0.00} times AdEMAMix's (95 % interval {f.Factor.Low:0.00} to {f.Factor.High:0.00}, {f.Tokens.Values.Count} seeds, p = {f.HolmP:G2}){(f.IsShown ? "" : ", which is inconclusive")}; in tokens it was {f.InTokens.Center:0.00}.");
    }

    static List<SecondsFactor> SecondsOf(CostRecord? record, TokenEfficiency tokens, IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(runs);
        var factors = new List<SecondsFactor>();
        foreach (var reached in tokens.Reached(runs).GroupBy(r => r.Size))
            if (record?.Steps.FirstOrDefault(s => s.Model == reached.Key.Name) is { } measured) factors.Add(new SecondsFactor(measured, [.. reached.Select(r => (r.AdamW, r.AdEMAMix))]));
        var tested = factors.FindAll(f => !double.IsNaN(f.P));
        foreach (var (factor, p) in tested.Zip(PairedDifference.Holm([.. tested.Select(f => f.P)]))) factor.HolmP = p;
        return factors;
    }
}
