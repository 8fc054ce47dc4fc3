// workbook data: the texts that experiments read.

using System.CommandLine;
using System.Globalization;
using AdEMAMix.Workbook;
using Spectre.Console;

namespace AdEMAMix.Cli.Verbs;

static class DataVerb
{
    internal static Command Create()
    {
        var list = new Command("list", "Show every source: what it is, its licence, whether it is here");
        list.SetAction(_ => List());

        var names = CommandLine.File<string[]>("SOURCE", "Sources to fetch; all of them without one");
        var fetch = new Command("fetch", "Download, check and extract sources") { names };
        fetch.SetAction((parsed, cancellation) => Task.Run(() => Fetch(parsed.GetValue(names) ?? [], cancellation), cancellation));

        var verify = new Command("verify", "Hash again what is here");
        verify.SetAction(_ => Verify());

        return new Command("data", "List, fetch and verify the texts") { list, fetch, verify };
    }

    static int List()
    {
        var paths = WorkbookPaths.Find();
        var table = new Spectre.Console.Table().Border(TableBorder.Simple);
        table.AddColumns("source", "characters", "licence", "here", "what");
        foreach (var status in new DataFetcher(paths).VerifyAll())
            table.AddRow(
                Markup.Escape(status.Source.Name),
                status.Source.Text.Characters.ToString("N0", CultureInfo.InvariantCulture),
                Markup.Escape(status.Source.License),
                status.State == DataState.Ready ? "yes" : status.State == DataState.Missing ? "no" : "damaged",
                Markup.Escape(status.Source.Description));
        AnsiConsole.Write(table);
        return 0;
    }

    static int Fetch(string[] names, CancellationToken cancellation)
    {
        var paths = WorkbookPaths.Find();
        var sources = DataSources.Load(paths);
        var chosen = names.Length == 0 ? sources.All : [.. names.Select(sources.Find)];
        var fetcher = new DataFetcher(paths) { Report = Console.Error.WriteLine };
        foreach (var source in chosen) Console.WriteLine($"{source.Name}: {fetcher.Fetch(source, cancellation)}");
        return 0;
    }

    static int Verify()
    {
        var damaged = 0;
        foreach (var status in new DataFetcher(WorkbookPaths.Find()).VerifyAll())
        {
            Console.WriteLine($"{status.Source.Name}: {status.Message}");
            if (status.State == DataState.Damaged) damaged++;
        }
        return damaged == 0 ? 0 : 1;
    }
}
