using System.Globalization;

namespace AdEMAMix.Workbook;

// What one reads in summaries, next to what the paper says of it; claims are those of PaperClaims.
public static partial class StartHere
{
    static readonly Saying[] sayings =
    [
        new("converges faster", "To the loss that AdamW ends with it needs about half the steps (claim 1). A large alpha is faster early and worse late (claim 8).", 1),
        new("finds lower minima", "Loss, yes: at one budget it ends below AdamW for every memory tried (claim 2). Whether the minima are others is not measured.", 2),
        new("needs fewer tokens", "At 1.3B parameters AdamW needs 95 % more tokens (claim 1).", 1),
        new("forgets more slowly", "What one step on a batch gains on it is kept longer, most visibly late in training (claim 4).", 4),
        new("generalises better", "Not in general: vision models gain where there is much data for their size (claim 10).", 10),
        new("overfits less", "The opposite where data is scarce: the training loss is always lower, and vision models overfit (claim 10).", 10),
        new("is robust to noise", "Not measured as such.", null),
        new("is stable", "Only with both warmups: without them runs diverge or never recover (claim 5); with beta1 = 0 there are spikes at large batches (claim 7).", null) { CountsDiverged = true },
        new("is good at few iterations", "With a shorter memory: 0.999 is better at 32 to 64 thousand steps, 0.9999 at 128 to 256 thousand (claim 9).", 9),
    ];

    sealed record Saying(string Text, string Paper, int? Claim)
    {
        public bool CountsDiverged { get; init; }

        public string Saw(IReadOnlyDictionary<int, ClaimOutcome> outcomes, IEnumerable<string> more)
        {
            var saw = (string[])[.. Own(outcomes) is { } own ? [own] : (string[])[], .. more];
            return saw.Length == 0 ? "not tested yet" : string.Join(". ", saw);
        }

        // Null where nothing was tested.
        string? Own(IReadOnlyDictionary<int, ClaimOutcome> outcomes)
        {
            if (CountsDiverged) return Diverged([.. outcomes.Values.SelectMany(o => o.Runs).DistinctBy(r => r.Id)], outcomes);
            if (Claim is not { } number || !outcomes.TryGetValue(number, out var outcome) || outcome.Verdict == ClaimVerdict.NotTested) return null;
            return string.Create(CultureInfo.InvariantCulture, $"claim {number} {Name(outcome.Verdict)[2..]}, {outcome.Result}");
        }

        static string? Diverged(IReadOnlyList<RunRecord> runs, IReadOnlyDictionary<int, ClaimOutcome> outcomes) => runs.Count == 0 ? null : "diverged: " + string.Join(", ",
            runs.GroupBy(r => r.Config.Optimizer.Kind).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Count(r => r.State == RunState.Diverged)} of {g.Count()} runs of {g.Key}"))) + string.Concat(((int[])[5, 7]).Select(number => $"; claim {number} {(outcomes.TryGetValue(number, out var outcome) ? Name(outcome.Verdict)[2..] : "not tested yet")}"));
    }
}
