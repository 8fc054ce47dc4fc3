// The C# of a notebook: cells compiled and run one after the other on one growing state.
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.DotNet.Interactive;

namespace AdEMAMix.Notebooks;

/// <summary>Runs the cells of a notebook: C#, and what the front end draws. Variables, types, usings and referenced assemblies of one cell are there for the next.</summary>
/// <remarks>
/// Cells see the imports and functions of .NET Interactive (<c>display</c>, <c>HTML</c>, <c>x.Display()</c>), may await, and run under the invariant culture, so that
/// numbers in outputs do not depend on the machine. One cell runs at a time.
/// </remarks>
public sealed partial class CSharpSession
{
    /// <summary>How long a stopped cell may take to notice before it is left to itself: a call that is blocked in a library never does.</summary>
    static readonly TimeSpan StopGrace = TimeSpan.FromMilliseconds(600);

    readonly string _directory;
    readonly ScriptCompiler _compiler;
    readonly NotebookLoadContext _assemblies = new();
    readonly SemaphoreSlim _turn = new(1);
    CellContext? _running;
    readonly Documentation _documentation = new();
    readonly ConcurrentDictionary<string, CellSource> _sources = new(StringComparer.Ordinal);
    readonly SessionOptions _options;
    readonly SessionPackages _packages;
    object?[] _submissions = new object?[16];
    int _accepted;

    /// <summary>Starts a session.</summary>
    /// <param name="directory">The notebook's folder: <c>#r</c>, <c>#load</c> and <c>#!import</c> are relative to it.</param>
    /// <param name="options">Settings, where the usual ones do not do.</param>
    public CSharpSession(string directory, SessionOptions? options = null)
    {
        _options = options ?? new();
        _directory = Path.GetFullPath(directory);
        _compiler = new ScriptCompiler(_directory, _options.HasChecks);
        _packages = new SessionPackages(_directory);
        ConsoleCapture.Install();
        UnhandledExceptions.Install();
        ScriptCompiler.WarmUp();
    }

    /// <summary>Runs one cell.</summary>
    /// <param name="code">The cell's text.</param>
    /// <param name="name">What errors call it, for example <c>cell 3</c>.</param>
    /// <param name="output">Takes the outputs in order, one at a time, on the cell's threads; it must be quick and must not write to the console.</param>
    /// <param name="cancellationToken">The stop signal, which the cell sees as <c>KernelInvocationContext.Current.CancellationToken</c>.</param>
    /// <returns>How the cell ended. Its error, if any, was given to <paramref name="output"/> too.</returns>
    public Task<CellResult> ExecuteAsync(string code, string name, Action<CellOutput> output, CancellationToken cancellationToken = default) =>
        ExecuteAsync(code, CellLanguages.CSharp, name, output, cancellationToken);

    /// <summary>Runs one cell of a language that its notebook says, until a line of the cell itself (<c>#!html</c>) says another.</summary>
    /// <param name="code">The cell's text.</param>
    /// <param name="language">C#, or one that the front end draws: <c>html</c>, <c>javascript</c>, <c>markdown</c>, <c>mermaid</c>.</param>
    /// <param name="name">What errors call it, for example <c>cell 3</c>.</param>
    /// <param name="output">Takes the outputs in order, one at a time, on the cell's threads; it must be quick and must not write to the console.</param>
    /// <param name="cancellationToken">The stop signal, which the cell sees as <c>KernelInvocationContext.Current.CancellationToken</c>.</param>
    /// <returns>How the cell ended. Its error, if any, was given to <paramref name="output"/> too.</returns>
    public async Task<CellResult> ExecuteAsync(string code, string language, string name, Action<CellOutput> output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(code);
        ArgumentNullException.ThrowIfNull(language);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var context = new CellContext(name, output, _options, e => CellErrors.Of(e, _sources, _directory), cancellationToken);
            _running = context;
            using var stop = cancellationToken.UnsafeRegister(static cell => ((CellContext)cell!).Stop(), context);
            // A thread of its own: a cell that blocks for ever must not take one from the pool, on which the host lives too.
            var run = Task.Factory.StartNew(() => RunInFlowAsync(code, language, name, context), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
            var error = await Watch(run, name, cancellationToken).ConfigureAwait(false);
            context.End();
            if (error is not null) context.Emit(error);
            // A stopped flow is counted until it is collected, and until then every check looks twice.
            if (context.IsStopped) GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
            return new CellResult(error);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Hands on the console text that the running cell's streams still hold: the process is about to end.</summary>
    internal void Flush() => _running?.End();

    /// <summary>What can be written at a place of a cell that has not run yet: names of this and earlier cells, members, keywords, directives, files.</summary>
    /// <param name="code">The cell's text.</param>
    /// <param name="position">The cursor, in UTF-16 units from the start of the text.</param>
    /// <remarks>May be called while a cell runs; it then knows what that cell has declared.</remarks>
    public CompletionResult Complete(string code, int position)
    {
        ArgumentNullException.ThrowIfNull(code);
        position = Math.Clamp(position, 0, code.Length);
        if (DirectiveCompletion.At(code, position, _directory) is { } directive) return directive;
        var line = code.AsSpan(0, position).Count('\n') + 1;
        if (CellSections.Split(code, CellLanguages.CSharp).LastOrDefault(section => section.Line <= line) is { Language: not CellLanguages.CSharp }) return new CompletionResult([], position, position);
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

    async Task<ErrorOutput?> RunInFlowAsync(string code, string language, string name, CellContext context)
    {
        var flow = context.Enter();
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
        try
        {
            var clock = Stopwatch.StartNew();
            var end = await RunTextAsync(code, language, name, new Importing(_directory, []), context).ConfigureAwait(false);
            context.ThrowIfStopped();
            if (end.IsShown) context.Emit(new ResultOutput(ValueFormatter.Format(end.Value)));
            if (end.IsTimed) DisplayedValue.Show(context, string.Create(CultureInfo.InvariantCulture, $"Wall time: {clock.Elapsed.TotalMilliseconds:0.0}ms"), []);
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
}
