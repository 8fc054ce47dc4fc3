// The C# of a notebook: cells compiled and run one after the other on one growing state.
using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;

namespace AdEMAMix.Notebooks;

/// <summary>Runs C# cells. Variables, types, usings and referenced assemblies of one cell are there for the next.</summary>
/// <remarks>
/// Cells see the imports and functions of .NET Interactive (<c>display</c>, <c>HTML</c>, <c>x.Display()</c>), may await, and run under the invariant culture, so that
/// numbers in outputs do not depend on the machine. One cell runs at a time.
/// </remarks>
public sealed class CSharpSession
{
    /// <summary>How long a stopped cell may take to notice before it is left to itself: a call that is blocked in a library never does.</summary>
    static readonly TimeSpan StopGrace = TimeSpan.FromMilliseconds(700);

    readonly string _directory;
    readonly ScriptCompiler _compiler;
    readonly NotebookLoadContext _assemblies = new();
    readonly SemaphoreSlim _turn = new(1);
    readonly Documentation _documentation = new();
    readonly ConcurrentDictionary<string, CellSource> _sources = new(StringComparer.Ordinal);
    readonly SessionOptions _options;
    object?[] _submissions = new object?[16];
    int _accepted;

    /// <summary>Starts a session.</summary>
    /// <param name="directory">The notebook's folder: <c>#r</c>, <c>#load</c> and <c>#!import</c> are relative to it.</param>
    /// <param name="options">Settings, where the usual ones do not do.</param>
    public CSharpSession(string directory, SessionOptions? options = null)
    {
        _options = options ?? new();
        _directory = Path.GetFullPath(directory);
        _compiler = new ScriptCompiler(_directory);
        ConsoleCapture.Install();
        UnhandledExceptions.Install();
    }

