using System.Globalization;

namespace AdEMAMix.Workbook;

// The rows of the claims table. Strict: what diverged ended above AdamW, and one contradiction is enough against a claim.
public sealed partial class GradientRelevance
{
    // The paper's 0.999, 0.9999 and 0.99999, as shares of its run; the second is the one it recommends.
    static readonly double[] papersShares = [0.003, 0.027, 0.27];
    const double RecommendedShare = 0.027;

    /// <summary>What these runs came to on the paper's second and third claims.</summary>
    /// <param name="runs">The plan's runs, as far as they are there.</param>
    public IReadOnlyList<ClaimOutcome> Outcomes(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return
        [
            Outcome(2, runs, family => family is Family.AdamW or Family.Beta3, DecideOld),
            Outcome(3, runs, family => family is Family.AdamW or Family.Beta1 or Family.WarmBeta1, DecideOne),
        ];
    }

    ClaimOutcome Outcome(int claim, IReadOnlyList<RunRecord> runs, Func<Family, bool> concerns, Func<List<Comparison>, (string Result, ClaimVerdict Verdict)> decide)
    {
        var settings = Settings().Where(s => concerns(s.Family)).ToList();
        var plan = new RunPlan(Plan.Experiment, settings.SelectMany(s => Seeds.Select(seed => Run(s, seed))));
        var there = ClaimScale.Of(plan, runs);
        // Corrected over all settings of the notebook's table, so that both show the same p.
        var compared = Compare(ClaimScale.Of(Plan, runs)).FindAll(c => c.Setting.Family != Family.AdamW && settings.Contains(c.Setting));
        var (result, verdict) = there.Count == 0 ? ("", ClaimVerdict.NotTested) : decide(compared);
        if (verdict is ClaimVerdict.Reproduced or ClaimVerdict.NotReproduced && !Preset.IsProof) (result, verdict) = ($"{result}; {Preset.Label}", ClaimVerdict.Inconclusive);
        return new(claim, ClaimScale.Of(plan), $"{ClaimScale.There(plan, there)}{result}", verdict, "02-gradient-relevance", there);
    }

    (string Result, ClaimVerdict Verdict) DecideOld(List<Comparison> compared)
    {
        if (Best(compared) is not { } best) return (": no seed has both optimizers yet", ClaimVerdict.Inconclusive);
        var (below, above) = (compared.FindAll(IsBelow), compared.FindAll(IsAbove));
        var result = string.Create(CultureInfo.InvariantCulture,
            $": final loss less AdamW's, best memory ({best.Setting.Share:0.0%} of the run): {ClaimScale.Text(best.Difference!, "0.0000")}; below AdamW at {below.Count} of {compared.Count} memories{Named(below)}, above at {above.Count}{Named(above)}");
        if (TooFew(compared)) return (result + FewSeeds, ClaimVerdict.Inconclusive);
        if (above.Any(c => papersShares.Contains(c.Setting.Share))) return (result, ClaimVerdict.NotReproduced);
        return (result, below.Any(c => c.Setting.Share == RecommendedShare) ? ClaimVerdict.Reproduced : ClaimVerdict.Inconclusive);
    }

    (string Result, ClaimVerdict Verdict) DecideOne(List<Comparison> compared)
    {
        if (Best(compared) is not { } best) return (": no seed has both settings yet", ClaimVerdict.Inconclusive);
        var below = compared.FindAll(IsBelow);
        var diverged = compared.Sum(c => c.Diverged);
        var result = string.Create(CultureInfo.InvariantCulture,
            $": final loss less that of tuned AdamW, best long beta1 ({best.Setting.Share:0.0%} of the run{(best.Setting.Family == Family.WarmBeta1 ? ", warmed up" : "")}): {ClaimScale.Text(best.Difference!, "0.0000")}; below at {below.Count} of {compared.Count} settings, above at {compared.Count(IsAbove)}{(diverged > 0 ? $", {diverged} runs diverged" : "")}");
        if (TooFew(compared)) return (result + FewSeeds, ClaimVerdict.Inconclusive);
        if (below.Count > 0) return (result, ClaimVerdict.NotReproduced);
        // "Never" needs more than no proof of the opposite: not one setting's mean may lie below.
        return (result, compared.TrueForAll(c => c.Difference?.Mean.Center > 0) ? ClaimVerdict.Reproduced : ClaimVerdict.Inconclusive);
    }

    static bool TooFew(List<Comparison> compared) => compared.Exists(c => (c.Difference?.Values.Count ?? 0) < PairedDifference.FewestForAClaim);

    static string FewSeeds => string.Create(CultureInfo.InvariantCulture, $"; settings with fewer than {PairedDifference.FewestForAClaim} paired seeds bear no verdict");

    static Comparison? Best(List<Comparison> compared) => compared.FindAll(c => c.Difference is not null).MinBy(c => c.Difference!.Mean.Center);

    static bool IsBelow(Comparison c) => c is { Diverged: 0, Difference: { } d } && d.IsSignificant && d.Mean.Center < 0;

    static bool IsAbove(Comparison c) => c.Diverged > 0 || c.Difference is { } d && d.IsSignificant && d.Mean.Center > 0;

    static string Named(List<Comparison> members) => members.Count == 0 ? "" : $" ({string.Join(", ", members.Select(c => c.Setting.Share.ToString("0.0%", CultureInfo.InvariantCulture)))})";
}
