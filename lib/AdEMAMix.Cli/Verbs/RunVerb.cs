// workbook run: executes notebooks, writes their outputs back, renders them to HTML.

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AdEMAMix.Notebooks;
using AdEMAMix.Workbook;

namespace AdEMAMix.Cli.Verbs;

static class RunVerb
{
    const string MainNotebook = "03-token-efficiency.ipynb";
    const string PresetParameter = "preset";
    static readonly TimeSpan BetweenCaptions = TimeSpan.FromSeconds(10);

    // The terminal itself: while a cell runs, Console is the cell's.
    static readonly TextWriter Notice = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true };

    internal static System.CommandLine.Command Create()
    {
        var notebooks = CommandLine.File<string[]>("NOTEBOOK", $"Notebooks to run, in order; default: notebooks/{MainNotebook}");
        notebooks.Arity = ArgumentArity.ZeroOrMore;
        var preset = new Option<string?>("--preset") { Description = "smoke (minutes, proves nothing), desk (hours) or full (the paper's sizes, shown but not started); short for --param preset=NAME", HelpName = "NAME" };
        var parameters = new Option<string[]>("--param") { Description = "Set a value of the cell tagged 'parameters'; may be given several times", HelpName = "NAME=VALUE" };
        var timeout = new Option<double?>("--timeout") { Description = "Stop a cell that takes longer, and count it as failed", HelpName = "SECONDS" };
        timeout.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is { } seconds && seconds is not (> 0 and < 1e7)) result.AddError("--timeout needs a number of seconds above 0");
        });
        var goOn = new Option<bool>("--continue") { Description = "Run the cells after a failing one too; the exit code is 1 all the same" };
        var noScripts = new Option<bool>("--no-scripts") { Description = "Leave the scripts of #!html and #!javascript cells out of the page" };
        var run = new System.CommandLine.Command("run", "Execute notebooks, write their outputs back, render them to HTML") { notebooks, preset, parameters, timeout, goOn, noScripts };
        run.SetAction((parsed, cancellation) => !RunProcess.IsChild ? RunProcess.StartAsync(cancellation) : RunProcess.ReportAsync(async () =>
        {
            var options = new NotebookRunnerOptions
            {
                Parameters = Parse(parsed.GetValue(parameters) ?? [], parsed.GetValue(preset)),
                CellTimeout = parsed.GetValue(timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                Continue = parsed.GetValue(goOn),
            };
            return await RunAsync(parsed.GetValue(notebooks) ?? [], options, !parsed.GetValue(noScripts), cancellation);
        }));
        return run;
    }

    static async Task<int> RunAsync(string[] files, NotebookRunnerOptions options, bool scripts, CancellationToken cancellation)
    {
        var paths = WorkbookPaths.Find();
        if (files.Length == 0) files = [Path.Combine(paths.Root, "notebooks", MainNotebook)];
        // Everything is read before anything runs: a mistyped name must not cost an hour.
        var documents = files.Select(file => (File: file, Document: NotebookDocument.Load(file))).ToList();
        WorkbookDisplay.Sink = ShowInCell();
        var pages = new NotebookPages(paths, null, scripts);
        var failures = new List<string>();
        foreach (var (file, document) in documents)
        {
            Console.Error.WriteLine($"Running {CommandLine.Short(file)}");
            pages.Pictures.Remember(document);
            var directory = Path.GetDirectoryName(Path.GetFullPath(file))!;
            var result = await new NotebookRunner(document, directory, options with { SaveTo = file, Parameters = ParametersOf(document, options, documents.Count) }).RunAsync(Report, cancellation);
            Console.WriteLine(CommandLine.Short(await pages.WriteAsync(document, file, CancellationToken.None)));
            failures.AddRange(result.Failures.Select(failure => $"{CommandLine.Short(file)}: {failure.Error}"));
            if (result.Succeeded) Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Done in {result.Duration.TotalSeconds:F1} s"));
            else if (!options.Continue || cancellation.IsCancellationRequested) break;
        }
        foreach (var index in pages.WriteIndexes()) Console.WriteLine(CommandLine.Short(index));
        foreach (var failure in failures) Console.Error.WriteLine($"workbook: {failure}");
        return failures.Count == 0 ? 0 : 1;
    }

    // Given for several notebooks, a preset is for those that have presets; given for one, it is a mistake where there are none.
    static IReadOnlyDictionary<string, string> ParametersOf(NotebookDocument document, NotebookRunnerOptions options, int notebooks)
    {
        if (notebooks == 1 || !options.Parameters.ContainsKey(PresetParameter) || ParameterCell.Find(document).Parameters.Any(p => p.Name == PresetParameter)) return options.Parameters;
        Console.Error.WriteLine("  It has no presets and runs as it is.");
        return options.Parameters.Where(p => p.Key != PresetParameter).ToDictionary();
    }

    static Dictionary<string, string> Parse(string[] parameters, string? preset)
    {
        var values = new Dictionary<string, string>();
        if (preset is not null) values[PresetParameter] = preset;
        foreach (var parameter in parameters)
        {
            var equals = parameter.IndexOf('=');
            if (equals <= 0) throw new ConfigException($"--param '{parameter}' is not NAME=VALUE.");
            values[parameter[..equals]] = parameter[(equals + 1)..];
        }
        return values;
    }

    // A terminal sees the captions of live values now and then.
    static Action<string, object, bool> ShowInCell()
    {
        var show = LiveValues.ShowInCell();
        var (said, last) = (Stopwatch.GetTimestamp(), "");
        return (id, value, update) =>
        {
            // Progress says in its first line what a reader of the terminal wants to know.
            if (value is not Figure && Stopwatch.GetElapsedTime(said) >= BetweenCaptions && value.ToString()?.Split('\n')[0] is { Length: > 0 } caption && caption != last)
            {
                (said, last) = (Stopwatch.GetTimestamp(), caption);
                Notice.WriteLine("      " + caption);
            }
            show(id, value, update);
        };
    }

    static void Report(NotebookProgress progress)
    {
        switch (progress)
        {
            case CellStarted started:
                Console.Error.WriteLine($"  [{started.Number}/{started.Count}] {started.Title}");
                break;
            case CellFinished { Duration.TotalSeconds: >= 1 } finished:
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  [{finished.Number}/{finished.Count}] {(finished.Succeeded ? "done" : "failed")} after {finished.Duration.TotalSeconds:F1} s"));
                break;
        }
    }
}
