using System.Globalization;

namespace AdEMAMix.Workbook;

// The row of the claims table. Strict: the paper says "slower, most visibly late", so the latest injection under the paper's own
// schedule decides, and any time at which AdamW keeps more contradicts.
public sealed partial class Forgetting
{
    const int FewestSeeds = 5;

    /// <summary>What these runs came to on the paper's fourth claim.</summary>
    /// <param name="runs">The plan's runs, as far as they are there.</param>
    public IReadOnlyList<ClaimOutcome> Outcomes(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var there = ClaimScale.Of(Plan, runs);
        var (result, verdict) = Decide(there);
        return [new(4, ClaimScale.Of(Plan), $"{ClaimScale.There(Plan, there)}{result}", verdict, "04-forgetting", there)];
    }

    (string Result, ClaimVerdict Verdict) Decide(IReadOnlyList<RunRecord> runs)
    {
        if (runs.Count == 0) return ("", ClaimVerdict.NotTested);
        var compared = Compare(runs).FindAll(c => c.Schedule == ForgettingSchedule.Cosine);
        if (compared.Find(c => c.Injection == InjectionSteps[^1])?.Difference is not { } last) return (": no seed has both optimizers yet", ClaimVerdict.Inconclusive);
        var (more, less) = (compared.FindAll(c => c.Difference.IsSignificant && c.Difference.Mean.Center > 0), compared.FindAll(c => c.Difference.IsSignificant && c.Difference.Mean.Center < 0));
        var result = string.Create(CultureInfo.InvariantCulture,
            $": share of the gain kept, AdEMAMix less AdamW, latest injection: {ClaimScale.Text(last)}; cosine schedule: more at {more.Count} of {compared.Count} times, less at {less.Count}");
        var fewest = compared.Min(c => c.Difference.Values.Count);
        if (fewest < FewestSeeds) return (string.Create(CultureInfo.InvariantCulture, $"{result}; fewer than {FewestSeeds} paired seeds bear no verdict"), ClaimVerdict.Inconclusive);
        if (!Preset.IsProof) return ($"{result}; {Preset.Label}", ClaimVerdict.Inconclusive);
        if (less.Count > 0) return (result, ClaimVerdict.NotReproduced);
        return (result, last.IsSignificant && last.Mean.Center > 0 ? ClaimVerdict.Reproduced : ClaimVerdict.Inconclusive);
    }
}
