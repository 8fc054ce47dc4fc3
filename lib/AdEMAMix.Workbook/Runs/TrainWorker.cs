using System.Diagnostics;
using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>What `workbook train` does: claims one run, trains it from its checkpoint on if there is one, and reports to the store.</summary>
public static class TrainWorker
{
    /// <summary>Names the process that started this one, as <see cref="ProcessIdentity.ToString"/> writes it.</summary>
    internal const string LauncherVariable = "WORKBOOK_LAUNCHER";

    static readonly TimeSpan BetweenReports = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    /// <summary>Trains one run in this process: alone, or as one of the ranks that a launcher has started (see <see cref="RankGroup"/>).</summary>
    /// <param name="configPath">The run's configuration.</param>
    /// <param name="storePath">The run store; null for the workbook's. Checkpoints are in a folder beside it. Only the first rank opens it.</param>
    /// <param name="cancellation">Stops the run at a checkpoint.</param>
    /// <param name="output">Where progress is written; null for the console.</param>
    /// <param name="options">How ranks work together; null for the defaults.</param>
    /// <returns>0 when the run is finished (or another worker has it), 1 when it diverged, 130 when it was stopped.</returns>
    /// <exception cref="WorkbookException">The configuration, the text, the store, a checkpoint or another rank is not as it must be; the store holds the reason.</exception>
    public static int Run(string configPath, string? storePath = null, CancellationToken cancellation = default, TextWriter? output = null, RankOptions? options = null)
    {
        output ??= Console.Out;
        options ??= new RankOptions();
        var config = RunConfig.Load(configPath);
        var paths = WorkbookPaths.Find();
        using var ranks = RankGroup.Join(options.Timeout ?? RankOptions.DefaultTimeout);
        ranks?.RequireEqual("configuration", config.RunId);
        ranks?.RequireEqual("--shard-states", options.ShardStates ? "on" : "off");
        if (ranks is { Rank: > 0 })
        {
            var isToTrain = ranks.FromFirst(0) == 1;
            return isToTrain ? Train(config, paths, store: null, claim: null, TextWriter.Null, new(ranks, options.ShardStates), cancellation) : 0;
        }
        using var store = RunStore.Open(storePath ?? paths.Store);
        ResultFile.ImportAll(store, paths.Results);
        var launcher = ProcessIdentity.FromText(Environment.GetEnvironmentVariable(LauncherVariable));
        var claim = store.TryClaim(config, ProcessIdentity.Current, launcher);
        ranks?.FromFirst(claim is null ? 0 : 1);
        if (claim is null)
        {
            output.WriteLine(Describe(store.Find(config.RunId)!));
            return 0;
        }
        try
        {
            return Train(config, paths, store.FilePath, claim, output, new(ranks, options.ShardStates), cancellation);
        }
        catch (OperationCanceledException)
        {
            claim.Stop();
            output.WriteLine("Stopped before the first step.");
            return 130;
        }
        catch (Exception e)
        {
            TryFail(claim, e);
            throw;
        }
    }

    /// <summary>The checkpoint of a run: in a folder beside the store.</summary>
    internal static string CheckpointOf(string store, string runId) => FileOf(store, runId, ".safetensors");

