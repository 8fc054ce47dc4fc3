// Running a cell: its sections, their parts and directives, one compilation after the other.
using System.Reflection;
using Microsoft.DotNet.Interactive;

namespace AdEMAMix.Notebooks;

public sealed partial class CSharpSession
{
    /// <summary>Where a text comes from: the folder that its paths are relative to, and the files that are being imported around it.</summary>
    sealed record Importing(string Directory, IReadOnlyList<string> Files);

    /// <summary>How a text ended: the value of its last part, and whether it asked for its time.</summary>
    readonly record struct TextEnd(bool HasValue, object? Value, bool IsTimed)
    {
        /// <summary>Whether the value is to be shown; what <c>display</c> gives back is on the page already.</summary>
        public bool IsShown => HasValue && Value is not DisplayedValue;
    }

    /// <summary>Runs the sections of a text. The value of a section that another follows is shown at its place.</summary>
    async Task<TextEnd> RunTextAsync(string code, string language, string name, Importing from, CellContext context)
    {
        _sources[name] = new CellSource(code);
        TextEnd last = default;
        foreach (var section in CellSections.Split(code, language))
        {
            if (last.IsShown && from.Files.Count == 0) DisplayedValue.Show(context, last.Value, []);
            last = last with { HasValue = false };
            if (section.Language == CellLanguages.CSharp)
                last = await RunSectionAsync(section, name, from, context).ConfigureAwait(false) is var end ? end with { IsTimed = last.IsTimed || end.IsTimed } : last;
            else if (ClientLanguages.Show(section.Language, section.Text) is { } shown)
                context.Emit(new DisplayOutput(shown, context.NextDisplayId()));
            else
                throw new NotebookException($"line {section.Line} is written in '{CellLanguages.Foreign(section.Language) ?? section.Language}', which the workbook's engine does not run: write it in C#, or open the notebook in Polyglot Notebooks.");
        }
        return last;
    }

    /// <summary>Runs the parts of a section of C# and gives the value of the last.</summary>
    async Task<TextEnd> RunSectionAsync(CellSection section, string name, Importing from, CellContext context)
    {
        TextEnd last = default;
        foreach (var part in CellDirectives.Split(section.Padded))
        {
            if (last.IsShown && from.Files.Count == 0) DisplayedValue.Show(context, last.Value, []);
            var timed = last.IsTimed || part.Directives.Any(directive => directive is TimeDirective);
            await FollowAsync(part.Directives, from, context).ConfigureAwait(false);
            var (hasValue, value) = string.IsNullOrWhiteSpace(part.Code) ? (false, null) : await RunPartAsync(part.Code, name, context).ConfigureAwait(false);
            last = new TextEnd(hasValue, value, timed);
        }
        return last;
    }

    async Task FollowAsync(IReadOnlyList<CellDirective> directives, Importing from, CellContext context)
    {
        if (directives.OfType<UnsupportedDirective>().FirstOrDefault() is { } unsupported)
            throw new NotebookException($"line {unsupported.Line} uses the directive {unsupported.Text}, {unsupported.Reason}.");
        foreach (var directive in directives)
        {
            switch (directive)
            {
                case ReferenceDirective reference:
                    AddReference(reference, from.Directory);
                    break;
                case SourceDirective source:
                    _packages.AddSource(source.Source);
                    break;
                case ImportDirective import:
                    await ImportAsync(import, from, context).ConfigureAwait(false);
                    break;
                case ListDirective list:
                    List(list.What, context);
                    break;
            }
        }
        PackageDirective[] packages = [.. directives.OfType<PackageDirective>()];
        if (packages.Length > 0) await AddPackagesAsync(packages, context).ConfigureAwait(false);
    }

    void List(string what, CellContext context)
    {
        if (what == "lsmagic")
        {
            DisplayedValue.Show(context, string.Join('\n', CellDirectives.Supported.Select(directive => $"{directive.Name,-28}{directive.Meaning}")), []);
            return;
        }
        var variables = SessionVariables.Of(_submissions);
        DisplayedValue.Show(context, what == "whos" && variables.Count > 0 ? variables : string.Join('\n', variables.Select(variable => variable.Name).DefaultIfEmpty("(no variables)")), []);
    }

