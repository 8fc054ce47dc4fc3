// workbook runs: what the store holds, and the committed records.

using System.CommandLine;
using System.Globalization;
using AdEMAMix.Workbook;
using Spectre.Console;

namespace AdEMAMix.Cli.Verbs;

static class RunsVerb
{
    internal static Command Create()
    {
        var list = new Command("list", "List all runs");
        list.SetAction(_ => List());

        var id = CommandLine.File<string>("RUN", "A run's id or the first characters of it");
        var show = new Command("show", "Show one run: configuration, progress, result") { id };
        show.SetAction(parsed => Show(parsed.GetValue(id)!));

        var left = CommandLine.File<string>("RUN", "A run's id");
        var right = CommandLine.File<string>("OTHER", "Another run's id");
        var diff = new Command("diff", "Show in what two runs differ") { left, right };
        diff.SetAction(parsed => Diff(parsed.GetValue(left)!, parsed.GetValue(right)!));

        var exported = CommandLine.File<string[]>("RUN", "Runs to export; all finished ones without one");
        var folder = new Option<string?>("--to") { Description = "Folder for the records; default data/results", HelpName = "FOLDER" };
        var export = new Command("export", "Write finished runs as text") { exported, folder };
        export.SetAction(parsed => Export(parsed.GetValue(exported) ?? [], parsed.GetValue(folder)));

        var from = new Argument<string?>("FOLDER") { Description = "Folder with records; default data/results", Arity = ArgumentArity.ZeroOrOne };
        var import = new Command("import", "Take records into the store; those it has are left alone") { from };
        import.SetAction(parsed => Import(parsed.GetValue(from)));

        return new Command("runs", "List, show, compare, export and import runs") { list, show, diff, export, import };
    }

    static RunStore Open(out WorkbookPaths paths)
    {
        paths = WorkbookPaths.Find();
        return RunStore.Open(paths.Store);
    }

    static int List()
    {
        using var store = Open(out _);
        var runs = store.List();
        if (runs.Count == 0)
        {
            Console.WriteLine("No runs yet: 'environment/workbook run' trains some, 'environment/workbook runs import' takes the committed ones.");
            return 0;
        }
        var table = new Spectre.Console.Table().Border(TableBorder.Simple);
        table.AddColumns("run", "name", "state", "step", "tokens/s", "validation loss");
        foreach (var run in runs)
            table.AddRow(
                run.Id,
                Markup.Escape(run.Config.Name),
                run.State.ToString().ToLowerInvariant(),
                Number(run.Step) + "/" + Number(run.Config.Training.Steps),
                run.TokensPerSecond.ToString("N0", CultureInfo.InvariantCulture),
                run.Result?.ValidationLoss.ToString("F4", CultureInfo.InvariantCulture) ?? "");
        AnsiConsole.Write(table);
        return 0;
    }

    static int Show(string id)
    {
        using var store = Open(out var paths);
        var run = store.Get(id);
        Console.WriteLine($"{run.Id}  {run.Config.Name}  {run.State.ToString().ToLowerInvariant()}, step {Number(run.Step)} of {Number(run.Config.Training.Steps)}");
        if (run.Message is not null) Console.WriteLine(run.Message);
        if (run.Environment is { } environment) Console.WriteLine($"code {environment.Commit} ({new CodeHistory(paths.Root).Since(environment.Commit)}); {environment}");
        Console.WriteLine(run.Config.ToJson());
        foreach (var point in run.Points.Where(p => p.ValidationLoss is not null))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {point.Step,7}  tokens {point.Tokens,10}  train {point.TrainLoss:F4}  validation {point.ValidationLoss:F4}  {point.TokensPerSecond:F0} tokens/s"));
        return 0;
    }

    static int Diff(string left, string right)
    {
        using var store = Open(out _);
        Console.WriteLine(RunComparison.Of(store.Get(left), store.Get(right)));
        return 0;
    }

    static int Export(string[] ids, string? folder)
    {
        using var store = Open(out var paths);
        var chosen = ids.Length > 0 ? [.. ids.Select(store.Get)] : store.List(withPoints: true).Where(r => r.IsDone).ToList();
        foreach (var run in chosen) Console.WriteLine(ResultFile.Write(run, folder ?? paths.Results));
        return 0;
    }

    static int Import(string? folder)
    {
        using var store = Open(out var paths);
        Console.WriteLine($"{Number(ResultFile.ImportAll(store, folder ?? paths.Results))} runs imported");
        return 0;
    }

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
