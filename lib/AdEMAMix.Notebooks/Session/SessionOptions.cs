// What a host may set for a session.
namespace AdEMAMix.Notebooks;

/// <summary>Settings of a session.</summary>
public sealed record SessionOptions
{
    /// <summary>How many characters of stdout, and as many of stderr, a cell may write; a last line says how many more there were.</summary>
    public int StreamLimit { get; init; } = 1_000_000;

    /// <summary>Whether checks are woven into cells; without them only what waits for its token can be stopped. For comparisons.</summary>
    internal bool HasChecks { get; init; } = true;
}
