// Runs a notebook from top to bottom without a front end, and writes what it showed into the document.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace AdEMAMix.Notebooks;

/// <summary>How a notebook is run.</summary>
public sealed record NotebookRunnerOptions
{
    /// <summary>Values for the cell tagged <c>parameters</c>, by name; written into the document.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>A file that the document is saved to before and after every cell, and now and then while one runs, so that a run that is killed has kept its
    /// outputs and names the cell that it ended in; null to save nothing.</summary>
    public string? SaveTo { get; init; }

    /// <summary>How long a cell may take before it is stopped and counts as failed; null for as long as it likes.</summary>
    public TimeSpan? CellTimeout { get; init; }

    /// <summary>Whether the cells after a failing one run too. The run has failed all the same.</summary>
    public bool Continue { get; init; }
}

/// <summary>One failing cell.</summary>
/// <param name="Cell">Its number, as Jupyter shows it in brackets.</param>
/// <param name="Error">One sentence on what failed and where.</param>
public sealed record CellFailure(int Cell, string Error);

/// <summary>How a run ended.</summary>
public sealed record NotebookRunResult
{
    /// <summary>Whether every cell ran to its end.</summary>
    public bool Succeeded => Failures.Count == 0;

    /// <summary>The failing cells in order: one, or with <see cref="NotebookRunnerOptions.Continue"/> all.</summary>
    public IReadOnlyList<CellFailure> Failures { get; init; } = [];

    /// <summary>The number of the first cell that failed; null where none did.</summary>
    public int? FailedCell => Failures.Count == 0 ? null : Failures[0].Cell;

    /// <summary>What failed first, in one sentence; null where nothing did.</summary>
    public string? Error => Failures.Count == 0 ? null : Failures[0].Error;

    /// <summary>How long the run took.</summary>
    public TimeSpan Duration { get; init; }
}

/// <summary>Runs the code cells of a document in order, on a session of its own, and stops at the first that fails.</summary>
/// <remarks>
/// All outputs are cleared before the first cell runs, so that after a failure no result of an earlier run stands below it: what is shown was made by this run.
/// A run whose outputs equal those that were there leaves the document as it was, byte for byte: a cell's duration and the notebook's date are recorded only
/// with outputs that are new.
/// </remarks>
/// <param name="document">The document; outputs, execution counts and durations are written into it.</param>
/// <param name="directory">The folder that the cells' paths are relative to: the notebook's own.</param>
/// <param name="options">Parameters and the like.</param>
public sealed class NotebookRunner(NotebookDocument document, string directory, NotebookRunnerOptions? options = null)
{
    static readonly TimeSpan BetweenSaves = TimeSpan.FromSeconds(1);

    readonly NotebookRunnerOptions _options = options ?? new();
    readonly Lock _saving = new();

    /// <summary>Runs the notebook.</summary>
    /// <param name="progress">Told of cells and their console text, in order and one at a time, from another thread than the cells'; it may write to the console.</param>
    /// <param name="cancellationToken">Stops the running cell; the outputs so far are kept.</param>
    /// <exception cref="NotebookException">Nothing was run: a parameter does not fit, or a cell cannot run here.</exception>
    public async Task<NotebookRunResult> RunAsync(Action<NotebookProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        NotebookLanguage.Check(document);
        if (_options.Parameters.Count > 0) ParameterCell.Find(document).Set(_options.Parameters);
        document.Upgrade();
        var cells = NotebookLanguage.CodeCells(document).ToArray();
        var earlier = document.Cells.Where(cell => cell.Kind == CellKind.Code).ToDictionary(cell => cell, OutputsOf.Shown);
        foreach (var cell in earlier.Keys)
        {
            cell.Outputs = [];
            cell.ExecutionCount = null;
        }

        // Progress goes through a queue: the host's own console writes must not end up in the cell that caused them.
        var events = Channel.CreateUnbounded<NotebookProgress>(new UnboundedChannelOptions { SingleReader = true });
        var reporting = Task.Run(async () =>
        {
            await foreach (var item in events.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)) progress?.Invoke(item);
        }, CancellationToken.None);
        try
        {
            return await RunCellsAsync(cells, earlier, events.Writer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            events.Writer.Complete();
            await reporting.ConfigureAwait(false);
        }
    }

