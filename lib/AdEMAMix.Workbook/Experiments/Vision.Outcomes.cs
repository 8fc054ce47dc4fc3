using System.Globalization;

namespace AdEMAMix.Workbook;

// What the runs came to in words, and the row of the claims table. The claim has three parts: where data is plentiful AdEMAMix ends with
// the lower test loss; its training loss is always the lower; where data is scarce it gains nothing on the test images (it overfits).
public sealed partial class Vision
{
    /// <summary>What these runs came to on the paper's tenth claim.</summary>
    /// <param name="runs">The plan's runs, as far as they are there.</param>
    public IReadOnlyList<ClaimOutcome> Outcomes(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var there = ClaimScale.Of(Plan, runs);
        var (result, verdict) = Decide(there);
        return [new(10, ClaimScale.Of(Plan), $"{ClaimScale.There(Plan, there)}{result}", verdict, "06-vision", there)];
    }

    /// <summary>What the paper says, and what these runs showed, in words computed from their numbers.</summary>
    public Report Verdict(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var compared = Compare(runs);
        List<string> saw = [.. Shares.Select(share => Saw(share, compared.FindAll(c => c.Share == share), runs))];
        saw.AddRange(RunPlan.Diverged(runs));
        if (MissingRuns.Sentence(Plan.Runs, runs) is { } missing) saw.Add(missing);
        saw.AddRange(Preset.Caveat);
        return new Report(
            "# What the paper says\n\nWith ViTs of 24 and 86 million parameters on ImageNet AdEMAMix gains where there is much data for the capacity; its training loss is always the lower one, and where data is scarce that turns into overfitting.",
            $"# What we saw\n\n{string.Join("\n\n", saw)}");
    }

    string Saw(double share, List<Comparison> compared, IReadOnlyList<RunRecord> runs)
    {
        var trained = char.ToUpperInvariant(NameOf(share)[0]) + NameOf(share)[1..];
        if (compared.Count == 0) return $"{trained}: no seed has a finished run of both optimizers, so there is nothing to compare.";
        var n = compared.Min(c => c.Difference.Values.Count);
        if (n < PairedDifference.FewestForAClaim) return string.Create(CultureInfo.InvariantCulture, $"{trained}: {n} paired seed{(n == 1 ? " bears" : "s bear")} no claim.");
        var accuracy = CurvesOf(runs, OptimizerConfig.AdamW, share).Select(c => c.Curve.TestAccuracy[^1]).ToList();
        var baseline = accuracy.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" AdamW reaches {accuracy.Average():0.0%} on the test images.");
        return string.Create(CultureInfo.InvariantCulture, $"{trained}, AdEMAMix less AdamW: {string.Join("; ", compared.Select(Answer))} (n = {n}, Holm-corrected over all questions and shares).{baseline}");

        static string Answer(Comparison c) => string.Create(CultureInfo.InvariantCulture,
            $"{TextOf(c.Question)} {c.Difference.Mean.Center:+0.0000;-0.0000;0.0000} [{c.Difference.Mean.Low:0.0000}, {c.Difference.Mean.High:0.0000}], {(!c.Difference.IsShown ? "inconclusive" : c.FavoursAdEMAMix ? "better" : "worse")}");
    }

    (string Result, ClaimVerdict Verdict) Decide(IReadOnlyList<RunRecord> runs)
    {
        if (runs.Count == 0) return ("", ClaimVerdict.NotTested);
        var compared = Compare(runs);
        if (Find(Shares[0], Question.TestLoss) is not { } plenty) return (": no seed has both optimizers yet", ClaimVerdict.Inconclusive);
        var (scarce, training) = (Find(Shares[^1], Question.TestLoss), compared.FindAll(c => c.Question == Question.TrainingLoss));
        var result = $": test loss, AdEMAMix less AdamW, {NameOf(Shares[0])}: {ClaimScale.Text(plenty.Difference)}{(scarce is null ? "" : $"; {NameOf(Shares[^1])}: {ClaimScale.Text(scarce.Difference)}")}; training loss lower at {training.Count(c => c.Difference.IsShown && c.FavoursAdEMAMix)} of {training.Count} shares";
        if (compared.Min(c => c.Difference.Values.Count) < PairedDifference.FewestForAClaim || scarce is null)
            return (string.Create(CultureInfo.InvariantCulture, $"{result}; fewer than {PairedDifference.FewestForAClaim} paired seeds bear no verdict"), ClaimVerdict.Inconclusive);
        if (!Preset.IsProof) return ($"{result}; {Preset.Label}", ClaimVerdict.Inconclusive);
        // Against the paper: a gain that is not there where data is plentiful, or a training loss that is the higher one.
        if (Against(plenty) || training.Exists(Against)) return (result, ClaimVerdict.NotReproduced);
        // With the paper: all three parts. A gain on little data too contradicts the third.
        if (For(scarce)) return (result, ClaimVerdict.NotReproduced);
        return (result, For(plenty) && training.TrueForAll(For) ? ClaimVerdict.Reproduced : ClaimVerdict.Inconclusive);

        Comparison? Find(double share, Question question) => compared.Find(c => c.Share == share && c.Question == question);
        static bool For(Comparison c) => c.Difference.IsShown && c.FavoursAdEMAMix;
        static bool Against(Comparison c) => c.Difference.IsShown && !c.FavoursAdEMAMix;
    }
}
