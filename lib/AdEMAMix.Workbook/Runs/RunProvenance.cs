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

    /// <summary>The provenance of many runs: those that differ in their seeds alone share a line.</summary>
    public static Report BySetting(IEnumerable<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return BySetting(runs, new CodeHistory(WorkbookPaths.Find().Root));
    }

    internal static Report BySetting(IEnumerable<RunRecord> runs, CodeHistory history)
    {
        var records = runs.ToList();
        var table = Table.Of(records.GroupBy(r => (Setting: (r.Config with { InitSeed = 0, DataSeed = 0 }).RunId, r.Environment?.Commit)), "Provenance: runs that differ in their seeds alone share a line",
            ("setting", g => WithoutSeed(g.First().Config.Name)),
            ("seeds", g => string.Join(" ", g.Select(r => r.Config.InitSeed))),
            (new TableColumn("runs") { Width = 26 }, g => string.Join(" ", g.Select(r => r.Id))),
            ("commit", g => g.Key.Commit),
            ("code", g => history.Since(g.Key.Commit)),
            ("last ended", g => g.Max(r => r.Ended)?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
        return new Report([table, .. Older(records, history), Machines(records)]);

        static string WithoutSeed(string name) => name.LastIndexOf(", seed ", StringComparison.Ordinal) is > 0 and var end ? name[..end] : name;
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
        return new Report([table, .. Older(records, history), Machines(records)]);
    }

    static IEnumerable<string> Older(List<RunRecord> records, CodeHistory history)
    {
        var older = records.Count(r => history.IsOlder(r.Environment?.Commit));
        return older == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"{older} of {records.Count} runs {(older == 1 ? "was" : "were")} made by an older version of the code that decides what a run computes; train one of them anew in a fresh store to see whether the change matters.")];
    }

    /// <summary>A list with a line for each machine that the runs were trained on.</summary>
    internal static string Machines(IEnumerable<RunRecord> runs) =>
        string.Join("\n", runs.Select(r => r.Environment).OfType<RunEnvironment>().Select(e => $"- {e}, workbook {e.Workbook}").Distinct());
}
