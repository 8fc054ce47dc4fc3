using System.Text.Json;

namespace AdEMAMix.Workbook;

/// <summary>A worker's right to train one run, and the way it reports on it.</summary>
/// <remarks>Every report checks that the claim still holds, so that a worker that was taken for dead cannot write into another's run.</remarks>
public sealed class RunClaim
{
    readonly RunStore store;
    readonly ProcessIdentity worker;

    internal RunClaim(RunStore store, string id, ProcessIdentity worker)
    {
        this.store = store;
        this.worker = worker;
        RunId = id;
    }

    /// <summary>The claimed run.</summary>
    public string RunId { get; }

    /// <summary>Records code and machine, and replaces the recorded points by those of the checkpoint that training begins from.</summary>
    /// <param name="environment">Code and machine.</param>
    /// <param name="step">The checkpoint's step; 0 for a fresh run.</param>
    /// <param name="points">The checkpoint's points; none for a fresh run.</param>
    /// <param name="measurements">The checkpoint's measurements; null for none.</param>
    public void Begin(RunEnvironment environment, int step, IReadOnlyList<RunPoint> points, IReadOnlyList<RunMeasurement>? measurements = null) => store.InTransaction(() =>
    {
        Update("environment = $environment, step = $step", ("$environment", JsonSerializer.Serialize(environment, RunStore.Json)), ("$step", step));
        store.Execute("DELETE FROM points WHERE run = $id", ("$id", RunId));
        store.Execute("DELETE FROM measurements WHERE run = $id", ("$id", RunId));
        foreach (var point in points) store.Append(RunId, point);
        foreach (var measurement in measurements ?? []) store.Append(RunId, measurement);
        return 0;
    });

    /// <summary>Records a point.</summary>
    public void Report(RunPoint point) => store.InTransaction(() =>
    {
        Progress(point.Step, point.Seconds, point.TokensPerSecond);
        store.Append(RunId, point);
        return 0;
    });

    /// <summary>Records a measurement.</summary>
    public void Report(RunMeasurement measurement) => store.InTransaction(() =>
    {
        Update("step = $step", ("$step", measurement.Step));
        store.Append(RunId, measurement);
        return 0;
    });

    /// <summary>Says how far the run is and that the worker lives.</summary>
    public void Progress(int step, double seconds, double tokensPerSecond) =>
        Update("step = $step, seconds = $seconds, tokens_per_second = $speed", ("$step", step), ("$seconds", seconds), ("$speed", tokensPerSecond));

    /// <summary>Ends the run with its result.</summary>
    public void Finish(RunResult result) => End(RunState.Finished, null, ("$result", JsonSerializer.Serialize(result.Rounded(), RunStore.Json)));

    /// <summary>Ends the run: its loss was NaN or infinite at <paramref name="step"/>.</summary>
    public void Diverge(int step, string message)
    {
        Update("step = $step", ("$step", step));
        End(RunState.Diverged, message);
    }

    /// <summary>Gives the run back, stopped at a checkpoint.</summary>
    public void Stop() => End(RunState.Stopped, null);

    /// <summary>Gives the run back after an error.</summary>
    public void Fail(string message) => End(RunState.Failed, message);

    void End(RunState state, string? message, (string, object?)? result = null) =>
        Update("state = $state, message = $message, result = $result, ended = $now, worker = NULL",
            ("$state", RunStore.Name(state)), ("$message", message), result ?? ("$result", null));

    void Update(string assignments, params (string, object?)[] parameters)
    {
        var changed = store.Execute($"UPDATE runs SET {assignments}, heartbeat = $now WHERE id = $id AND worker = $worker",
            [.. parameters, ("$now", RunStore.Now), ("$id", RunId), ("$worker", worker.ToString())]);
        if (changed == 0) throw new StoreException($"Run {RunId} was taken over by another worker; this one ends.");
    }
}
