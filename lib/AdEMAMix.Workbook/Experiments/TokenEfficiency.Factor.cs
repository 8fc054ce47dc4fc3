using System.Globalization;

namespace AdEMAMix.Workbook;

// How many times AdEMAMix's tokens AdamW needs to reach the target, and what that says about the claim.
public sealed partial class TokenEfficiency
{
    const int FewestForTheHeadline = 5;

    // 197 by 101 billion tokens, at 1.3 billion parameters.
    const double PapersFactor = 1.95;

    /// <summary>AdamW's tokens to the target by AdEMAMix's, for each model size: above 1 AdEMAMix needs fewer.</summary>
    public Figure FactorBySize(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var factors = FactorsOf(runs);
        var main = factors.Find(f => f.Size == settings.Main);
        var rows = factors.Select(f => new IntervalRow(f.Size.Name, FigureStyle.ColorOf(OptimizerConfig.AdEMAMix), f.Mean, [.. f.Logs.Values.Select(Math.Exp)])).ToList();
        var title = main is null ? "Tokens to the target, AdamW by AdEMAMix" : $"To reach the target AdamW needs {Times(main)} AdEMAMix's tokens at {main.Size.Name}{(main.Logs.IsShown ? "" : ", inconclusive")}";
        var seeds = string.Join("; ", settings.Sizes.Select(size => $"{size.Name}: seeds {string.Join(", ", size.Seeds)}"));
        return IntervalChart.Draw(title, MissingRuns.Append($"{seeds}; {Preset.Label}; geometric mean and 95 % interval", Plan.Runs, runs), new Axis("AdamW's tokens to the target by AdEMAMix's (above 1: AdEMAMix needs fewer)"), 1, rows);
    }

    /// <summary>Tokens, steps and seconds to the target by size and optimizer: geometric means over seeds, and how many missed it.</summary>
    public Table CostOfTarget(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var rows = from size in settings.Sizes
                   where size.TargetLoss is not null
                   let speed = Speed(runs, size)
                   from kind in TunedOptimizers.Kinds
                   let reached = size.Seeds.Select(seed => Reach(runs, size, kind, seed)).OfType<TokensToTarget>().ToList()
                   where reached.Count > 0
                   let tokens = Geometric([.. reached.Select(r => Math.Log(r.Tokens))])
                   let perStep = TokensOf(size, 1)
                   select (IReadOnlyList<object?>)[size.Name, size.TargetLoss, kind, reached.Count, Scaled(tokens, 1e-6), Scaled(tokens, 1 / perStep), Scaled(tokens, 1 / speed), reached.Count(r => r.IsMiss), reached.Count(r => r.Bound == Bound.AtMost)];
        return new Table(
            ["model", TableColumn.Nats("target"), "optimizer", "n", new TableColumn("tokens (M)") { Format = "0.00" }, new TableColumn("steps") { Format = "N0" }, new TableColumn("seconds") { Format = "N0" }, "missed", "there at once"],
            rows, "To the target: geometric mean [95 % interval] over seeds; seconds at one speed for both optimizers, the median of the size's runs, one thread, on the machine of the records");

        static Interval Scaled(Interval interval, double by) => new(interval.Center * by, interval.Low * by, interval.High * by);
    }

    /// <summary>The factor of each size with its interval, p-value (Holm-corrected over the sizes) and the smallest factor that so many seeds could have shown.</summary>
    public Table Factors(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Table.Of(FactorsOf(runs), "AdamW's tokens to the target by AdEMAMix's: geometric mean [95 % interval] over paired seeds",
            ("model", f => f.Size.Name),
            ("n", f => f.Logs.Values.Count),
            (new TableColumn("factor") { Format = "0.00" }, f => f.Mean),
            (new TableColumn("p") { Format = "0.0000" }, f => f.Logs.HasP ? f.Logs.PValue : null),
            (new TableColumn("p (Holm)") { Format = "0.0000" }, f => f.Logs.HasP ? f.Logs.HolmP : null),
            (new TableColumn("detectable") { Format = "0.00" }, f => f.Logs.HasP ? Math.Exp(f.Logs.SmallestDetectable) : null),
            ("at least", f => f.Bounds.Count(b => b == Bound.AtLeast)),
            ("at most", f => f.Bounds.Count(b => b == Bound.AtMost)),
            ("unknown", f => f.Bounds.Count(b => b == Bound.Unknown)));
    }

