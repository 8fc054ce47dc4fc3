using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace AdEMAMix.Workbook;

/// <summary>Trains what a plan lacks, in worker processes, and gives back every run of the plan.</summary>
public static class Lab
{
    /// <summary>
    /// Loads what is done, resumes what is half done, trains the rest: as many workers at a time as fit the cores, or one on each GPU.
    /// Safe to stop, and safe to call again; workers outlive the caller, and a later call picks them up. Notebooks that train at the same
    /// time share the machine: none starts a worker that does not fit, and each gets its turn.
    /// </summary>
    /// <param name="plan">The runs.</param>
    /// <param name="train">False to load what the store and data/results hold and train nothing: what the plan lacks is named, and left out of what comes back.</param>
    /// <param name="cancellation">Stops the workers at a checkpoint; the stop button of a notebook cell does so too.</param>
    /// <returns>The plan's runs in its order, with their points: finished, or diverged at a step.</returns>
    /// <exception cref="ConfigException">The plan needs more memory or disk than there is, or what this workbook cannot do yet; nothing was started.</exception>
    /// <exception cref="RunException">Some runs failed, or were stopped by someone else; the others went on to their ends.</exception>
    /// <exception cref="OperationCanceledException">The call was stopped.</exception>
    public static async Task<IReadOnlyList<RunRecord>> RunAsync(RunPlan plan, bool train = true, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var paths = WorkbookPaths.Find();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, AmbientCancellation.Token);
        using var store = RunStore.Open(paths.Store);
        ResultFile.ImportAll(store, paths.Results);
        if (!train) return Load(plan, store);
        return await new LabSession(plan, store, paths, () => WorkerCommand.Find(paths)).RunAsync(stop.Token);
    }

    // Shows what there is, and which runs are missing: the plan itself is the whole truth of what a figure needs.
    internal static IReadOnlyList<RunRecord> Load(RunPlan plan, RunStore store)
    {
        List<RunRecord> runs = [.. plan.Runs.Select(r => store.Find(r.RunId)).OfType<RunRecord>().Where(r => r.IsDone)];
        var found = string.Create(CultureInfo.InvariantCulture, $"{plan.Experiment}: {runs.Count} of {plan.Runs.Count} runs are there; nothing was trained.");
        var missing = MissingRuns.Sentence(plan.Runs, runs);
        using var display = WorkbookDisplay.Start(new Report(missing is null ? found : $"{found} {missing} A notebook trains what is missing where its `train` is true."), plainLines: true);
        return runs;
    }

    /// <summary>What the workbook stands on here: versions, libtorch, BLAS, device, store. The first cell of every notebook shows it.</summary>
    public static Table About()
    {
        var paths = WorkbookPaths.Find();
        // A first tensor loads libtorch; only then can it be asked what it is.
        using (torch.zeros(1))
        {
            var here = RunEnvironment.Capture(paths.Root);
            using var store = RunStore.Open(paths.Store);
            ResultFile.ImportAll(store, paths.Results);
            var runs = store.List();
            var device = torch.cuda.is_available() ? "CUDA" : "CPU";
            return Table.Of<(string, string)>(
                [
                    ("workbook", $"{here.Workbook}, commit {here.Commit}"),
                    ("tensors", $"libtorch {here.Libtorch}, {here.Blas}, {device}"),
                    ("machine", string.Create(CultureInfo.InvariantCulture, $"{here.Cpu}, {here.Cores} cores, {here.MemoryGiB} GiB")),
                    ("system", $"{here.OperatingSystem}, .NET {here.Dotnet}"),
                    ("run store", string.Create(CultureInfo.InvariantCulture, $"{runs.Count} runs, {runs.Count(r => r.IsDone)} of them done")),
                ],
                null,
                ("", r => r.Item1),
                (" ", r => r.Item2));
        }
    }

    /// <summary>Writes the plan's finished runs to data/results/EXPERIMENT, to be committed.</summary>
    /// <returns>The files written.</returns>
    public static IReadOnlyList<string> Export(RunPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var paths = WorkbookPaths.Find();
        using var store = RunStore.Open(paths.Store);
        return Export(plan, store, Path.Combine(paths.Results, plan.Experiment));
    }

    // Under the plan's names: the store may know a run by another plan's.
    internal static IReadOnlyList<string> Export(RunPlan plan, RunStore store, string folder) =>
        [.. plan.Runs.SelectMany(config => store.Find(config.RunId) is { IsDone: true } run ? (string[])[ResultFile.Write(run with { Config = config }, folder)] : [])];
}

/// <summary>One call of <see cref="Lab.RunAsync"/>: watches the store, keeps the cores or GPUs busy, restarts workers that died.</summary>
sealed class LabSession(RunPlan plan, RunStore store, WorkbookPaths paths, Func<WorkerCommand> findWorker, MachineRoom? room = null)
{
    const int MostAttempts = 3;
    const int LogLines = 5;
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan StopPatience = TimeSpan.FromMinutes(2);

    readonly Dictionary<string, RunConfig> configs = plan.Runs.ToDictionary(r => r.RunId);
    readonly Dictionary<string, Process> workers = [];
    readonly Dictionary<string, int> attempts = [];
    readonly HashSet<string> watched = [];
    readonly Dictionary<string, RunRecord> done = [];
    readonly Dictionary<string, string> failures = [];

