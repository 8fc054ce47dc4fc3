using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

/// <summary>Several processes train one run as one process does: real ranks over Gloo on this machine.</summary>
public sealed partial class RanksTests : IDisposable
{
    const int Kill = 9;

    static readonly WorkbookPaths Paths = WorkbookPaths.Find();

    // At a larger learning rate training is chaotic, and a difference in rounding grows until it says nothing.
    static readonly RunConfig Run = SmallRun.Config with
    {
        Optimizer = new OptimizerConfig { Kind = "AdEMAMix", LearningRate = 1e-3, AlphaWarmup = 4000, Beta3Warmup = 4000 },
        Training = SmallRun.Config.Training with { Steps = 200, EvaluationInterval = 50, EvaluationWindows = 70, ReportInterval = 10, CheckpointInterval = 50 },
    };

    static readonly RunConfig Long = Run with { Training = Run.Training with { Steps = 1000 } };

    // The tests of a class run one after the other, and each kill is compared with the same run.
    static Task<string>? undisturbed;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Store(string name) => folder[Path.Combine(name, "runs.db")];

    async Task<(int Code, string Output)> TrainAsync(RunConfig config, int ranks, string store, RankOptions? options = null, CancellationToken cancellation = default, StringWriter? output = null)
    {
        Directory.CreateDirectory(folder[store]);
        var file = folder[$"{config.RunId}.json"];
        await File.WriteAllTextAsync(file, config.ToJson(), CancellationToken.None);
        output ??= new StringWriter();
        var code = await RankLauncher.RunAsync(WorkerProcess.Command, Paths, file, Store(store), ranks, options ?? new RankOptions(Timeout: TimeSpan.FromSeconds(60)), cancellation, output);
        lock (output) return (code, output.ToString());
    }

    RunRecord Record(RunConfig config, string store)
    {
        using var runs = RunStore.Open(Store(store));
        return runs.Find(config.RunId)!;
    }

    static IReadOnlyList<RunPoint> Alone(RunConfig config)
    {
        using var trainer = new Trainer(config, SmallRun.Text);
        trainer.Train();
        return trainer.Points;
    }

    static void AssertSameLosses(IReadOnlyList<RunPoint> expected, IReadOnlyList<RunPoint> actual)
    {
        Assert.Equal(expected.Select(p => (p.Step, p.Tokens)), actual.Select(p => (p.Step, p.Tokens)));
        foreach (var (one, other) in expected.Zip(actual))
        {
            Assert.Equal(one.TrainLoss, other.TrainLoss, 1e-5);
            if (one.ValidationLoss is { } loss) Assert.Equal(loss, other.ValidationLoss!.Value, 1e-5);
        }
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(4, null)]
    [InlineData(3, 1)]
    public async Task Ranks_have_the_losses_of_one_process_with_the_same_batch(int ranks, int? microBatch)
    {
        var config = Run with { Training = Run.Training with { MicroBatchSize = microBatch } };
        var (code, output) = await TrainAsync(config, ranks, "a");
        Assert.True(code == 0, output);
        var record = Record(config, "a");
        Assert.Equal(RunState.Finished, record.State);
        Assert.Equal(ranks == 1 ? null : ranks, record.Environment!.Ranks);
        AssertSameLosses(Alone(Run), record.Points);
    }

