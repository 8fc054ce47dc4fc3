// workbook render: notebooks to HTML pages, pictures of their figures into the notebooks. Executes nothing.

using System.CommandLine;
using AdEMAMix.Notebooks;
using AdEMAMix.Workbook;

namespace AdEMAMix.Cli.Verbs;

static class RenderVerb
{
    internal static System.CommandLine.Command Create()
    {
        var notebooks = CommandLine.File<string[]>("NOTEBOOK", "Notebooks to render; default: all in notebooks/");
        notebooks.Arity = ArgumentArity.ZeroOrMore;
        var folder = new Option<string?>("--out") { Description = "The folder for the pages and their index.html; default: rendered/ beside each notebook", HelpName = "DIR" };
        var noScripts = new Option<bool>("--no-scripts") { Description = "Leave out the scripts of the authors' own #!html and #!javascript cells, which otherwise run in the page (without network)" };
        var render = new System.CommandLine.Command("render", "Render notebooks to self-contained HTML and put pictures of their figures into them; executes nothing") { notebooks, folder, noScripts };
        render.SetAction((parsed, cancellation) => RenderAsync(parsed.GetValue(notebooks) ?? [], parsed.GetValue(folder), !parsed.GetValue(noScripts), cancellation));
        return render;
    }

    static async Task<int> RenderAsync(string[] files, string? folder, bool scripts, CancellationToken cancellation)
    {
        var paths = WorkbookPaths.Find();
        if (files.Length == 0) files = [.. Directory.GetFiles(Path.Combine(paths.Root, "notebooks"), "*.ipynb").Order(StringComparer.Ordinal)];
        // All are read before any is written: a damaged one is told before work is done.
        var documents = files.Select(file => (File: file, Document: NotebookDocument.Load(file))).ToList();
        var pages = new NotebookPages(paths, folder, scripts);
        foreach (var (file, document) in documents)
            Console.WriteLine(CommandLine.Short(await pages.WriteAsync(document, file, cancellation)));
        foreach (var index in pages.WriteIndexes()) Console.WriteLine(CommandLine.Short(index));
        return 0;
    }
}
