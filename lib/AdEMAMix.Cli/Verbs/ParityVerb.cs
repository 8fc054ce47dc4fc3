// workbook parity: replays reference trajectories on every optimizer implementation.

using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace AdEMAMix.Cli.Verbs;

static class ParityVerb
{
    internal static Command Create()
    {
        var file = CommandLine.File<string>("FILE", "Golden trajectories, such as tests/fixtures/ademamix.json");
        var json = new Option<string?>("--json") { Description = "Also write the rows as JSON", HelpName = "OUT" };
        var parity = new Command("parity", "Replay reference trajectories on every optimizer implementation; exit code 1 where one is off") { file, json };
        parity.SetAction(parsed => Run(parsed.GetValue(file)!, parsed.GetValue(json)));
        return parity;
    }

    static int Run(string file, string? json)
    {
        var rows = Parity.ReplayFile(file);
        if (json is not null) File.WriteAllText(json, ParityRow.ToJson(rows) + "\n");
        var table = new Spectre.Console.Table().Border(TableBorder.Simple);
        table.AddColumns("implementation", "device", "dtype", "mode", "cases", "largest error", "limit");
        foreach (var row in rows)
            table.AddRow(row.Implementation, row.Device, row.Dtype, Markup.Escape(row.Mode), row.Cases.ToString(CultureInfo.InvariantCulture),
                Scientific(row.MaxRelativeError), Scientific(row.Limit));
        AnsiConsole.Write(table);
        var off = rows.Where(row => !(row.MaxRelativeError <= row.Limit)).ToList();
        foreach (var row in off) Console.Error.WriteLine($"workbook: {row.Implementation} ({row.Device}, {row.Dtype}, {row.Mode}) is off by {Scientific(row.MaxRelativeError)}.");
        return off.Count == 0 ? 0 : 1;
    }

    static string Scientific(double value) => value.ToString("0.0e+00", CultureInfo.InvariantCulture);
}
