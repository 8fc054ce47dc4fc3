namespace AdEMAMix.Workbook;

/// <summary>Whether a number is what it says, an end of where it lies, or no more than a stand-in.</summary>
enum Bound { Exact, AtMost, AtLeast, Unknown }

/// <summary>
/// How many tokens an optimizer needs to reach a loss, from runs of several lengths that each had their own whole schedule: straight lines
/// between their final losses over the logarithm of tokens, and the first crossing of the target.
/// </summary>
/// <param name="Tokens">Tokens to the target.</param>
/// <param name="Bound">
/// Exact between two runs; at most, where the shortest run is already at the target (or the run before the crossing diverged); at least,
/// where no run reached it: a miss.
/// </param>
readonly record struct TokensToTarget(double Tokens, Bound Bound)
{
    /// <summary>No run reached the target.</summary>
    public bool IsMiss => Bound == Bound.AtLeast;

    /// <summary>The tokens to a target.</summary>
    /// <param name="runs">Tokens and final loss of at least one run; a diverged run's loss is plus infinity.</param>
    /// <param name="target">The loss to reach.</param>
    public static TokensToTarget Of(IEnumerable<(double Tokens, double Loss)> runs, double target)
    {
        var ascending = runs.OrderBy(r => r.Tokens).ToArray();
        var reached = Array.FindIndex(ascending, r => r.Loss <= target);
        if (reached < 0) return new(ascending[^1].Tokens, Bound.AtLeast);
        var after = ascending[reached];
        if (reached == 0 || !double.IsFinite(ascending[reached - 1].Loss)) return new(after.Tokens, Bound.AtMost);
        var before = ascending[reached - 1];
        var share = (before.Loss - target) / (before.Loss - after.Loss);
        return new(before.Tokens * Math.Pow(after.Tokens / before.Tokens, share), Bound.Exact);
    }

    /// <summary>How the quotient of two such numbers is bounded; its value lies nearer to 1 than the truth may.</summary>
    public static Bound OfQuotient(Bound above, Bound below) => (above, below) switch
    {
        (Bound.Exact, Bound.Exact) => Bound.Exact,
        (Bound.AtLeast or Bound.Exact, Bound.AtMost or Bound.Exact) => Bound.AtLeast,
        (Bound.AtMost or Bound.Exact, Bound.AtLeast or Bound.Exact) => Bound.AtMost,
        // Both missed, or both were there at once.
        _ => Bound.Unknown,
    };
}
