// Which of the processes of a job this one is, from the variables that launchers set.

using System.Globalization;

namespace TorchSharp;

/// <summary>
/// This process's place in a job. torchrun and its like set RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT; Slurm's srun
/// sets SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID and SLURM_JOB_NODELIST. With neither, it is the only process.
/// </summary>
/// <param name="Rank">0 to <paramref name="WorldSize"/> - 1.</param>
/// <param name="WorldSize">The number of processes.</param>
/// <param name="LocalRank">The number of this process among those of its machine: which GPU it takes.</param>
/// <param name="MasterAddress">The machine of rank 0.</param>
/// <param name="MasterPort">The port at which rank 0 serves the store.</param>
public sealed record LaunchEnvironment(int Rank, int WorldSize, int LocalRank, string MasterAddress, int MasterPort)
{
    const int DefaultPort = 29500;

    /// <summary>Reads the variables.</summary>
    /// <param name="variable">Looks one up; the environment's if not given.</param>
    /// <exception cref="distributed.DistError">One is missing or wrong: its name, its value, the remedy.</exception>
    public static LaunchEnvironment Read(Func<string, string?>? variable = null)
    {
        var source = variable ?? Environment.GetEnvironmentVariable;
        string? Value(string name) => source(name) is { } text && text.Trim().Length > 0 ? text.Trim() : null;

        if (Value("RANK") is not null || Value("WORLD_SIZE") is not null)
        {
            var size = Number(Value, "WORLD_SIZE", 1, int.MaxValue, "the number of processes");
            var rank = Number(Value, "RANK", 0, size - 1, "this process's number, below WORLD_SIZE");
            // Without it all ranks are taken to be on one machine.
            var local = Value("LOCAL_RANK") is null ? rank : Number(Value, "LOCAL_RANK", 0, size - 1, "this process's number among those of its machine");
            if (size > 1 && Value("MASTER_ADDR") is null)
                throw new distributed.DistError(FormattableString.Invariant($"MASTER_ADDR is not set although WORLD_SIZE is {size}: set it to the name or address of the machine where rank 0 runs (127.0.0.1 if all ranks run here)."));
            return new(rank, size, local, Value("MASTER_ADDR") ?? "127.0.0.1", Port(Value, size == 1 ? 0 : DefaultPort));
        }

        if (Value("SLURM_PROCID") is not null)
        {
            var size = Number(Value, Value("SLURM_STEP_NUM_TASKS") is null ? "SLURM_NTASKS" : "SLURM_STEP_NUM_TASKS", 1, int.MaxValue, "the number of tasks");
            var rank = Number(Value, "SLURM_PROCID", 0, size - 1, "this task's number, below the number of tasks");
            var local = Value("SLURM_LOCALID") is null ? rank : Number(Value, "SLURM_LOCALID", 0, size - 1, "this task's number on its node");
            if (size > 1 && Value("SLURM_JOB_ID") is not null && Value("SLURM_STEP_ID") is null)
                throw new distributed.DistError(FormattableString.Invariant($"SLURM_NTASKS is {size} but this process was started by the batch script itself, so the other tasks do not exist (SLURM_STEP_ID is not set): start it with srun, or with 'env -u SLURM_PROCID' to train in one process."));
            var host = Value("MASTER_ADDR") ?? FirstHost(Value("SLURM_STEP_NODELIST") ?? Value("SLURM_JOB_NODELIST") ?? Value("SLURM_NODELIST")) ?? Value("SLURM_LAUNCH_NODE_IPADDR");
            if (size > 1 && host is null)
                throw new distributed.DistError(FormattableString.Invariant($"Neither MASTER_ADDR nor SLURM_JOB_NODELIST nor SLURM_LAUNCH_NODE_IPADDR is set although SLURM_NTASKS is {size}: set MASTER_ADDR to the node where task 0 runs."));
            return new(rank, size, local, host ?? "127.0.0.1", Port(Value, size == 1 ? 0 : JobPort(Value("SLURM_JOB_ID"), Value("SLURM_STEP_ID"))));
        }

        return new(0, 1, 0, "127.0.0.1", 0);
    }

    /// <summary>Whether other processes take part.</summary>
    public bool IsDistributed => WorldSize > 1;

    /// <summary>The first host of Slurm's notation: node03 of "node[03-05,9],other".</summary>
    internal static string? FirstHost(string? list)
    {
        if (string.IsNullOrEmpty(list)) return null;
        var host = new System.Text.StringBuilder();
        for (var i = 0; i < list.Length && list[i] != ','; i++)
        {
            if (list[i] != '[')
            {
                host.Append(list[i]);
                continue;
            }
            var end = list.IndexOf(']', i);
            if (end < 0) break;
            host.Append(list.AsSpan(i + 1, list.AsSpan(i + 1, end - i - 1).IndexOfAny(',', '-') is var cut and >= 0 ? cut : end - i - 1));
            i = end;
        }
        return host.ToString();
    }

    // Two jobs, or two steps of one, may share a node.
    static int JobPort(string? job, string? step) =>
        long.TryParse(job, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? 20000 + (int)((id * 7 + (long.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var part) ? part : 0)) % 10000)
            : DefaultPort;

    static int Port(Func<string, string?> value, int otherwise) =>
        value("MASTER_PORT") is null ? otherwise : Number(value, "MASTER_PORT", 1, 65535, "a port that is free on the machine of rank 0, the same for all ranks");

    static int Number(Func<string, string?> value, string name, int least, int most, string meaning)
    {
        var text = value(name);
        if (text is not null && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        var range = most == int.MaxValue ? FormattableString.Invariant($"{least} or more") : FormattableString.Invariant($"{least} to {most}");
        throw new distributed.DistError(text is null
            ? $"{name} is not set: set it to {meaning}, or unset the launcher's other variables to train in one process."
            : $"{name} is '{text}': set it to {meaning} ({range}).");
    }
}
