using TorchSharp;
using Xunit;
using static TorchSharp.distributed;

namespace Compat.Tests.Distributed;

public sealed class LaunchVariables
{
    /// <summary>"NAME=value NAME=value"</summary>
    static LaunchEnvironment Read(string variables)
    {
        var set = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return LaunchEnvironment.Read(set.GetValueOrDefault);
    }

    [Fact]
    public void Without_a_launcher_this_is_the_only_process()
    {
        var place = Read("MASTER_ADDR=node1 SLURM_NTASKS=8");
        Assert.Equal(new(0, 1, 0, "127.0.0.1", 0), place);
        Assert.False(place.IsDistributed);
    }

    [Theory]
    [InlineData("RANK=3 WORLD_SIZE=8 LOCAL_RANK=1 MASTER_ADDR=node1 MASTER_PORT=1234", 3, 8, 1, "node1", 1234)]
    [InlineData("RANK=3 WORLD_SIZE=4 MASTER_ADDR=127.0.0.1", 3, 4, 3, "127.0.0.1", 29500)]
    // torchrun inside a Slurm job: its variables are the nearer ones.
    [InlineData("RANK=1 WORLD_SIZE=2 MASTER_ADDR=a MASTER_PORT=5 SLURM_PROCID=0 SLURM_NTASKS=1", 1, 2, 1, "a", 5)]
    [InlineData("SLURM_PROCID=5 SLURM_NTASKS=8 SLURM_LOCALID=1 SLURM_JOB_ID=1234 SLURM_STEP_ID=0 SLURM_JOB_NODELIST=gpu[03-05,9]", 5, 8, 1, "gpu03", 28638)]
    [InlineData("SLURM_PROCID=5 SLURM_NTASKS=8 SLURM_LOCALID=1 SLURM_JOB_ID=1234 SLURM_STEP_ID=2 SLURM_JOB_NODELIST=a-[7]-ib[1,2],b", 5, 8, 1, "a-7-ib1", 28640)]
    [InlineData("SLURM_PROCID=1 SLURM_NTASKS=2 SLURM_LAUNCH_NODE_IPADDR=10.0.0.7", 1, 2, 1, "10.0.0.7", 29500)]
    [InlineData("SLURM_PROCID=1 SLURM_NTASKS=2 SLURM_JOB_NODELIST=a,b MASTER_ADDR=b MASTER_PORT=77", 1, 2, 1, "b", 77)]
    [InlineData("SLURM_PROCID=1 SLURM_NTASKS=8 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_NODELIST=c3 SLURM_JOB_NODELIST=c[1-4]", 1, 2, 1, "c3", 29500)]
    public void Launchers_variables_say_which_rank_this_is(string variables, int rank, int size, int local, string host, int port) =>
        Assert.Equal(new(rank, size, local, host, port), Read(variables));

    [Theory]
    [InlineData("RANK=0", "WORLD_SIZE is not set: set it to the number of processes, or unset the launcher's other variables to train in one process.")]
    [InlineData("WORLD_SIZE=2", "RANK is not set: set it to this process's number, below WORLD_SIZE, or unset the launcher's other variables to train in one process.")]
    [InlineData("RANK=2 WORLD_SIZE=2", "RANK is '2': set it to this process's number, below WORLD_SIZE (0 to 1).")]
    [InlineData("RANK=one WORLD_SIZE=2", "RANK is 'one': set it to this process's number, below WORLD_SIZE (0 to 1).")]
    [InlineData("RANK=0 WORLD_SIZE=0", "WORLD_SIZE is '0': set it to the number of processes (1 or more).")]
    [InlineData("RANK=0 WORLD_SIZE=2", "MASTER_ADDR is not set although WORLD_SIZE is 2: set it to the name or address of the machine where rank 0 runs (127.0.0.1 if all ranks run here).")]
    [InlineData("RANK=0 WORLD_SIZE=2 LOCAL_RANK=-1 MASTER_ADDR=a", "LOCAL_RANK is '-1': set it to this process's number among those of its machine (0 to 1).")]
    [InlineData("RANK=0 WORLD_SIZE=2 MASTER_ADDR=a MASTER_PORT=70000", "MASTER_PORT is '70000': set it to a port that is free on the machine of rank 0, the same for all ranks (1 to 65535).")]
    [InlineData("SLURM_PROCID=0", "SLURM_NTASKS is not set: set it to the number of tasks, or unset the launcher's other variables to train in one process.")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=2", "Neither MASTER_ADDR nor SLURM_JOB_NODELIST nor SLURM_LAUNCH_NODE_IPADDR is set although SLURM_NTASKS is 2: set MASTER_ADDR to the node where task 0 runs.")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_JOB_ID=7 SLURM_JOB_NODELIST=a", "SLURM_NTASKS is 4 but this process was started by the batch script itself, so the other tasks do not exist (SLURM_STEP_ID is not set): start it with srun, or with 'env -u SLURM_PROCID' to train in one process.")]
    public void What_is_missing_or_wrong_is_named_with_its_value(string variables, string message) =>
        Assert.Equal(message, Assert.Throws<DistError>(() => Read(variables)).Message);
}