    [Fact]
    public async Task Divided_states_give_the_run_with_whole_states_bit_for_bit()
    {
        const int ranks = 3;
        var config = Run with { Optimizer = Run.Optimizer with { LearningRate = 1e-2 } };
        var (code, output) = await TrainAsync(config, ranks, "whole");
        Assert.True(code == 0, output);
        (code, output) = await TrainAsync(config, ranks, "divided", new RankOptions(ShardStates: true, TimeSpan.FromSeconds(60)));
        Assert.True(code == 0, output);
        Assert.Equal(Record(config, "whole").Result!.ParametersSha256, Record(config, "divided").Result!.ParametersSha256);

        // What each rank says that it keeps, against the estimate of a whole optimizer.
        var whole = RunEstimate.Of(config, SmallRun.Text.Tokenizer.VocabularySize).StateBytes;
        var parts = output.Split('\n').Where(line => line.Contains("bytes of optimizer states", StringComparison.Ordinal)).Select(line => long.Parse(line.Split(' ').First(word => word.Length > 3 && char.IsAsciiDigit(word[0])), NumberStyles.AllowThousands, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(ranks, parts.Count);
        Assert.Equal(whole, parts.Sum());
        Assert.All(parts, bytes => Assert.InRange(bytes, 0.95 * whole / ranks, 1.05 * whole / ranks));
    }

    [Fact]
    public async Task A_checkpoint_of_four_ranks_with_divided_states_resumes_on_one_and_on_two()
    {
        using var stop = new CancellationTokenSource();
        var training = TrainAsync(Run, 4, "four", new RankOptions(ShardStates: true, TimeSpan.FromSeconds(60)), stop.Token);
        await UntilAsync(training, "four", Run, run => run.Step >= 20);
        await stop.CancelAsync();
        var (code, output) = await training;
        var stopped = Record(Run, "four");
        Assert.True(code == 130 && stopped.State == RunState.Stopped, output);
        Assert.InRange(stopped.Step, 20, 199);

        var alone = Alone(Run);
        foreach (var (ranks, name) in new[] { (1, "one"), (2, "two") })
        {
            CopyFolder(folder["four"], folder[name]);
            (code, output) = await TrainAsync(Run, ranks, name);
            Assert.True(code == 0, output);
            AssertSameLosses(alone, Record(Run, name).Points);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task When_a_rank_is_killed_the_others_name_it_and_the_run_goes_on_from_its_checkpoint(int victim)
    {
        const int Ranks = 3;
        var output = new StringWriter();
        var training = TrainAsync(Long, Ranks, "killed", output: output);
        await UntilAsync(training, "killed", Long, run => run.Step >= 60);
        Assert.Equal(0, Signal(PidOf(victim), Kill));
        var (code, text) = await training.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.NotEqual(0, code);
        Assert.Matches($"[Rr]ank {victim}\\b", string.Join('\n', text.Split('\n').Where(l => !l.StartsWith("rank ", StringComparison.Ordinal) || l.IndexOf(": ", StringComparison.Ordinal) > 0).Select(l => l.StartsWith("rank ", StringComparison.Ordinal) ? l[(l.IndexOf(": ", StringComparison.Ordinal) + 2)..] : l)));

        (code, text) = await TrainAsync(Long, Ranks, "killed");
        Assert.True(code == 0, text);
        Assert.Equal(await (undisturbed ??= UndisturbedAsync(Ranks)), Record(Long, "killed").Result!.ParametersSha256);
    }

    async Task<string> UndisturbedAsync(int ranks)
    {
        var (code, text) = await TrainAsync(Long, ranks, "undisturbed");
        Assert.True(code == 0, text);
        return Record(Long, "undisturbed").Result!.ParametersSha256;
    }

    [Fact]
    public async Task Ranks_with_different_configurations_are_told_so()
    {
        var (port, other) = (FreePort(), Run with { InitSeed = 77 });
        var outputs = await Task.WhenAll(StartAsync(0, 2, port, Run), StartAsync(1, 2, port, other));
        Assert.All(outputs, o => Assert.Equal(1, o.Code));
        Assert.All(outputs, o => Assert.Contains($"Rank 1 and rank 0 do not have the same configuration ({other.RunId} and {Run.RunId})", o.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ranks_with_different_data_are_told_so()
    {
        // The same path on two machines, with another content: here by a root of its own for each rank.
        var config = Run with { Data = Run.Data with { Path = "text.txt" } };
        var text = await File.ReadAllTextAsync(SmallRun.TextFile);
        foreach (var (name, content) in new[] { ("here", text), ("there", text + text[..50]) })
        {
            Directory.CreateDirectory(folder[name]);
            await File.WriteAllTextAsync(folder[Path.Combine(name, "AdEMAMix.Workbook.sln")], "");
            await File.WriteAllTextAsync(folder[Path.Combine(name, "text.txt")], content);
        }
        var port = FreePort();
        var outputs = await Task.WhenAll(StartAsync(0, 2, port, config, folder["here"]), StartAsync(1, 2, port, config, folder["there"]));
        Assert.All(outputs, o => Assert.Equal(1, o.Code));
        Assert.All(outputs, o => Assert.Contains("Rank 1 and rank 0 do not have the same data", o.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, "0 ranks cannot train a run")]
    [InlineData(5, "5 ranks cannot share a batch of 4")]
    public async Task A_number_of_ranks_that_cannot_be_is_refused(int ranks, string message)
    {
        var problem = await Assert.ThrowsAsync<ConfigException>(() => TrainAsync(Run, ranks, "none"));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_ranks_cannot_do_together_is_refused_by_name()
    {
        var muon = Run with { Optimizer = new OptimizerConfig { Kind = "Muon", LearningRate = 1e-3 } };
        var (code, output) = await TrainAsync(muon, 2, "muon", new RankOptions(ShardStates: true, TimeSpan.FromSeconds(60)));
        Assert.Equal(2, code);
        Assert.Contains("Muon steps on whole matrices", output, StringComparison.Ordinal);
        var measured = Run with { Averaging = new AveragingConfig { Decays = [0.9] } };
        (code, output) = await TrainAsync(measured, 2, "averaging");
        Assert.Equal(2, code);
        Assert.Contains("measured by one process alone", output, StringComparison.Ordinal);
    }

    async Task<(int Code, string Output)> StartAsync(int rank, int ranks, int port, RunConfig config, string? root = null)
    {
        var file = folder[$"rank{rank}.json"];
        await File.WriteAllTextAsync(file, config.ToJson());
        var output = new StringWriter();
        Directory.CreateDirectory(folder[$"store{rank}"]);
        using var process = WorkerProcess.Command.StartRank(rank, ranks, port, file, Store($"store{rank}"), new RankOptions(Timeout: TimeSpan.FromSeconds(60)), 1, root is null ? Paths : new WorkbookPaths(root), output);
        await process.WaitForExitAsync();
        lock (output) return (process.ExitCode, output.ToString());
    }

    async Task UntilAsync(Task<(int Code, string Output)> training, string store, RunConfig config, Func<RunRecord, bool> holds)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1))
        {
            if (File.Exists(Store(store)) && Record(config, store) is { } run && holds(run)) return;
            if (training.IsCompleted) Assert.Fail($"It ended before: {(await training).Output}");
            await Task.Delay(20);
        }
        throw new TimeoutException($"Run {config.RunId} did not get there.");
    }

    // The child of this process that is the rank, by its environment.
    int PidOf(int rank) => Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => name!.All(char.IsAsciiDigit)).Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
        .Single(pid => Read(pid, "cmdline").Contains(folder.Path, StringComparison.Ordinal) && Read(pid, "environ").Split('\0').Contains(string.Create(CultureInfo.InvariantCulture, $"RANK={rank}")));

    static string Read(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int pid, int signal);
}