    /// <summary>Runs one cell.</summary>
    /// <param name="code">The cell's text.</param>
    /// <param name="name">What errors call it, for example <c>cell 3</c>.</param>
    /// <param name="output">Takes the outputs in order, one at a time, on the cell's threads; it must be quick and must not write to the console.</param>
    /// <param name="cancellationToken">The stop signal, which the cell sees as <c>KernelInvocationContext.Current.CancellationToken</c>.</param>
    /// <returns>How the cell ended. Its error, if any, was given to <paramref name="output"/> too.</returns>
    public async Task<CellResult> ExecuteAsync(string code, string name, Action<CellOutput> output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(code);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var context = new CellContext(name, output, _options, e => CellErrors.Of(e, _sources, _directory), cancellationToken);
            using var stop = cancellationToken.UnsafeRegister(static cell => ((CellContext)cell!).Stop(), context);
            // A thread of its own: a cell that blocks for ever must not take one from the pool, on which the host lives too.
            var run = Task.Factory.StartNew(() => RunInFlowAsync(code, name, context), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
            var error = await Watch(run, name, cancellationToken).ConfigureAwait(false);
            context.End();
            if (error is not null) context.Emit(error);
            return new CellResult(error);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>What can be written at a place of a cell that has not run yet: names of this and earlier cells, members, keywords, directives, files.</summary>
    /// <param name="code">The cell's text.</param>
    /// <param name="position">The cursor, in UTF-16 units from the start of the text.</param>
    /// <remarks>May be called while a cell runs; it then knows what that cell has declared.</remarks>
    public CompletionResult Complete(string code, int position)
    {
        ArgumentNullException.ThrowIfNull(code);
        position = Math.Clamp(position, 0, code.Length);
        if (DirectiveCompletion.At(code, position, _directory) is { } directive) return directive;
        var (compilation, tree) = _compiler.Probe(CellDirectives.Blank(code));
        return CodeCompletion.At(compilation, tree, position, CancellationToken.None);
    }

    /// <summary>Signature and documentation of the name at a place of a cell, or of the method whose arguments are being written there; null where there is nothing to say.</summary>
    /// <param name="code">The cell's text.</param>
    /// <param name="position">The cursor, in UTF-16 units from the start of the text.</param>
    public Inspection? Inspect(string code, int position)
    {
        ArgumentNullException.ThrowIfNull(code);
        var (compilation, tree) = _compiler.Probe(CellDirectives.Blank(code));
        return CodeInspection.At(compilation, tree, Math.Clamp(position, 0, code.Length), _documentation, CancellationToken.None);
    }

    /// <summary>Whether a text can be run as it is, needs more lines, or is wrong.</summary>
    public CodeStatus IsComplete(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        return CodeCompleteness.Of(code);
    }

    static async Task<ErrorOutput?> Watch(Task<ErrorOutput?> run, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await run.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            var ended = await Task.WhenAny(run, Task.Delay(StopGrace, CancellationToken.None)).ConfigureAwait(false);
            return ended == run && await run.ConfigureAwait(false) is { } error ? error : CellErrors.OfStop(name);
        }
    }

    async Task<ErrorOutput?> RunInFlowAsync(string code, string name, CellContext context)
    {
        var flow = context.Enter();
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
        try
        {
            var (hasValue, value) = await RunTextAsync(code, name, _directory, [], context).ConfigureAwait(false);
            context.ThrowIfStopped();
            if (hasValue && value is not Microsoft.DotNet.Interactive.DisplayedValue) context.Emit(new ResultOutput(ValueFormatter.Format(value)));
            return null;
        }
        catch (CompilationFailure failure)
        {
            return CellErrors.Of(failure);
        }
        catch (NotebookException e)
        {
            return CellErrors.OfEngine(name, e.Message);
        }
        catch (Exception e) when (context.Cancellation.IsCancellationRequested && CellErrors.IsStop(e))
        {
            return CellErrors.OfStop(name);
        }
        catch (Exception e)
        {
            return context.Describe(e);
        }
        finally
        {
            GC.KeepAlive(flow);
        }
    }

    /// <summary>Runs the parts of a text and gives the value of the last.</summary>
    async Task<(bool HasValue, object? Value)> RunTextAsync(string code, string name, string directory, IReadOnlyList<string> importing, CellContext context)
    {
        _sources[name] = new CellSource(code);
        (bool, object?) last = (false, null);
        foreach (var part in CellDirectives.Split(code))
        {
            foreach (var directive in part.Directives)
            {
                if (directive is ReferenceDirective reference) AddReference(reference, directory);
                else if (directive is ImportDirective import) await ImportAsync(import, directory, importing, context).ConfigureAwait(false);
                else if (directive is UnsupportedDirective unsupported) throw Unsupported(unsupported);
            }
            last = string.IsNullOrWhiteSpace(part.Code) ? (false, null) : await RunPartAsync(part.Code, name, context).ConfigureAwait(false);
        }
        return last;
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

    async Task ImportAsync(ImportDirective import, string directory, IReadOnlyList<string> importing, CellContext context)
    {
        var path = Path.GetFullPath(import.Path, directory);
        if (!File.Exists(path)) throw new NotebookException($"line {import.Line} imports '{import.Path}', which does not exist beside the notebook: correct the path.");
        if (importing.Contains(path)) throw new NotebookException($"line {import.Line} imports '{import.Path}', which is being imported already: remove the circle.");
        var folder = Path.GetDirectoryName(path)!;
        string[] chain = [.. importing, path];
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".cs" or ".csx":
                await RunTextAsync((await File.ReadAllTextAsync(path).ConfigureAwait(false)).ReplaceLineEndings("\n"), Path.GetFileName(path), folder, chain, context).ConfigureAwait(false);
                break;
            case ".ipynb":
                foreach (var (number, cell) in NotebookLanguage.CodeCells(NotebookDocument.Load(path)))
                    await RunTextAsync(cell.Source, $"{Path.GetFileName(path)} cell {number}", folder, chain, context).ConfigureAwait(false);
                break;
            case var extension:
                throw new NotebookException($"line {import.Line} imports '{import.Path}', and a file of kind '{extension}' cannot be imported: give an .ipynb, .cs or .csx file.");
        }
    }

    static NotebookException Unsupported(UnsupportedDirective directive) =>
        new($"line {directive.Line} uses the directive {directive.Text}, which the workbook's engine does not have: remove it (supported are #r \"file\", #load, #!import and #!csharp).");
}
