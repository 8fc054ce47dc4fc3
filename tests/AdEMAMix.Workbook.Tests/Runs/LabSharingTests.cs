using System.Globalization;
using System.Text;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

/// <summary>Notebooks that train at the same time, with real worker processes.</summary>
public sealed class LabSharingTests : IDisposable
{
    static readonly WorkbookPaths Paths = WorkbookPaths.Find();
    static readonly MachineRoom Two = new(2, 16L << 30, 100L << 30);

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static RunPlan Plan(string name, int firstSeed, int runs) => new(name, Enumerable.Range(firstSeed, runs).Select(seed => SmallRun.Config with { InitSeed = seed, Training = SmallRun.Config.Training with { Steps = 400, EvaluationInterval = 400 } }));

    // The worker processes of this store that run now.
    int Workers() => Directory.EnumerateDirectories("/proc").Count(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && IsWorker(pid));

    bool IsWorker(int pid)
    {
        try
        {
            var command = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/cmdline")).Split('\0');
            // A worker leads a session; a process that it is about to start does not. The session is the fourth field after the name.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return command.Contains(folder["runs.db"]) && fields[0] != "Z" && fields[3] == pid.ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [Fact]
    public async Task Two_notebooks_with_different_plans_share_the_cores_in_turn_and_never_overfill_them()
    {
        using var store = RunStore.Open(folder["runs.db"]);
        using var other = RunStore.Open(folder["runs.db"]);
        var (first, second) = (Plan("first", 100, 6), Plan("second", 200, 2));
        var running = new LabSession(first, store, Paths, () => WorkerProcess.Command, Two).RunAsync(default);
        using var watch = RunStore.Open(folder["runs.db"]);
        while (!running.IsCompleted && watch.Running().Count == 0) await Task.Delay(10);
        var joined = new LabSession(second, other, Paths, () => WorkerProcess.Command, Two).RunAsync(default);
        var most = 0;
        while (!(running.IsCompleted && joined.IsCompleted))
        {
            most = Math.Max(most, Workers());
            await Task.Delay(10);
        }
        var ends = (await running).Concat(await joined).ToList();
        Assert.All(ends, r => Assert.Equal(RunState.Finished, r.State));
        Assert.InRange(most, 1, 2);
        // The second notebook came when six runs of the first were waiting or running; it was not left until the last.
        var (lastOfFirst, lastOfSecond) = (ends.Take(6).Max(r => r.Ended), ends.Skip(6).Max(r => r.Ended));
        Assert.True(lastOfSecond < lastOfFirst, $"the second notebook's last run ended at {lastOfSecond:O}, the first's at {lastOfFirst:O}");
    }

    [Fact]
    public async Task Each_worker_sees_the_one_GPU_of_its_seat()
    {
        using var store = RunStore.Open(folder["runs.db"]);
        var machine = Two with { Gpus = ["3", "5"], GpuMemoryBytes = 80L << 30 };
        var plan = Plan("gpus", 100, 2);
        // A worker that tells what it sees, before it trains as the others do.
        var speaking = new WorkerCommand("/bin/sh", ["-c", "echo \"sees $CUDA_VISIBLE_DEVICES\"; exec \"$0\" \"$@\"", WorkerProcess.Command.File, .. WorkerProcess.Command.Arguments]);
        await new LabSession(plan, store, Paths, () => speaking, machine).RunAsync(default);
        var seen = plan.Runs.Select(r => File.ReadLines(TrainWorker.FileOf(store.FilePath, r.RunId, ".log")).First()).Order();
        Assert.Equal(["sees 3", "sees 5"], seen);
    }
}
