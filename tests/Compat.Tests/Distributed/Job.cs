// Ranks as real processes: this test program, started again with "--rank".

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Compat.Tests.Distributed;

/// <summary>The processes of one job; those that still run are killed at its end.</summary>
sealed class Job : IDisposable
{
    static readonly string[] Launchers = ["RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"];

    readonly List<Process> _processes = [];

    public Job() => Assert.SkipUnless(File.Exists(Path.Combine(AppContext.BaseDirectory, "libCompatC10d.so")), "this libtorch has no c10d");

    /// <summary>Below the range from which outgoing connections take theirs, so that none takes it meanwhile.</summary>
    public int Port { get; } = FreePort();

    /// <summary>What a rank says and how it ends.</summary>
    public sealed record Outcome(int Code, string Output, string Error)
    {
        /// <summary>The numbers of the line that begins with the name.</summary>
        public double[] this[string name] =>
            [.. Output.Split('\n').Single(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..]
                .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
    }

    public Process Start(string scenario, int rank, int size, double timeout = 60, string host = "127.0.0.1", int? victim = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["--rank", scenario]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("SLURM_", StringComparison.Ordinal) || Launchers.Contains(name)).ToArray()) start.Environment.Remove(name);
        start.Environment["RANK"] = Text(rank);
        start.Environment["WORLD_SIZE"] = Text(size);
        start.Environment["MASTER_ADDR"] = host;
        start.Environment["MASTER_PORT"] = Text(Port);
        start.Environment["TEST_TIMEOUT"] = timeout.ToString(CultureInfo.InvariantCulture);
        start.Environment["TEST_VICTIM"] = Text(victim ?? -1);
        var process = Process.Start(start)!;
        _processes.Add(process);
        return process;

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    public Process[] StartAll(string scenario, int size, double timeout = 60, int? victim = null) =>
        [.. Enumerable.Range(0, size).Select(rank => Start(scenario, rank, size, timeout, victim: victim))];

    /// <summary>Waits for the processes to end; a minute is a hang.</summary>
    public static async Task<Outcome[]> End(params Process[] processes)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        return await Task.WhenAll(processes.Select(async process =>
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new Outcome(process.ExitCode, await output, (await error).Trim());
        }));
    }

    /// <summary>Reads what a rank says up to and with that line.</summary>
    public static async Task Until(Process process, string line)
    {
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } said)
            if (said.StartsWith(line, StringComparison.Ordinal)) return;
        Assert.Fail($"a rank ended before it said '{line}': {await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)}");
    }

    /// <summary>Waits until rank 0 serves its port.</summary>
    public async Task Answers()
    {
        while (true)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
                return;
            }
            catch (SocketException)
            {
                if (_processes[0].HasExited) throw new InvalidOperationException($"rank 0 ended: {await _processes[0].StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)}");
            }
        }
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited) process.Kill();
            process.Dispose();
        }
    }

    static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20000, 32000);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Any, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: another.
            }
        }
    }
}
