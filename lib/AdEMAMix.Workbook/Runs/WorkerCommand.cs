using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace AdEMAMix.Workbook;

/// <summary>How a worker process is started: the `workbook` program, by file and first arguments.</summary>
/// <param name="File">An executable.</param>
/// <param name="Arguments">Arguments before "train".</param>
sealed partial record WorkerCommand(string File, params IReadOnlyList<string> Arguments)
{
    const int Terminate = 15;

    /// <summary>The program beside this library, or in the workbook's published or built output.</summary>
    /// <exception cref="RunException">There is none.</exception>
    public static WorkerCommand Find(WorkbookPaths paths)
    {
        var beside = Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location) ?? AppContext.BaseDirectory;
        var built = Path.Combine(paths.Root, "lib", "AdEMAMix.Cli", "bin");
        string[] folders = [beside, AppContext.BaseDirectory, Path.Combine(paths.Root, "lib", "dist"), Path.Combine(built, "Release", "net10.0"), Path.Combine(built, "Debug", "net10.0")];
        foreach (var folder in folders)
        {
            if (System.IO.File.Exists(Path.Combine(folder, "workbook"))) return new(Path.Combine(folder, "workbook"));
            if (System.IO.File.Exists(Path.Combine(folder, "workbook.dll"))) return new("dotnet", Path.Combine(folder, "workbook.dll"));
        }
        throw new RunException($"The program 'workbook' that trains runs is not beside the library ({beside}): run 'environment/workbook setup', which builds it.");
    }

    /// <summary>Starts a worker in a session of its own, so that it outlives this process and its terminal.</summary>
    /// <param name="config">The run's configuration.</param>
    /// <param name="store">The run store.</param>
    /// <param name="threads">Threads of libtorch and BLAS.</param>
    /// <param name="log">Where its output goes.</param>
    /// <param name="paths">The workbook.</param>
    /// <param name="gpu">The one GPU that it shall see, as CUDA_VISIBLE_DEVICES names it; null for what this process sees.</param>
    public Process Start(string config, string store, int threads, string log, WorkbookPaths paths, string? gpu = null)
    {
        // setsid keeps the process id: the shell that .NET starts leads no group, and both exec.
        const string Detach = "exec setsid \"$@\" >>\"$0\" 2>&1 </dev/null";
        var start = new ProcessStartInfo("/bin/sh", ["-c", Detach, log, File, .. Arguments, "train", config, "--store", store]) { WorkingDirectory = paths.Root, UseShellExecute = false };
        Prepare(start, threads, paths);
        // A notebook may itself have been started by srun or torchrun; its workers are no ranks of that.
        foreach (var name in new[] { "RANK", "WORLD_SIZE", "SLURM_PROCID" }) start.Environment.Remove(name);
        if (gpu is not null) start.Environment["CUDA_VISIBLE_DEVICES"] = gpu;
        start.Environment[TrainWorker.LauncherVariable] = ProcessIdentity.Current.ToString();
        return Process.Start(start)!;
    }

    /// <summary>Starts one rank of a run as a child of this process; its lines come out here, those of all but the first with its number.</summary>
    public Process StartRank(int rank, int ranks, int port, string config, string? store, RankOptions options, int threads, WorkbookPaths paths, TextWriter? output)
    {
        List<string> arguments = [.. Arguments, "train", config];
        if (store is not null) arguments.AddRange(["--store", store]);
        if (options.ShardStates) arguments.Add("--shard-states");
        if (options.Timeout is { } timeout) arguments.AddRange(["--rank-timeout", timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)]);
        var start = new ProcessStartInfo(File, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        Prepare(start, threads, paths);
        foreach (var (name, value) in RankLauncher.Variables(rank, ranks, port)) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Write(line.Data, output ?? Console.Out);
        process.ErrorDataReceived += (_, line) => Write(line.Data, output ?? Console.Error);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Write(string? line, TextWriter writer)
        {
            if (line is null) return;
            lock (writer) writer.WriteLine(ranks == 1 || rank == 0 ? line : string.Create(CultureInfo.InvariantCulture, $"rank {rank}: {line}"));
        }
    }

    static void Prepare(ProcessStartInfo start, int threads, WorkbookPaths paths)
    {
        var count = threads.ToString(CultureInfo.InvariantCulture);
        start.Environment["OMP_NUM_THREADS"] = count;
        start.Environment["OPENBLAS_NUM_THREADS"] = count;
        start.Environment["WORKBOOK_ROOT"] = paths.Root;
    }

    /// <summary>Asks a process to end in an orderly way.</summary>
    public static void Stop(int pid) => _ = Kill(pid, Terminate);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