    public async Task<IReadOnlyList<RunRecord>> RunAsync(CancellationToken cancellation)
    {
        var machine = room ?? MachineRoom.Here(store.FilePath);
        plan.RequireRoom(store.List(), machine);
        foreach (var config in plan.Runs) store.Add(config);
        using var seats = new WorkerSeats(store, machine, paths, configs.Keys);
        using var display = new LabDisplay(plan);
        while (true)
        {
            var runs = store.List().Where(r => configs.ContainsKey(r.Id)).ToDictionary(r => r.Id);
            var (open, waits) = (false, false);
            foreach (var config in plan.Runs)
            {
                var run = runs[config.RunId];
                if (run.IsDone || failures.ContainsKey(run.Id)) continue;
                open = true;
                if (run.State == RunState.Running && !run.IsAbandoned) watched.Add(run.Id);
                else if (IsWorkerAlive(run.Id)) continue;
                else if (ReasonToGiveUp(run) is { } reason) failures[run.Id] = reason;
                else if (!waits)
                {
                    if (seats.TryTake(config, plan.EstimateOf(config)) is { } seat) seats.Started(run.Id, Start(config, seat));
                    else waits = true;
                }
            }
            if (!open) break;
            if (!waits) seats.Rest();
            display.Update(WithPoints(runs));
            if (cancellation.IsCancellationRequested)
            {
                await StopAsync();
                display.End(WithPoints(store.List().ToDictionary(r => r.Id)));
                cancellation.ThrowIfCancellationRequested();
            }
            await Task.Delay(Poll, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        var ended = WithPoints(store.List().ToDictionary(r => r.Id));
        display.End(ended);
        if (failures.Count > 0)
            throw new RunException($"{failures.Count} of {plan.Runs.Count} runs failed, the others are done: {string.Join("; ", failures.Select(f => $"{f.Key} ({configs[f.Key].Name}): {f.Value.TrimEnd('.')}"))}.");
        return ended;
    }

    // The store's list leaves out the points. Those of a run that is done are read once, those of a run that is not begun not at all.
    List<RunRecord> WithPoints(IReadOnlyDictionary<string, RunRecord> runs)
    {
        foreach (var run in plan.Runs.Select(r => runs[r.RunId]).Where(r => r.IsDone))
            if (!done.ContainsKey(run.Id)) done[run.Id] = store.Find(run.Id)!;
        return [.. plan.Runs.Select(r => runs[r.RunId]).Select(r => done.GetValueOrDefault(r.Id) ?? (r.Step > 0 ? store.Find(r.Id)! : r))];
    }

    bool IsWorkerAlive(string id) => workers.TryGetValue(id, out var worker) && !worker.HasExited;

    // The worker's process id.
    int Start(RunConfig config, WorkerSeat seat)
    {
        var id = config.RunId;
        var file = TrainWorker.FileOf(store.FilePath, id, ".json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, config.ToJson());
        attempts[id] = attempts.GetValueOrDefault(id) + 1;
        watched.Add(id);
        store.Requeue(id);
        var worker = workers[id] = findWorker().Start(file, store.FilePath, config.Training.Threads, LogOf(id), paths, seat.Gpu);
        return worker.Id;
    }

    // A worker's own word is final: what it failed at once it fails at again. Only silence is worth another attempt.
    string? ReasonToGiveUp(RunRecord run)
    {
        if (!watched.Contains(run.Id)) return null;
        switch (run.State)
        {
            case RunState.Failed: return run.Message ?? "failed";
            case RunState.Stopped: return "was stopped by someone else; run the cell again to go on";
            default:
                if (attempts.GetValueOrDefault(run.Id) < MostAttempts) return null;
                var message = $"its worker ended without a word {MostAttempts} times; the log {LogOf(run.Id)} ends: {LogTail(run.Id)}";
                store.MarkFailed(run.Id, message);
                return message;
        }
    }

    // Stops the workers that this call started, and those whose starter is gone; another notebook's go on.
    async Task StopAsync()
    {
        var started = Stopwatch.GetTimestamp();
        var asked = new HashSet<int>();
        while (Stopwatch.GetElapsedTime(started) < StopPatience)
        {
            var mine = store.List().Where(r => configs.ContainsKey(r.Id) && r is { State: RunState.Running, IsAbandoned: false, Worker.IsHere: true })
                .Where(r => r.Launcher is null || r.Launcher == ProcessIdentity.Current || !r.Launcher.IsAlive).Select(r => r.Worker!.Pid)
                .Union(workers.Values.Where(w => !w.HasExited).Select(w => w.Id)).ToList();
            if (mine.Count == 0) return;
            foreach (var pid in mine)
                if (asked.Add(pid)) WorkerCommand.Stop(pid);
            await Task.Delay(100);
        }
    }

    string LogOf(string id) => TrainWorker.FileOf(store.FilePath, id, ".log");

    string LogTail(string id) => File.Exists(LogOf(id)) ? string.Join(" | ", File.ReadLines(LogOf(id)).Where(l => l.Length > 0).TakeLast(LogLines)) : "(empty)";
}
