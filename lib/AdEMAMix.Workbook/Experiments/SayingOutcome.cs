namespace AdEMAMix.Workbook;

/// <summary>What an experiment came to on something that is said about AdEMAMix and is no claim of the paper.</summary>
/// <param name="Saying">The saying, as <see cref="StartHere.Sayings(IEnumerable{ClaimOutcome}, IEnumerable{SayingOutcome})"/> lists it.</param>
/// <param name="Saw">What the runs showed, in words with numbers.</param>
public sealed record SayingOutcome(string Saying, string Saw);
