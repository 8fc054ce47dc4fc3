using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Compat.Tests.Distributed;

/// <summary>Ranks that end, leave, come twice or not at all: every other process says which, and nothing hangs or crashes.</summary>
public sealed class Losses
{
    static void SaysOf(Job.Outcome outcome, int rank, params string[] parts)
    {
        Assert.True(outcome.Code == RankProgram.Failed, $"code {outcome.Code}: {outcome.Error}");
        Assert.Equal([(double)rank], outcome["ranks"]);
        Assert.DoesNotContain('\n', outcome.Error);
        foreach (var part in parts) Assert.Contains(part, outcome.Error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Killed_rank_is_named_by_all_others(int victim)
    {
        using var job = new Job();
        var processes = job.StartAll("forever", 4, timeout: 300);
        foreach (var process in processes) await Job.Until(process, "running");
        processes[victim].Kill();
        var others = processes.Where((_, rank) => rank != victim).ToArray();
        foreach (var outcome in await Job.End(others))
            SaysOf(outcome, victim, $"Rank {victim} of 4 (process {processes[victim].Id} on ", "has ended without leaving the process group", "start all ranks again");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Rank_that_leaves_too_early_is_named(int victim)
    {
        using var job = new Job();
        var processes = job.StartAll("leave", 2, timeout: 300, victim: victim);
        var outcomes = await Job.End(processes);
        Assert.Equal(0, outcomes[victim].Code);
        SaysOf(outcomes[1 - victim], victim, $"Rank {victim} of 2 left the process group", "before all_reduce (collective 2)");
    }

    [Fact]
    public async Task Second_process_of_a_rank_is_refused_and_the_others_go_on()
    {
        using var job = new Job();
        var zero = job.Start("vanish", 0, 3, timeout: 300);
        Process[] twins = [job.Start("vanish", 1, 3, timeout: 300), job.Start("vanish", 1, 3, timeout: 300)];
        var ends = twins.Select(twin => twin.WaitForExitAsync(TestContext.Current.CancellationToken)).ToArray();
        var refused = twins[Array.IndexOf(ends, await Task.WhenAny(ends))];
        var kept = twins.Single(twin => twin != refused);
        SaysOf((await Job.End(refused))[0], 1, "RANK 1 is taken twice", $"process {twins[0].Id} on", $"process {twins[1].Id} on", "a RANK of its own");
        foreach (var outcome in await Job.End(zero, kept, job.Start("vanish", 2, 3, timeout: 300))) Assert.Equal(0, outcome.Code);
    }

    [Fact]
    public async Task World_that_never_fills_up_names_who_came_and_who_did_not()
    {
        using var job = new Job();
        var zero = job.Start("vanish", 0, 4, timeout: 300);
        // Rank 0 waits long; the patience of one rank ends the wait of all.
        await job.Answers();
        var two = job.Start("vanish", 2, 4, timeout: 4);
        foreach (var outcome in await Job.End(zero, two))
        {
            Assert.Equal(RankProgram.Failed, outcome.Code);
            Assert.Equal([1.0, 3.0], outcome["ranks"]);
            Assert.Contains("Only 2 of 4 ranks came within", outcome.Error);
            Assert.Contains("0 and 2 are here, 1 and 3 are missing", outcome.Error);
        }
    }

    [Fact]
    public async Task Another_WORLD_SIZE_than_rank_0s_is_refused()
    {
        using var job = new Job();
        job.Start("vanish", 0, 2, timeout: 300);
        SaysOf((await Job.End(job.Start("vanish", 1, 3, timeout: 300)))[0], 1, "has WORLD_SIZE 3, rank 0 has 2");
    }

    [Fact]
    public async Task Busy_port_is_named()
    {
        using var job = new Job();
        using var other = new TcpListener(IPAddress.Any, job.Port);
        other.Start();
        SaysOf((await Job.End(job.Start("vanish", 0, 2, timeout: 300)))[0], 0, $"Port {job.Port} of this machine is taken by another process", "MASTER_PORT");
    }

    [Theory]
    [InlineData("no-such-host.invalid", "The host 'no-such-host.invalid' of rank 0 is unknown", "set MASTER_ADDR to the name or address")]
    [InlineData("127.0.0.1", "Rank 0 does not answer at 127.0.0.1:", "start the process with RANK 0 there, or set MASTER_ADDR and MASTER_PORT")]
    // An address that is set apart for documentation.
    [InlineData("192.0.2.1", "Rank 0 does not answer at 192.0.2.1:", "set MASTER_ADDR and MASTER_PORT")]
    public async Task Wrong_MASTER_ADDR_is_named(string host, string what, string remedy)
    {
        using var job = new Job();
        SaysOf((await Job.End(job.Start("vanish", 1, 2, timeout: 1, host: host)))[0], 0, what, remedy);
    }

    [Fact]
    public async Task Port_of_a_program_that_never_replies_is_named()
    {
        using var job = new Job();
        using var silent = new TcpListener(IPAddress.Any, job.Port);
        silent.Start();
        var outcome = (await Job.End(job.Start("vanish", 1, 2, timeout: 2)))[0];
        Assert.Equal(RankProgram.Failed, outcome.Code);
        Assert.Contains($"Something answers at 127.0.0.1:{job.Port}, but not as a store", outcome.Error);
    }
}
