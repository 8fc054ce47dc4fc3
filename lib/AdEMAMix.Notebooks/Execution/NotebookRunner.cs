// Runs a notebook from top to bottom without a front end, and writes what it showed into the document.
using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace AdEMAMix.Notebooks;

/// <summary>How a notebook is run.</summary>
public sealed record NotebookRunnerOptions
{
    /// <summary>Values for the cell tagged <c>parameters</c>, by name; written into the document.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>A file that the document is saved to after every cell, so that a run that is killed has kept its outputs; null to save nothing.</summary>
    public string? SaveTo { get; init; }
}

/// <summary>How a run ended.</summary>
public sealed record NotebookRunResult
{
    /// <summary>Whether every cell ran to its end.</summary>
    public bool Succeeded => Error is null;

    /// <summary>The number of the cell that failed, as Jupyter shows it in brackets; null where none did.</summary>
    public int? FailedCell { get; init; }

    /// <summary>One sentence on what failed and where; null where nothing did.</summary>
    public string? Error { get; init; }

    /// <summary>How long the run took.</summary>
    public TimeSpan Duration { get; init; }
}

/// <summary>Runs the code cells of a document in order, on a session of its own, and stops at the first that fails.</summary>
/// <param name="document">The document; outputs, execution counts and durations are written into it.</param>
/// <param name="directory">The folder that the cells' paths are relative to: the notebook's own.</param>
/// <param name="options">Parameters and the like.</param>
public sealed class NotebookRunner(NotebookDocument document, string directory, NotebookRunnerOptions? options = null)
{
    readonly NotebookRunnerOptions _options = options ?? new();

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
        foreach (var cell in document.Cells.Where(cell => cell.Kind == CellKind.Code))
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
            return await RunCellsAsync(cells, events.Writer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            events.Writer.Complete();
            await reporting.ConfigureAwait(false);
        }
    }

    async Task<NotebookRunResult> RunCellsAsync((int Number, NotebookCell Cell)[] cells, ChannelWriter<NotebookProgress> events, CancellationToken cancellationToken)
    {
        var session = new CSharpSession(directory);
        var total = Stopwatch.StartNew();
        var shown = new List<(NotebookCell Cell, CellOutputs Outputs, int Number)>();
        NotebookRunResult? failed = null;
        foreach (var (number, cell) in cells)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                failed = new NotebookRunResult { FailedCell = number, Error = $"The run was stopped before cell {number} of {cells.Length}: run it again to go on." };
                break;
            }
            var outputs = new CellOutputs();
            shown.Add((cell, outputs, number));
            events.TryWrite(new CellStarted(number, cells.Length, Title(cell)));
            var clock = Stopwatch.StartNew();
            var result = await session.ExecuteAsync(cell.Source, $"cell {number}", output =>
            {
                outputs.Add(output);
                if (output is StreamOutput stream) events.TryWrite(new CellStreamed(number, stream.Name, stream.Text));
            }, cancellationToken).ConfigureAwait(false);
            cell.Outputs = outputs.ToJson(number);
            cell.ExecutionCount = number;
            cell.RecordDuration(clock.Elapsed);
            if (_options.SaveTo is { } path) document.Save(path);
            events.TryWrite(new CellFinished(number, cells.Length, clock.Elapsed, result.Succeeded));
            if (result.Error is not { } error) continue;
            failed = new NotebookRunResult { FailedCell = number, Error = Sentence(error, number) };
            break;
        }
        // A display of an early cell may have been updated, and a background task may have written, after the cell ended.
        foreach (var (cell, outputs, number) in shown)
            if (outputs.ToJson(number) is var json && !JsonNode.DeepEquals(json, cell.Outputs)) cell.Outputs = json;
        if (_options.SaveTo is { } file) document.Save(file);
        return (failed ?? new NotebookRunResult()) with { Duration = total.Elapsed };
    }

    static string Sentence(ErrorOutput error, int number) => error.Name switch
    {
        CellErrors.EngineError => char.ToUpperInvariant(error.Value[0]) + error.Value[1..],
        CellErrors.Stopped => $"The run was stopped in cell {number}: run it again to go on.",
        _ => $"{error.Name} in {error.Value}",
    };

    static string Title(NotebookCell cell) =>
        cell.Source.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0 && !line.StartsWith("#", StringComparison.Ordinal) && !line.StartsWith("using ", StringComparison.Ordinal)) ?? "set-up";
}
