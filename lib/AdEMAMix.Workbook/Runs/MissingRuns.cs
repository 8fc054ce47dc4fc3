namespace AdEMAMix.Workbook;

/// <summary>Names the runs that a figure or a table needs and does not have, so that a gap is never mistaken for a result.</summary>
static class MissingRuns
{
    const int MostNamed = 3;

    /// <summary>A sentence that names the first few by label and id and counts the rest; null where none is missing.</summary>
    /// <param name="needed">Configurations of the runs that are needed.</param>
    /// <param name="runs">The runs that are there; a diverged run is there.</param>
    public static string? Sentence(IEnumerable<RunConfig> needed, IReadOnlyList<RunRecord> runs)
    {
        var there = runs.Where(r => r.IsDone).Select(r => r.Id).ToHashSet();
        var missing = needed.Where(r => !there.Contains(r.RunId)).ToList();
        if (missing.Count == 0) return null;
        var named = string.Join(", ", missing.Take(MostNamed).Select(r => $"{r.Name} ({r.RunId})"));
        var more = missing.Count - MostNamed;
        return missing.Count == 1
            ? $"Missing run: {named}."
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{missing.Count} missing runs: {named}{(more > 0 ? $" and {more} more" : "")}.");
    }

    /// <summary>A figure's subtitle with that sentence after it.</summary>
    public static string Append(string subtitle, IEnumerable<RunConfig> needed, IReadOnlyList<RunRecord> runs) => Sentence(needed, runs) is { } missing ? $"{subtitle}. {missing}" : subtitle;
}
