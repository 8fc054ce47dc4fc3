// A real Slurm of one node: its controller and its node's daemon as processes of this user, with ports and folders of their own.

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace AdEMAMix.Cli.Tests.Cluster;

sealed class SlurmCluster : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    readonly string folder = Directory.CreateTempSubdirectory("slurm-").FullName;
    readonly string configuration;
    readonly List<Process> daemons = [];

    SlurmCluster()
    {
        configuration = Path.Combine(folder, "slurm.conf");
        var host = Environment.MachineName.Split('.')[0];
        Directory.CreateDirectory(Path.Combine(folder, "controller"));
        Directory.CreateDirectory(Path.Combine(folder, "node"));
        // Four processors are claimed whatever the machine has, so that two ranks find room. A requeued job waits until its old
        // credential has expired, two minutes if nothing is said.
        File.WriteAllText(configuration, $"""
            ClusterName=test
            SlurmctldHost={host}(127.0.0.1)
            SlurmctldPort={FreePort()}
            SlurmdPort={FreePort()}
            AuthType=auth/none
            AuthInfo=cred_expire=20
            CredType=cred/none
            SlurmUser=root
            SlurmdUser=root
            StateSaveLocation={folder}/controller
            SlurmdSpoolDir={folder}/node
            SlurmctldPidFile={folder}/controller.pid
            SlurmdPidFile={folder}/node.pid
            SlurmctldLogFile={folder}/controller.log
            SlurmdLogFile={folder}/node.log
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            SwitchType=switch/none
            MpiDefault=none
            JobAcctGatherType=jobacct_gather/none
            AccountingStorageType=accounting_storage/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_Core
            SchedulerType=sched/backfill
            SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
            SlurmdParameters=config_overrides
            NodeName=localhost NodeHostname={host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
            PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP

            """);
    }

    /// <summary>Why there can be none here; null where there can.</summary>
    public static string? Missing => !File.Exists("/usr/sbin/slurmctld") || !File.Exists("/usr/sbin/slurmd") ? "Slurm is not installed (Debian's slurm-wlm)."
        : Environment.UserName != "root" ? "Slurm's node daemon needs root." : null;

    public static SlurmCluster Start()
    {
        var cluster = new SlurmCluster();
        try
        {
            cluster.daemons.Add(cluster.Daemon("/usr/sbin/slurmctld", "-D", "-f", cluster.configuration));
            cluster.daemons.Add(cluster.Daemon("/usr/sbin/slurmd", "-D", "-f", cluster.configuration, "-N", "localhost"));
            cluster.Until(() => cluster.Call("sinfo", [], "-h", "-o", "%t").Output.Trim() == "idle", "the node is idle");
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>Submits a job script and returns the job's number.</summary>
    public string Submit(string workingFolder, Dictionary<string, string> environment, params string[] arguments)
    {
        var outcome = Call("sbatch", environment, ["--parsable", "--chdir", workingFolder, .. arguments]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return outcome.Output.Trim();
    }

    /// <summary>Waits for the end of a job, or of all tasks of an array; gives the state and exit code of each, as in "COMPLETED 0:0".</summary>
    public IReadOnlyList<string> WaitFor(string job)
    {
        Until(() => Call("squeue", [], "-h", "-r", "-j", job).Output.Trim().Length == 0, $"job {job} has ended");
        var jobs = Call("scontrol", [], "-o", "show", "job", job).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. jobs.Select(line => $"{Field(line, "JobState")} {Field(line, "ExitCode")}")];
    }

    public void Signal(string job, string signal) => Call("scancel", [], "--signal", signal, job);

    /// <summary>Waits until something holds, with the daemons' last words where it never does.</summary>
    public void Until(Func<bool> holds, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!holds())
        {
            if (Stopwatch.GetElapsedTime(started) > Patience) throw new TimeoutException($"Not before the patience ended: {what}.\n{Tail("controller.log")}\n{Tail("node.log")}");
            Thread.Sleep(50);
        }
    }

    public void Dispose()
    {
        // Where a daemon never came up there is nobody to cancel at.
        if (daemons.Count == 2 && daemons.All(d => !d.HasExited)) Call("scancel", [], "--user", "root", "--full", "--signal", "KILL");
        foreach (var daemon in Enumerable.Reverse(daemons))
        {
            if (!daemon.HasExited) daemon.Kill(entireProcessTree: true);
            daemon.WaitForExit();
            daemon.Dispose();
        }
        Directory.Delete(folder, recursive: true);
    }

    static string Field(string line, string name) => line.Split(' ').First(f => f.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    string Tail(string log) => File.Exists(Path.Combine(folder, log)) ? string.Join('\n', File.ReadLines(Path.Combine(folder, log)).TakeLast(10)) : "";

    Process Daemon(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SLURM_CONF"] = configuration;
        var process = Process.Start(start)!;
        // What they say is in their logs; an unread pipe would stop them.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    Outcome Call(string program, Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SLURM_CONF"] = configuration;
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output, error.Result);
    }
}