    /// <summary>What the paper says, and what these runs showed, in words computed from their numbers.</summary>
    public Report Verdict(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return new Report(
            "# What the paper says\n\nAt 1.3 billion parameters, AdEMAMix after 101 billion tokens equals AdamW after 197 billion, a factor of 1.95; at 110 million, AdEMAMix after 256 thousand steps equals AdamW after 500 thousand.",
            $"# What we saw\n\n{string.Join("\n\n", Saw(runs))}");
    }

    /// <summary>The first claim's row in the claims table.</summary>
    public ClaimOutcome Outcome(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var plan = new RunPlan(Plan.Experiment, Configs(settings.Main));
        var there = ClaimScale.Of(plan, runs);
        var factor = FactorsOf(runs).Find(f => f.Size == settings.Main);
        var result = $"{ClaimScale.There(plan, there)}{(factor is null ? "" : $": to the target AdamW needs {Times(factor)} AdEMAMix's tokens ({Statistics(factor)}){AgainstThePaper(factor)}")}";
        var verdict = there.Count == 0 ? ClaimVerdict.NotTested
            : factor is null || !Preset.IsProof || factor.Logs.Values.Count < FewestForTheHeadline || !factor.Logs.IsSignificant ? ClaimVerdict.Inconclusive
            : factor.Mean.Center > 1 ? ClaimVerdict.Reproduced : ClaimVerdict.NotReproduced;
        return new ClaimOutcome(1, ClaimScale.Of(plan), result, verdict, "03-token-efficiency", there);
    }

    IEnumerable<string> Saw(IReadOnlyList<RunRecord> runs)
    {
        var factors = FactorsOf(runs);
        if (factors.Count == 0) yield return "No seed has all its runs of both optimizers, or no target is fixed, so there is nothing to compare.";
        foreach (var factor in factors)
        {
            var n = factor.Logs.Values.Count;
            yield return n < PairedDifference.FewestForAClaim
                ? $"At {factor.Size.Name} AdamW needed {Times(factor)} AdEMAMix's tokens to reach the target; {n} paired seed{(n == 1 ? " bears" : "s bear")} no claim (three do)."
                : factor.Logs.IsSignificant
                    ? $"At {factor.Size.Name} AdamW needed {Times(factor)} AdEMAMix's tokens to reach the target ({Statistics(factor)}){AgainstThePaper(factor)}."
                    : $"At {factor.Size.Name} it is inconclusive who needs fewer tokens: AdamW needed {Times(factor)} AdEMAMix's ({Statistics(factor)}; smaller than {Number(Math.Exp(factor.Logs.SmallestDetectable))} or larger than its inverse could not have been told from 1).";
            var bounded = factor.Bounds.Count(b => b != Bound.Exact);
            if (bounded > 0) yield return $"For {bounded} of these {n} seeds the target lay outside the budgets of one optimizer; the end of the budgets stands for it, which draws the factor towards 1.";
        }
        foreach (var size in settings.Sizes.Where(s => s.TargetLoss is not null && factors.TrueForAll(f => f.Size != s)))
            yield return $"At {size.Name} no seed has all its runs yet.";
        foreach (var sentence in RunPlan.Diverged(runs)) yield return sentence;
        if (MissingRuns.Sentence(Plan.Runs, runs) is { } missing) yield return missing;
        foreach (var caveat in Preset.Caveat) yield return caveat;
    }

