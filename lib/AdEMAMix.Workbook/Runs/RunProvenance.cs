using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>The footer of every experiment: which runs, which seeds, which code and whether it is still this one, which machine, when. It names no host and no user.</summary>
public static class RunProvenance
{
    /// <summary>The provenance of some runs.</summary>
    public static Report Of(IEnumerable<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Of(runs, new CodeHistory(WorkbookPaths.Find().Root));
    }

    internal static Report Of(IEnumerable<RunRecord> runs, CodeHistory history)
    {
        var records = runs.ToList();
        var table = Table.Of(records, "Provenance",
            ("run", r => r.Id),
            ("name", r => r.Config.Name),
            ("init seed", r => r.Config.InitSeed),
            ("data seed", r => r.Config.DataSeed),
            ("commit", r => r.Environment?.Commit),
            ("code", r => history.Since(r.Environment?.Commit)),
            ("ended", r => r.Ended?.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)));
        var older = records.Count(r => history.IsOlder(r.Environment?.Commit));
        var sentence = string.Create(CultureInfo.InvariantCulture, $"{older} of {records.Count} runs {(older == 1 ? "was" : "were")} made by an older version of the code that decides what a run computes; train one of them anew in a fresh store to see whether the change matters.");
        return new Report([table, .. older > 0 ? [sentence] : Array.Empty<object>(), Machines(records)]);
    }

    /// <summary>A list with a line for each machine that the runs were trained on.</summary>
    internal static string Machines(IEnumerable<RunRecord> runs) =>
        string.Join("\n", runs.Select(r => r.Environment).OfType<RunEnvironment>().Select(e => $"- {e}, workbook {e.Workbook}").Distinct());
}
