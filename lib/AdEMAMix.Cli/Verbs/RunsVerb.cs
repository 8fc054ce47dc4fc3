// workbook runs: what the store holds, and the committed records.

using System.CommandLine;
using System.Globalization;
using AdEMAMix.Workbook;
using Spectre.Console;

namespace AdEMAMix.Cli.Verbs;

static class RunsVerb
{
    static readonly Option<string?> Store = new("--store") { Description = "The run store; default data/runs.db", HelpName = "FILE", Recursive = true };

    internal static Command Create()
    {
        var list = new Command("list", "List all runs");
        list.SetAction(parsed => List(parsed.GetValue(Store)));

        var id = CommandLine.File<string>("RUN", "A run's id or the first characters of it");
        var show = new Command("show", "Show one run: configuration, progress, result") { id };
        show.SetAction(parsed => Show(parsed.GetValue(Store), parsed.GetValue(id)!));

        var left = CommandLine.File<string>("RUN", "A run's id");
        var right = CommandLine.File<string>("OTHER", "Another run's id");
        var diff = new Command("diff", "Show in what two runs differ") { left, right };
        diff.SetAction(parsed => Diff(parsed.GetValue(Store), parsed.GetValue(left)!, parsed.GetValue(right)!));

        var exported = CommandLine.File<string[]>("RUN", "Runs to export; all finished ones without one");
        var folder = new Option<string?>("--to") { Description = "Folder for the records; default data/results", HelpName = "FOLDER" };
        var export = new Command("export", "Write finished runs as text") { exported, folder };
        export.SetAction(parsed => Export(parsed.GetValue(Store), parsed.GetValue(exported) ?? [], parsed.GetValue(folder)));

        var from = new Argument<string?>("FOLDER") { Description = "Folder with records; default data/results", Arity = ArgumentArity.ZeroOrOne };
        var import = new Command("import", "Take records into the store; those it has are left alone") { from };
        import.SetAction(parsed => Import(parsed.GetValue(Store), parsed.GetValue(from)));

        var experiment = CommandLine.File<string>("EXPERIMENT", $"One of {string.Join(", ", ExperimentPlans.Names)}");
        var preset = CommandLine.File<string>("PRESET", string.Join(", ", Preset.All.Select(p => p.Name)));
        var outFolder = new Option<string>("--out") { Description = "A new or empty folder for the configurations", HelpName = "FOLDER", Required = true };
        var whole = new Option<bool>("--all") { Description = "Also the runs that are done" };
        var plan = new Command("plan", "Write the configurations of a plan's runs that are left, one file for each task of a Slurm array") { experiment, preset, outFolder, whole };
        plan.SetAction(parsed => Plan(parsed.GetValue(Store), parsed.GetValue(experiment)!, parsed.GetValue(preset)!, parsed.GetValue(outFolder)!, parsed.GetValue(whole)));

        return new Command("runs", "List, show, compare, plan, export and import runs") { list, show, diff, plan, export, import, Store };
    }

    static RunStore Open(string? store, out WorkbookPaths paths)
    {
        paths = WorkbookPaths.Find();
        return RunStore.Open(store ?? paths.Store);
    }

    static int List(string? file)
    {
        using var store = Open(file, out _);
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

    static int Show(string? file, string id)
    {
        using var store = Open(file, out var paths);
        var run = store.Get(id);
        Console.WriteLine($"{run.Id}  {run.Config.Name}  {run.State.ToString().ToLowerInvariant()}, step {Number(run.Step)} of {Number(run.Config.Training.Steps)}");
        if (run.Message is not null) Console.WriteLine(run.Message);
        if (run.Environment is { } environment) Console.WriteLine($"code {environment.Commit} ({new CodeHistory(paths.Root).Since(environment.Commit)}); {environment}");
        Console.WriteLine(run.Config.ToJson());
        foreach (var point in run.Points.Where(p => p.ValidationLoss is not null))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {point.Step,7}  tokens {point.Tokens,10}  train {point.TrainLoss:F4}  validation {point.ValidationLoss:F4}  {point.TokensPerSecond:F0} tokens/s"));
        return 0;
    }

    static int Diff(string? file, string left, string right)
    {
        using var store = Open(file, out _);
        Console.WriteLine(RunComparison.Of(store.Get(left), store.Get(right)));
        return 0;
    }

    static int Export(string? file, string[] ids, string? folder)
    {
        using var store = Open(file, out var paths);
        var chosen = ids.Length > 0 ? [.. ids.Select(store.Get)] : store.List(withPoints: true).Where(r => r.IsDone).ToList();
        foreach (var run in chosen) Console.WriteLine(ResultFile.Write(run, folder ?? paths.Results));
        return 0;
    }

    static int Import(string? file, string? folder)
    {
        using var store = Open(file, out var paths);
        Console.WriteLine($"{Number(ResultFile.ImportAll(store, folder ?? paths.Results))} runs imported");
        return 0;
    }

    static int Plan(string? file, string experiment, string preset, string folder, bool all)
    {
        using var store = Open(file, out var paths);
        ResultFile.ImportAll(store, paths.Results);
        var plan = ExperimentPlans.Of(experiment, preset);
        var files = plan.WriteConfigs(folder, all ? [] : store.List());
        if (files.Count == 0)
        {
            Console.WriteLine($"All {Number(plan.Runs.Count)} runs of {plan.Experiment} are done: nothing was written.");
            return 0;
        }
        Console.WriteLine($"{Number(files.Count)} of {Number(plan.Runs.Count)} runs are left; their configurations are in {folder}. On a cluster:");
        Console.WriteLine($"sbatch --array=0-{Number(files.Count - 1)} environment/cluster/sweep.sbatch {folder}");
        Console.WriteLine($"environment/workbook runs import {folder}/results");
        return 0;
    }

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
