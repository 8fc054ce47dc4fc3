using TorchSharp;
using TorchSharp.Distributed;
using Xunit;
using static TorchSharp.distributed;

namespace Compat.Tests.Distributed;

/// <summary>Ranks that are alive and do not join. They are threads of this process: what they share with it is not at issue.</summary>
public sealed class Lateness
{
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Rank_that_does_not_join_is_named_by_all_others(int idle)
    {
        Assert.SkipUnless(File.Exists(Path.Combine(AppContext.BaseDirectory, "libCompatC10d.so")), "this libtorch has no c10d");
        const int Size = 3;
        using var store = new TCPStore("127.0.0.1", 0, is_master: true);
        var groups = await Task.WhenAll(Enumerable.Range(0, Size).Select(rank => Task.Factory.StartNew(
            () => new ProcessGroup("gloo", new(rank, Size, rank, "127.0.0.1", store.Port), Timeout, rank == 0 ? store : new("127.0.0.1", store.Port)),
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        var errors = await Task.WhenAll(groups.Where(group => group.Rank != idle).Select(group => Task.Factory.StartNew(
            () => Assert.Throws<DistError>(() => Reduce(group)),
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        foreach (var error in errors)
        {
            Assert.Equal([idle], error.Ranks);
            Assert.StartsWith($"Rank {idle} of 3 (process {Environment.ProcessId} on ", error.Message);
            Assert.Contains("did not join all_reduce (collective 1) within 2 s, being at 0", error.Message);
        }
        // After a failure the same is said again, and leaving takes no time.
        Assert.Equal(errors[0].Message, Assert.Throws<DistError>(() => Reduce(groups.First(group => group.Rank != idle))).Message);
        foreach (var group in groups.Where(group => group.Rank != idle)) group.Leave();
    }

    static void Reduce(ProcessGroup group)
    {
        using var tensor = torch.ones(10);
        group.Begin("all_reduce", 40, native => TorchSharp.Distributed.Native.NativeMethods.cd_all_reduce(native, tensor.Handle, 0)).wait();
    }
}
