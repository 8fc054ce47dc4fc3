using System.Diagnostics;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class LabTests : IDisposable
{
    static readonly WorkbookPaths Paths = WorkbookPaths.Find();

    // Long enough to be caught in the middle, with a checkpoint now and then.
    static readonly RunConfig Long = SmallRun.Config with { Training = SmallRun.Config.Training with { Steps = 1500, CheckpointInterval = 50, EvaluationInterval = 100 } };

    readonly TemporaryFolder folder = new();
    readonly RunStore store;

    public LabTests() => store = RunStore.Open(folder["runs.db"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    Task<IReadOnlyList<RunRecord>> RunAsync(RunPlan plan, CancellationToken cancellation = default) =>
        new LabSession(plan, store, Paths, () => WorkerProcess.Command).RunAsync(cancellation);

    static RunPlan Plan(params RunConfig[] runs) => new("test", runs);

    async Task<RunRecord> UntilAsync(RunConfig config, Func<RunRecord, bool> holds)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1))
        {
            if (store.Find(config.RunId) is { } run && holds(run)) return run;
            await Task.Delay(20);
        }
        throw new TimeoutException($"Run {config.RunId} is {store.Find(config.RunId)}.");
    }

    static string Undisturbed(RunConfig config)
    {
        using var trainer = new Trainer(config, SmallRun.Text);
        Assert.Equal(TrainingEnd.Finished, trainer.Train());
        return trainer.ParametersSha256;
    }

    [Fact]
    public async Task Every_run_of_a_plan_is_trained_once_and_then_loaded()
    {
        var plan = Plan(SmallRun.Config, SmallRun.Config with { InitSeed = 9 }, SmallRun.Config with { InitSeed = 10 });
        var runs = await RunAsync(plan);
        Assert.Equal(plan.Runs.Select(r => r.RunId), runs.Select(r => r.Id));
        Assert.All(runs, r => Assert.Equal(RunState.Finished, r.State));
        Assert.Equal(Undisturbed(SmallRun.Config), runs[0].Result!.ParametersSha256);
        Assert.Equal(3, runs.Select(r => r.Result!.ParametersSha256).Distinct().Count());

        var again = await new LabSession(plan, store, Paths, () => throw new InvalidOperationException("nothing is left to train")).RunAsync(default);
        Assert.Equal(runs.Select(r => r.Ended), again.Select(r => r.Ended));
    }

    [Fact]
    public async Task A_run_is_exported_under_the_name_of_the_plan_that_asks()
    {
        await RunAsync(Plan(SmallRun.Config));
        var renamed = Plan(SmallRun.Config with { Name = "another plan's" }, SmallRun.Config with { InitSeed = 9 });
        var file = Assert.Single(Lab.Export(renamed, store, folder["results"]));
        Assert.Equal("another plan's", ResultFile.Read(file).Config.Name);
    }

    [Fact]
    public async Task A_worker_killed_without_warning_is_replaced_and_the_run_ends_bit_for_bit_as_undisturbed()
    {
        var running = RunAsync(Plan(Long));
        var caught = await UntilAsync(Long, r => r is { State: RunState.Running, Step: > 120 });
        using (var worker = Process.GetProcessById(caught.Worker!.Pid)) worker.Kill();
        var run = Assert.Single(await running);
        Assert.Equal(RunState.Finished, run.State);
        Assert.Equal(Undisturbed(Long), run.Result!.ParametersSha256);
        Assert.Equal(run.Points.Select(p => p.Step).Distinct(), run.Points.Select(p => p.Step));
        Assert.Equal(Long.Training.Steps, run.Points[^1].Step);
    }

    [Fact]
    public async Task Cancelling_stops_the_worker_at_a_checkpoint_and_the_next_call_goes_on_from_there()
    {
        using var stop = new CancellationTokenSource();
        var running = RunAsync(Plan(Long), stop.Token);
        await UntilAsync(Long, r => r is { State: RunState.Running, Step: > 60 });
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        var stopped = store.Find(Long.RunId)!;
        Assert.Equal(RunState.Stopped, stopped.State);
        var checkpoint = Checkpoint.ReadState(TrainWorker.CheckpointOf(store.FilePath, Long.RunId))!;
        Assert.InRange(checkpoint.Step, 61, Long.Training.Steps - 1);

        var run = Assert.Single(await RunAsync(Plan(Long)));
        Assert.Equal(Undisturbed(Long), run.Result!.ParametersSha256);
        Assert.True(run.Seconds >= checkpoint.Seconds);
    }

    [Fact]
    public async Task Two_notebooks_with_one_plan_train_each_run_once()
    {
        using var other = RunStore.Open(store.FilePath);
        var plan = Plan(SmallRun.Config, SmallRun.Config with { InitSeed = 9 });
        var both = await Task.WhenAll(RunAsync(plan), new LabSession(plan, other, Paths, () => WorkerProcess.Command).RunAsync(default));
        Assert.Equal(both[0].Select(r => (r.Id, r.Ended, r.Seconds)), both[1].Select(r => (r.Id, r.Ended, r.Seconds)));
        foreach (var config in plan.Runs)
            Assert.Single(File.ReadLines(TrainWorker.FileOf(store.FilePath, config.RunId, ".log")), l => l.StartsWith("Finished", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_diverging_run_is_marked_with_its_step_and_the_others_go_on()
    {
        var wild = SmallRun.Config with { Optimizer = new OptimizerConfig { LearningRate = 1e30, WeightDecay = 0 } };
        var runs = await RunAsync(Plan(wild, SmallRun.Config));
        Assert.Equal([RunState.Diverged, RunState.Finished], runs.Select(r => r.State));
        Assert.InRange(runs[0].Step, 2, 20);
        Assert.Contains("not finite", runs[0].Message);
    }

    [Fact]
    public async Task A_run_that_cannot_work_is_reported_with_its_reason_and_the_others_go_on()
    {
        var impossible = SmallRun.Config with { Data = SmallRun.Config.Data with { Path = folder["missing.txt"] } };
        var error = await Assert.ThrowsAsync<RunException>(() => RunAsync(Plan(impossible, SmallRun.Config)));
        Assert.Contains(impossible.RunId, error.Message);
        Assert.Contains("missing.txt", error.Message);
        Assert.Equal(RunState.Failed, store.Find(impossible.RunId)!.State);
        Assert.Equal(RunState.Finished, store.Find(SmallRun.Config.RunId)!.State);
    }

    [Fact]
    public async Task A_worker_that_dies_at_every_attempt_is_given_up_with_the_end_of_its_log()
    {
        var error = await Assert.ThrowsAsync<RunException>(() => new LabSession(Plan(SmallRun.Config), store, Paths, () => new WorkerCommand("/bin/sh", "-c", "echo no luck today; exit 7")).RunAsync(default));
        Assert.Contains("no luck today", error.Message);
        Assert.Contains("3 times", error.Message);
        Assert.Equal(RunState.Failed, store.Find(SmallRun.Config.RunId)!.State);
    }

    [Fact]
    public void A_run_twice_in_a_plan_is_refused() =>
        Assert.Contains("twice", Assert.Throws<ConfigException>(() => Plan(SmallRun.Config, SmallRun.Config with { Name = "the same" })).Message);
}