    string FactorTitle(IReadOnlyList<RunRecord> runs, TokenEfficiencySize size) => FactorsOf(runs).Find(f => f.Size == size) is not { } factor
        ? "Final loss against the token budget"
        : $"AdamW needs {Times(factor)} AdEMAMix's tokens to reach {size.TargetLoss!.Value.ToString("0.000", CultureInfo.InvariantCulture)} nats{(factor.Logs.IsShown ? "" : ", inconclusive")}";

    // Only seeds that have every run of both optimizers: a gap must not pass for a miss.
    List<Factor> FactorsOf(IReadOnlyList<RunRecord> runs)
    {
        var factors = new List<Factor>();
        foreach (var size in settings.Sizes.Where(s => s.TargetLoss is not null))
        {
            var pairs = size.Seeds.Select(seed => (AdamW: Reach(runs, size, OptimizerConfig.AdamW, seed), Mix: Reach(runs, size, OptimizerConfig.AdEMAMix, seed)))
                .Where(p => p.AdamW is not null && p.Mix is not null).Select(p => (AdamW: p.AdamW!.Value, Mix: p.Mix!.Value)).ToList();
            if (pairs.Count == 0) continue;
            factors.Add(new Factor(size, new PairedDifference([.. pairs.Select(p => Math.Log(p.AdamW.Tokens / p.Mix.Tokens))]), [.. pairs.Select(p => TokensToTarget.OfQuotient(p.AdamW.Bound, p.Mix.Bound))]));
        }
        PairedDifference.Correct(factors.Select(f => f.Logs));
        return factors;
    }

    static TokensToTarget? Reach(IReadOnlyList<RunRecord> runs, TokenEfficiencySize size, string kind, int seed)
    {
        if (size.TargetLoss is not { } target) return null;
        var done = size.Budgets.Select(steps => (Steps: steps, Run: Find(runs, size.Run(kind, steps, seed)))).ToList();
        return done.TrueForAll(d => d.Run?.IsDone == true) ? TokensToTarget.Of(done.Select(d => (TokensOf(size, d.Steps), d.Run!.FinalLoss)), target) : null;
    }

    // Tokens per second. Runs share their machine, and its speed varies more than the optimizers' steps differ, so both get the same.
    double Speed(IReadOnlyList<RunRecord> runs, TokenEfficiencySize size)
    {
        var ids = Configs(size).Select(c => c.RunId).ToHashSet();
        var speeds = runs.Where(r => ids.Contains(r.Id) && r.Result is not null).Select(r => r.Result!.TokensPerSecond).Order().ToArray();
        return speeds.Length == 0 ? double.NaN : speeds[speeds.Length / 2];
    }

    static Interval Geometric(IReadOnlyList<double> logs)
    {
        var mean = Interval.OfMean(logs);
        return new Interval(Math.Exp(mean.Center), Math.Exp(mean.Low), Math.Exp(mean.High));
    }

    static string Times(Factor factor) => $"{Number(factor.Mean.Center)} times";

    static string Statistics(Factor factor) => factor.Logs.HasP
        ? string.Create(CultureInfo.InvariantCulture, $"95 % interval {factor.Mean.Low:0.00} to {factor.Mean.High:0.00}, n = {factor.Logs.Values.Count}, p = {factor.Logs.HolmP:G2}")
        : "n = 1";

    // A gain that is there but smaller is not the paper's number.
    static string AgainstThePaper(Factor factor) => factor.Logs.IsShown && factor.Mean is { Low: > 1, High: < PapersFactor } ? $": fewer, but not by the paper's {Number(PapersFactor)}" : "";

    static string Number(double factor) => factor.ToString("0.00", CultureInfo.InvariantCulture);

    sealed record Factor(TokenEfficiencySize Size, PairedDifference Logs, IReadOnlyList<Bound> Bounds)
    {
        public Interval Mean { get; } = Geometric(Logs.Values);
    }
}