    internal static string FileOf(string store, string runId, string extension) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(store))!, "checkpoints", runId + extension);

    // Store and claim are the first rank's; the others only train.
    static int Train(RunConfig config, WorkbookPaths paths, string? store, RunClaim? claim, TextWriter output, Together together, CancellationToken cancellation)
    {
        var ranks = together.Ranks;
        var device = ranks?.Device ?? TrainingDevice.Here();
        var rows = BatchRows.Of(config.Training.BatchSize, ranks);
        ITrainingTask task = config.Vision is null
            ? new LanguageTask(config, TokenDataset.Load(config.Data, paths, output.WriteLine, cancellation), rows, device)
            : new ImageTask(config, ImageDataset.Load(config, paths, output.WriteLine, cancellation), rows, device);
        if (config.Data.Sha256 is { } planned && planned != task.ContentHash)
            throw new DataException($"The data of run {config.RunId} have changed: their SHA-256 is {task.ContentHash}, and data.sha256 is {planned}. Plan the run anew, or remove data.sha256 to take the data as they are.");
        ranks?.RequireEqual("data", task.ContentHash);
        using var trainer = new Trainer(config, task, ranks, together.ShardStates);
        var checkpoint = store is null ? "" : CheckpointOf(store, config.RunId);
        var isBegun = File.Exists(checkpoint);
        if (ranks is not null) isBegun = ranks.FromFirst(isBegun ? 1 : 0) == 1;
        if (isBegun) trainer.Resume(checkpoint);
        var model = trainer.Model as Gpt;
        if (model?.Notice is { } notice) output.WriteLine(notice);
        claim?.Begin(RunEnvironment.Capture(paths.Root) with { Precision = config.Compute?.Precision is null ? null : model?.Precision, Ranks = ranks?.Size, Gpu = TrainingDevice.NameOf(device) }, trainer.Step, trainer.Points, trainer.Measurements);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Run {config.RunId} ({config.Name}): {trainer.ParameterCount:N0} parameters, step {trainer.Step:N0} of {config.Training.Steps:N0}{(ranks is null ? "" : $", {ranks.Size} ranks")}."));

        if (together.ShardStates && ranks is not null) Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{trainer.StateBytes:N0} bytes of optimizer states on this rank."));

        var progress = new Progress(config.Training.Steps, claim, output);
        var end = trainer.Train(checkpoint, progress.Point, progress.Step, claim is null ? null : claim.Report, cancellation);
        switch (end)
        {
            case TrainingEnd.Finished:
                var result = trainer.Result();
                claim?.Finish(result);
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Finished: validation loss {result.ValidationLoss:F4} after {result.Tokens:N0} tokens in {result.Seconds:F0} s."));
                return 0;
            case TrainingEnd.Diverged:
                var message = string.Create(CultureInfo.InvariantCulture, $"The loss was not finite at step {trainer.Step:N0}; a smaller learning rate, a longer warmup or clipping may help.");
                claim?.Diverge(trainer.Step, message);
                output.WriteLine(message);
                return 1;
            default:
                claim?.Stop();
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Stopped at step {trainer.Step:N0}; the same command goes on from there."));
                return 130;
        }
    }

    // Where the store itself is the trouble, the first error is the one to show.
    static void TryFail(RunClaim claim, Exception e)
    {
        try
        {
            claim.Fail(e is WorkbookException ? e.Message : $"{e.GetType().Name}: {e.Message}");
        }
        catch (StoreException)
        {
        }
    }

    // The ranks of a run, null for this process alone, and whether they divide the optimizer's states.
    readonly record struct Together(RankGroup? Ranks, bool ShardStates);

    static string Describe(RunRecord run) => run.State == RunState.Running
        ? $"Run {run.Id} is being trained by another process (pid {run.Worker!.Pid})."
        : run.Message ?? string.Create(CultureInfo.InvariantCulture, $"Run {run.Id} is finished: validation loss {run.Result!.ValidationLoss:F4}.");

    // Reports to the store at most twice a second, to the reader every few seconds.
    sealed class Progress(int steps, RunClaim? claim, TextWriter output)
    {
        long reported = Stopwatch.GetTimestamp();
        long written = Stopwatch.GetTimestamp();
        double? validation;

        public void Point(RunPoint point)
        {
            validation = point.ValidationLoss ?? validation;
            claim?.Report(point);
        }

        public void Step(Trainer trainer)
        {
            if (Stopwatch.GetElapsedTime(reported) >= BetweenReports)
            {
                claim?.Progress(trainer.Step, trainer.Seconds, trainer.TokensPerSecond);
                reported = Stopwatch.GetTimestamp();
            }
            if (Stopwatch.GetElapsedTime(written) < BetweenLines) return;
            written = Stopwatch.GetTimestamp();
            var left = TimeSpan.FromSeconds(trainer.Seconds / trainer.Step * (steps - trainer.Step));
            var loss = validation is { } value ? string.Create(CultureInfo.InvariantCulture, $", validation loss {value:F4}") : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {trainer.Step:N0} of {steps:N0}{loss}, {trainer.TokensPerSecond:N0} tokens/s, {left:h\\:mm\\:ss} left"));
        }
    }
}
