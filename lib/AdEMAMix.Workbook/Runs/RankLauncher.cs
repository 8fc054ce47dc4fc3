using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AdEMAMix.Workbook;

/// <summary>Starts the ranks of a run on this machine and waits for them, where no launcher such as srun or torchrun does.</summary>
public static class RankLauncher
{
    // After the first rank has failed the others find out by themselves, and say which one it was.
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    /// <summary>Trains one run in several processes.</summary>
    /// <param name="config">The run's configuration file.</param>
    /// <param name="store">The run store; null for the workbook's.</param>
    /// <param name="ranks">How many processes: from 1 to the batch size.</param>
    /// <param name="options">What they agree on.</param>
    /// <param name="cancellation">Stops all of them at a checkpoint.</param>
    /// <returns>The exit code of the first rank, or of the first one that failed.</returns>
    /// <exception cref="ConfigException">The configuration is wrong or the batch cannot be divided among so many.</exception>
    public static Task<int> RunAsync(string config, string? store, int ranks, RankOptions options, CancellationToken cancellation = default)
    {
        var paths = WorkbookPaths.Find();
        return RunAsync(WorkerCommand.Find(paths), paths, config, store, ranks, options, cancellation);
    }

    internal static async Task<int> RunAsync(WorkerCommand worker, WorkbookPaths paths, string config, string? store, int ranks, RankOptions options, CancellationToken cancellation, TextWriter? output = null)
    {
        var run = RunConfig.Load(config);
        if (ranks < 1) throw new ConfigException($"{ranks} ranks cannot train a run: choose at least 1.");
        if (ranks > run.Training.BatchSize) throw new ConfigException($"{ranks} ranks cannot share a batch of {run.Training.BatchSize}: choose at most so many, or a larger training.batchSize.");
        if (ranks > 1 && run.Training.Threads * ranks > Environment.ProcessorCount)
            (output ?? Console.Error).WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ranks} ranks with {run.Training.Threads} threads each share {Environment.ProcessorCount} processors: they take turns."));
        var port = FreePort();
        var processes = Enumerable.Range(0, ranks).Select(rank => worker.StartRank(rank, ranks, port, config, store, options, run.Training.Threads, paths, output)).ToList();
        try
        {
            using var onStop = cancellation.Register(() => processes.ForEach(p => WorkerCommand.Stop(p.Id)));
            var open = processes.Select(p => p.WaitForExitAsync(CancellationToken.None)).ToList();
            while (open.Count > 0 && processes.All(p => !p.HasExited || p.ExitCode == 0)) open.Remove(await Task.WhenAny(open));
            await Task.WhenAny(Task.WhenAll(open), Task.Delay(open.Count > 0 ? Grace : TimeSpan.Zero, CancellationToken.None));
        }
        finally
        {
            foreach (var process in processes.Where(p => !p.HasExited)) process.Kill(entireProcessTree: true);
        }
        foreach (var process in processes) await process.WaitForExitAsync(CancellationToken.None);
        var code = processes[0].ExitCode is not 0 and var first ? first : processes.Select(p => p.ExitCode).FirstOrDefault(c => c != 0);
        processes.ForEach(p => p.Dispose());
        return code;
    }

    /// <summary>What a launcher tells a rank of this machine.</summary>
    internal static IReadOnlyDictionary<string, string> Variables(int rank, int ranks, int port) =>
        new[] { ("RANK", rank), ("LOCAL_RANK", rank), ("WORLD_SIZE", ranks), ("MASTER_PORT", port) }
            .Select(v => (v.Item1, v.Item2.ToString(CultureInfo.InvariantCulture))).Append(("MASTER_ADDR", "127.0.0.1")).ToDictionary();

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
