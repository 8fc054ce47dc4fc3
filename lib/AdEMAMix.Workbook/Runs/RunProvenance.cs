using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>The footer of every experiment: which runs, which seeds, which code, which machine, when. It names no host and no user.</summary>
public static class RunProvenance
{
    /// <summary>The provenance of some runs.</summary>
    public static Report Of(IEnumerable<RunRecord> runs)
    {
        var records = runs.ToList();
        var table = Table.Of(records, "Provenance",
            ("run", r => r.Id),
            ("name", r => r.Config.Name),
            ("init seed", r => r.Config.InitSeed),
            ("data seed", r => r.Config.DataSeed),
            ("commit", r => r.Environment?.Commit),
            ("ended", r => r.Ended?.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)));
        var machines = records.Select(r => r.Environment).OfType<RunEnvironment>().Select(e => $"- {e}, workbook {e.Workbook}").Distinct();
        return new Report(table, string.Join("\n", machines));
    }
}
