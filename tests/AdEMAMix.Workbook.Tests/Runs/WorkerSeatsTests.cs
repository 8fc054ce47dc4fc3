using System.Diagnostics;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class WorkerSeatsTests : IDisposable
{
    const long GiB = 1L << 30;

    static readonly WorkbookPaths Paths = WorkbookPaths.Find();
    static readonly MachineRoom Two = new(2, 16 * GiB, 100 * GiB);

    readonly TemporaryFolder folder = new();
    readonly RunStore store;

    public WorkerSeatsTests() => store = RunStore.Open(folder["runs.db"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    WorkerSeats Join(MachineRoom? machine = null, params IEnumerable<int> runs) => new(store, machine ?? Two, Paths, runs.Select(r => Run(r).RunId));

    static RunConfig Run(int seed, int threads = 1) => SmallRun.Config with { InitSeed = seed, Training = SmallRun.Config.Training with { Threads = threads } };

    static WorkerSeat? Take(WorkerSeats seats, RunConfig run) => seats.TryTake(run, RunEstimate.Of(run, 41));

    // A process that has ended: its id means nothing any more.
    static int Ended()
    {
        using var process = Process.Start("true");
        process.WaitForExit();
        return process.Id;
    }

    [Fact]
    public void Two_notebooks_together_take_no_more_seats_than_there_are_cores()
    {
        using var first = Join();
        using var second = Join();
        Assert.NotNull(Take(first, Run(1)));
        Assert.NotNull(Take(second, Run(2)));
        Assert.Null(Take(first, Run(3)));
        Assert.Null(Take(second, Run(4)));
    }

    [Fact]
    public void A_run_has_one_seat_whoever_asks()
    {
        using var first = Join();
        using var second = Join();
        Assert.NotNull(Take(first, Run(1)));
        Assert.Null(Take(second, Run(1)));
    }

    [Fact]
    public void The_notebook_with_fewer_seats_goes_first()
    {
        using var first = Join();
        using var second = Join();
        Assert.NotNull(Take(first, Run(1)));
        Assert.NotNull(Take(first, Run(2)));
        Assert.Null(Take(second, Run(11)));
        first.Started(Run(1).RunId, Ended());
        Assert.Null(Take(first, Run(3)));
        Assert.NotNull(Take(second, Run(11)));
        // One each: who was served longest ago.
        Assert.Null(Take(second, Run(12)));
        Assert.Null(Take(first, Run(3)));
        second.Started(Run(11).RunId, Ended());
        Assert.Null(Take(first, Run(3)));
        Assert.NotNull(Take(second, Run(12)));
        Assert.Null(Take(second, Run(13)));
        // A notebook that has nothing to start leaves its turn to the other.
        second.Started(Run(12).RunId, Ended());
        Assert.Null(Take(first, Run(3)));
        second.Rest();
        Assert.NotNull(Take(first, Run(3)));
    }

    [Fact]
    public void A_run_of_two_threads_waits_for_two_cores_and_is_not_starved()
    {
        using var small = Join();
        using var large = Join();
        Assert.NotNull(Take(small, Run(1)));
        Assert.NotNull(Take(small, Run(2)));
        Assert.Null(Take(large, Run(11, threads: 2)));
        small.Started(Run(1).RunId, Ended());
        Assert.Null(Take(small, Run(3)));
        Assert.Null(Take(large, Run(11, threads: 2)));
        small.Started(Run(2).RunId, Ended());
        Assert.Null(Take(small, Run(3)));
        Assert.NotNull(Take(large, Run(11, threads: 2)));
        Assert.Null(Take(small, Run(3)));
    }

    [Fact]
    public void Memory_counts_as_cores_do_and_one_run_always_goes()
    {
        var needed = RunEstimate.Of(Run(1), 41).MemoryBytes;
        using var seats = Join(Two with { MemoryBytes = needed });
        Assert.NotNull(Take(seats, Run(1, threads: 8)));
        Assert.Null(Take(seats, Run(2)));
    }

    [Fact]
    public void Each_worker_has_a_GPU_of_its_own_and_a_free_one_is_used_again()
    {
        using var seats = Join(Two with { Cores = 64, Gpus = MachineRoom.Devices("3,5", 2), GpuMemoryBytes = 80 * GiB });
        Assert.Equal("3", Take(seats, Run(1))!.Value.Gpu);
        Assert.Equal("5", Take(seats, Run(2))!.Value.Gpu);
        Assert.Null(Take(seats, Run(3)));
        seats.Started(Run(1).RunId, Ended());
        Assert.Equal("3", Take(seats, Run(3))!.Value.Gpu);
        Assert.Equal(["0", "1"], MachineRoom.Devices(null, 2));
    }

    [Fact]
    public void A_notebook_that_comes_back_counts_the_seats_of_its_workers_that_went_on()
    {
        using (var gone = Join(null, 1, 2))
        {
            Assert.NotNull(Take(gone, Run(1)));
            gone.Started(Run(1).RunId, Environment.ProcessId);
        }
        using var other = Join();
        using var back = Join(null, 1, 2);
        Assert.NotNull(Take(other, Run(11)));
        Assert.Null(Take(back, Run(2)));
        Assert.Null(Take(other, Run(12)));
        other.Started(Run(11).RunId, Ended());
        // One seat against none.
        Assert.Null(Take(back, Run(2)));
        Assert.NotNull(Take(other, Run(12)));
    }

    [Fact]
    public void A_run_trained_by_hand_takes_its_cores()
    {
        Assert.NotNull(store.TryClaim(Run(21, threads: 2), ProcessIdentity.Current));
        using var seats = Join();
        Assert.Null(Take(seats, Run(1)));
    }
}
