namespace AdEMAMix.Workbook;

/// <summary>What an experiment came to on one claim of the paper.</summary>
public enum ClaimVerdict
{
    /// <summary>The runs show what the paper says, with enough seeds and after correction for several comparisons.</summary>
    Reproduced,

    /// <summary>The runs show the opposite of what the paper says, or that it is not so here.</summary>
    NotReproduced,

    /// <summary>The runs decide neither way: too few seeds, or an interval that holds both answers.</summary>
    Inconclusive,

    /// <summary>Nothing that this workbook can run at its sizes would decide it.</summary>
    NotTestable,

    /// <summary>No run has been made yet.</summary>
    NotTested,
}

/// <summary>One row of the claims table: what was run for a claim, and what came of it.</summary>
/// <param name="Claim">The claim's number in <see cref="PaperClaims"/>.</param>
/// <param name="Scale">Model, text, length and seeds of our runs, in one line.</param>
/// <param name="Result">The number that decides, with its interval, n and p; or what is missing.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Notebook">The notebook that shows it, for example "03-token-efficiency".</param>
/// <param name="Runs">The runs that the result was computed from.</param>
public sealed record ClaimOutcome(int Claim, string Scale, string Result, ClaimVerdict Verdict, string Notebook, IReadOnlyList<RunRecord> Runs);
