// What run and render do alike: pictures into the notebook, its page, and the index over all pages.

using AdEMAMix.Notebooks;
using AdEMAMix.Workbook;

namespace AdEMAMix.Cli;

sealed class NotebookPages(WorkbookPaths paths, string? folder, bool scripts)
{
    readonly RenderTools tools = RenderTools.In(Path.Combine(paths.Root, "environment", ".state"));
    readonly HashSet<string> said = [];
    readonly HashSet<(string Notebooks, string Pages)> folders = [];

    /// <summary>Remembers the pictures that a notebook has before it is run.</summary>
    public FigurePictures Pictures { get; } = new();

    /// <summary>Puts pictures into the notebook, saves it if that changed it, and writes its page.</summary>
    /// <returns>The page's path.</returns>
    public async Task<string> WriteAsync(NotebookDocument document, string file, CancellationToken cancellation)
    {
        foreach (var line in document.Notes) Say(line);
        if (await Pictures.UpdateAsync(document, tools, Say, cancellation) > 0) document.Save(file);
        var notebooks = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var pages = Path.GetFullPath(folder ?? Path.Combine(notebooks, "rendered"));
        Directory.CreateDirectory(pages);
        var page = Path.Combine(pages, Path.GetFileNameWithoutExtension(file) + ".html");
        WriteWhole(page, HtmlRenderer.Render(document, new RenderOptions { Tools = tools, Scripts = scripts, Note = Say }));
        folders.Add((notebooks, pages));
        return page;
    }

    /// <summary>Writes the index of every folder that got a page.</summary>
    public IEnumerable<string> WriteIndexes()
    {
        foreach (var pages in folders.GroupBy(f => f.Pages, f => f.Notebooks))
        {
            var index = Path.Combine(pages.Key, "index.html");
            WriteWhole(index, IndexPage.Render(pages.SelectMany(notebooks => Directory.GetFiles(notebooks, "*.ipynb")), pages.Key));
            yield return index;
        }
    }

    /// <summary>A page that somebody has open is the old one or the new one, never half of it.</summary>
    static void WriteWhole(string file, string text)
    {
        var partial = file + ".partial";
        File.WriteAllText(partial, text);
        File.Move(partial, file, overwrite: true);
    }

    // One line for each reason, however many notebooks meet it.
    void Say(string line)
    {
        if (said.Add(line)) Console.Error.WriteLine($"note: {line}");
    }
}