    async Task AddPackagesAsync(IReadOnlyList<PackageDirective> directives, CellContext context)
    {
        NotebookException? failure = null;
        RestoredPackages? restored = null;
        try
        {
            restored = await _packages.AddAsync(directives, context.Cancellation).ConfigureAwait(false);
        }
        catch (NotebookException e)
        {
            failure = new NotebookException($"line {directives[0].Line}: {e.Message}", e);
        }
        if (failure is not null) throw failure;
        if (restored is null) return;
        _assemblies.AddPackages(restored);
        foreach (var file in restored.References)
            if (!NotebookLoadContext.IsInFramework(Path.GetFileName(file))) _compiler.AddReference(file);
        // Who names no version should know which to name, so that the notebook does the same next year.
        foreach (var directive in directives)
            if (directive.Version is null && restored.Versions.TryGetValue(directive.Id, out var version)) context.Write("stdout", $"#r \"nuget: {directive.Id}, {version}\"\n");
    }

    async Task<(bool, object?)> RunPartAsync(string code, string name, CellContext context)
    {
        context.ThrowIfStopped();
        var part = _compiler.Compile(code, name, context.Cancellation);
        context.ThrowIfStopped();
        if (part.Edits is { } edits && _sources.TryGetValue(name, out var source)) source.Add(edits);
        if (part.Image is null)
        {
            _compiler.Accept(part);
            return (false, null);
        }
        var assembly = _assemblies.LoadFromStream(part.Image, part.Symbols);
        context.Own(assembly);
        var factory = assembly.GetType(part.EntryType!, throwOnError: true)!
            .GetMethod("<Factory>", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!
            .CreateDelegate<Func<object?[], Task<object?>>>();
        // Slot 0 is for a host object, which cells of a notebook do not have; each part that runs takes the next.
        _accepted++;
        if (_submissions.Length <= _accepted) Array.Resize(ref _submissions, _submissions.Length * 2);
        // A cell that throws keeps what it had set until then, as its reader expects of a notebook.
        _compiler.Accept(part);
        var value = await factory(_submissions).ConfigureAwait(false);
        return (part.HasValue, value);
    }

    void AddReference(ReferenceDirective reference, string directory)
    {
        var path = Path.GetFullPath(reference.Path, directory);
        var framework = Path.GetFileName(reference.Path) == reference.Path && !File.Exists(path);
        if (framework && NotebookLoadContext.FrameworkAssemblies.Any(file => Path.GetFileNameWithoutExtension(file) == Path.GetFileNameWithoutExtension(reference.Path))) return;
        if (!File.Exists(path))
            throw new NotebookException($"line {reference.Line} refers to '{reference.Path}', which does not exist beside the notebook: build the library first ('environment/workbook setup') or correct the path.");
        try
        {
            _assemblies.LoadReference(path);
            _compiler.AddReference(path);
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException or IOException)
        {
            throw new NotebookException($"line {reference.Line} refers to '{reference.Path}', which cannot be loaded as a .NET assembly: build it again or correct the path.", e);
        }
    }

    async Task ImportAsync(ImportDirective import, Importing from, CellContext context)
    {
        var path = Path.GetFullPath(import.Path, from.Directory);
        if (!File.Exists(path)) throw new NotebookException($"line {import.Line} imports '{import.Path}', which does not exist beside the notebook: correct the path.");
        if (from.Files.Contains(path)) throw new NotebookException($"line {import.Line} imports '{import.Path}', which is being imported already: remove the circle.");
        var inside = new Importing(Path.GetDirectoryName(path)!, [.. from.Files, path]);
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".cs" or ".csx":
                await RunTextAsync((await File.ReadAllTextAsync(path).ConfigureAwait(false)).ReplaceLineEndings("\n"), CellLanguages.CSharp, Path.GetFileName(path), inside, context).ConfigureAwait(false);
                break;
            case ".ipynb":
                var notebook = NotebookDocument.Load(path);
                foreach (var (number, cell) in NotebookLanguage.CodeCells(notebook))
                    await RunTextAsync(cell.Source, NotebookLanguage.Of(notebook, cell), $"{Path.GetFileName(path)} cell {number}", inside, context).ConfigureAwait(false);
                break;
            case var extension:
                throw new NotebookException($"line {import.Line} imports '{import.Path}', and a file of kind '{extension}' cannot be imported: give an .ipynb, .cs or .csx file.");
        }
    }
}
