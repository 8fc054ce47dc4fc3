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
    static readonly TimeSpan BetweenCaptions = TimeSpan.FromSeconds(10);

    // The terminal itself: while a cell runs, Console is the cell's.
    static readonly TextWriter Notice = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true };

    internal static System.CommandLine.Command Create()
    {
        var notebooks = CommandLine.File<string[]>("NOTEBOOK", $"Notebooks to run, in order; default: notebooks/{MainNotebook}");
        var preset = new Option<string?>("--preset") { Description = "smoke (minutes, proves nothing) or desk (hours); short for --param preset=NAME", HelpName = "NAME" };
        var parameters = new Option<string[]>("--param") { Description = "Set a value of the cell tagged 'parameters'; may be given several times", HelpName = "NAME=VALUE" };
        var run = new System.CommandLine.Command("run", "Execute notebooks, write their outputs back, render them to HTML") { notebooks, preset, parameters };
        run.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(notebooks) ?? [], parsed.GetValue(preset), parsed.GetValue(parameters) ?? [], cancellation));
        return run;
    }

    static async Task<int> RunAsync(string[] files, string? preset, string[] parameters, CancellationToken cancellation)
    {
        var paths = WorkbookPaths.Find();
        if (files.Length == 0) files = [Path.Combine(paths.Root, "notebooks", MainNotebook)];
        var values = Parse(parameters, preset);
        // Everything is read before anything runs: a mistyped name must not cost an hour.
        var documents = files.Select(file => (File: file, Document: NotebookDocument.Load(file))).ToList();
        WorkbookDisplay.Sink = ShowInCell();

        foreach (var (file, document) in documents)
        {
            Console.Error.WriteLine($"Running {Short(file)}");
            var options = new NotebookRunnerOptions { Parameters = values, SaveTo = file };
            var directory = Path.GetDirectoryName(Path.GetFullPath(file))!;
            var result = await new NotebookRunner(document, directory, options).RunAsync(Report, cancellation);
            document.Save(file);
            var page = Render(document, file, paths);
            Console.WriteLine(Short(page));
            if (!result.Succeeded)
            {
                Console.Error.WriteLine($"workbook: {Short(file)}: {result.Error}");
                return 1;
            }
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Done in {result.Duration.TotalSeconds:F1} s"));
        }
        return 0;
    }

    static string Render(NotebookDocument document, string file, WorkbookPaths paths)
    {
        var folder = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, "rendered");
        Directory.CreateDirectory(folder);
        var page = Path.Combine(folder, Path.GetFileNameWithoutExtension(file) + ".html");
        var html = HtmlRenderer.Render(document, new RenderOptions { PlotlyScript = Path.Combine(paths.Root, "environment", ".state", "plotly.min.js") });
        File.WriteAllText(page, html);
        return page;
    }

    static Dictionary<string, string> Parse(string[] parameters, string? preset)
    {
        var values = new Dictionary<string, string>();
        if (preset is not null) values["preset"] = preset;
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

    static string Short(string file) => Path.GetRelativePath(Directory.GetCurrentDirectory(), file);
}