    async Task<NotebookRunResult> RunCellsAsync((int Number, NotebookCell Cell)[] cells, Dictionary<NotebookCell, string> earlier, ChannelWriter<NotebookProgress> events, CancellationToken cancellationToken)
    {
        var session = new CSharpSession(directory);
        var total = Stopwatch.StartNew();
        var shown = new List<(NotebookCell Cell, CellOutputs Outputs, int Number, TimeSpan Duration)>();
        var failures = new List<CellFailure>();
        foreach (var (number, cell) in cells)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                failures.Add(new CellFailure(number, $"The run was stopped before cell {number} of {cells.Length}: run it again to go on."));
                break;
            }
            var outputs = new CellOutputs();
            events.TryWrite(new CellStarted(number, cells.Length, Title(cell)));
            var clock = Stopwatch.StartNew();
            var error = await RunCellAsync(session, number, cell, outputs, events, cancellationToken).ConfigureAwait(false);
            shown.Add((cell, outputs, number, clock.Elapsed));
            cell.Outputs = outputs.ToJson(number);
            cell.ExecutionCount = number;
            if (_options.SaveTo is { } path) document.Save(path);
            events.TryWrite(new CellFinished(number, cells.Length, clock.Elapsed, error is null));
            if (error is null) continue;
            failures.Add(new CellFailure(number, Sentence(error, number)));
            if (!_options.Continue || cancellationToken.IsCancellationRequested) break;
        }
        // A display of an early cell may have been updated, and a background task may have written, after the cell ended.
        var changed = false;
        foreach (var (cell, outputs, number, duration) in shown)
        {
            cell.Outputs = outputs.ToJson(number);
            if (OutputsOf.Shown(cell) == earlier[cell] && cell.Duration is not null) continue;
            changed = true;
            cell.RecordDuration(duration);
        }
        if (changed || document.Executed is null) document.RecordExecution(DateOnly.FromDateTime(DateTime.UtcNow));
        if (_options.SaveTo is { } file) document.Save(file);
        return new NotebookRunResult { Failures = failures, Duration = total.Elapsed };
    }

    async Task<ErrorOutput?> RunCellAsync(CSharpSession session, int number, NotebookCell cell, CellOutputs outputs, ChannelWriter<NotebookProgress> events, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (_options.CellTimeout is { } timeout) limit.CancelAfter(timeout);
        ErrorOutput? error = null;
        var run = session.ExecuteAsync(cell.Source, NotebookLanguage.Of(document, cell), $"cell {number}", output =>
        {
            if (output is ErrorOutput { Name: CellErrors.Stopped } && limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested) output = TimedOut(number);
            if (output is ErrorOutput problem) error = problem;
            outputs.Add(output);
            if (output is StreamOutput stream) events.TryWrite(new CellStreamed(number, stream.Name, stream.Text));
        }, limit.Token);
        if (_options.SaveTo is not null)
        {
            var written = "";
            // A cell may end the process by itself; what it has shown until then is kept.
            void OnExit(object? sender, EventArgs e) => SaveSoFar(number, cell, outputs, ref written);
            AppDomain.CurrentDomain.ProcessExit += OnExit;
            do SaveSoFar(number, cell, outputs, ref written);
            while (await Task.WhenAny(run, Task.Delay(BetweenSaves, CancellationToken.None)).ConfigureAwait(false) != run);
            AppDomain.CurrentDomain.ProcessExit -= OnExit;
        }
        var result = await run.ConfigureAwait(false);
        return result.Succeeded ? null : error ?? result.Error;
    }

    /// <summary>Saves what a running cell has shown, with an error for the case that the process dies in it; the cell's end replaces it.</summary>
    void SaveSoFar(int number, NotebookCell cell, CellOutputs outputs, ref string written)
    {
        lock (_saving)
        {
            var soFar = outputs.ToJson(number);
            soFar.Add((JsonNode)ProcessEnded(number).ToJson());
            var text = soFar.ToJsonString();
            if (text == written) return;
            written = text;
            cell.Outputs = soFar;
            cell.ExecutionCount = number;
            document.Save(_options.SaveTo!);
        }
    }

    ErrorOutput TimedOut(int number)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"cell {number} did not end within {_options.CellTimeout!.Value.TotalSeconds:0.###} s");
        return new ErrorOutput(CellErrors.TimedOut, line, [line]);
    }

    static ErrorOutput ProcessEnded(int number)
    {
        var line = $"the process ended while cell {number} ran";
        return new ErrorOutput(CellErrors.ProcessEnded, line, [line]);
    }

    static string Sentence(ErrorOutput error, int number) => error.Name switch
    {
        CellErrors.EngineError => char.ToUpperInvariant(error.Value[0]) + error.Value[1..],
        CellErrors.Stopped => $"The run was stopped in cell {number}: run it again to go on.",
        CellErrors.TimedOut => char.ToUpperInvariant(error.Value[0]) + error.Value[1..] + ": give it more time with --timeout or less to do.",
        _ => $"{error.Name} in {error.Value}",
    };

    static string Title(NotebookCell cell) =>
        cell.Source.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0 && !line.StartsWith("#", StringComparison.Ordinal) && !line.StartsWith("using ", StringComparison.Ordinal)) ?? "set-up";
}
