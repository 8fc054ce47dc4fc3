// torch.distributed, which TorchSharp has not: process groups over libtorch's own c10d.

using TorchSharp.Distributed;
using TorchSharp.Distributed.Native;

namespace TorchSharp;

/// <summary>
/// Data-parallel primitives, named as in PyTorch's torch.distributed. Every rank calls the same collectives in the same order, with
/// tensors of the same shape and type. Nothing native is loaded before the first group or <see cref="TCPStore"/> is made.
/// </summary>
public static partial class distributed
{
    static ProcessGroup? _group;

    /// <summary>What all_reduce does with the ranks' elements.</summary>
    public enum ReduceOp
    {
        /// <summary>Their sum.</summary>
        SUM = 0,
        /// <summary>Their mean; of floating-point tensors.</summary>
        AVG = 1,
        /// <summary>Their product.</summary>
        PRODUCT = 2,
        /// <summary>The least.</summary>
        MIN = 3,
        /// <summary>The greatest.</summary>
        MAX = 4,
    }

    /// <summary>
    /// Forms the group of all ranks; returns when every rank has come. Rank, size and place come from the arguments or, where these
    /// are not given, from the launcher's variables (<see cref="LaunchEnvironment"/>).
    /// </summary>
    /// <param name="backend">"gloo" for tensors on the CPU, "nccl" for CUDA.</param>
    /// <param name="timeout">
    /// How long ranks may be apart: at the start, in one collective, without a sign of life. Ten minutes if not given. A rank whose
    /// process ends is noticed at once.
    /// </param>
    /// <param name="world_size">The number of ranks.</param>
    /// <param name="rank">This one's number.</param>
    /// <param name="store">A store that all ranks share, served by rank 0, instead of one at MASTER_ADDR and MASTER_PORT.</param>
    /// <exception cref="DistError">The ranks do not find each other; which are missing is named.</exception>
    public static void init_process_group(string backend = "gloo", TimeSpan? timeout = null, int? world_size = null, int? rank = null, TCPStore? store = null)
    {
        LaunchEnvironment place;
        if (world_size is null && rank is null)
            place = LaunchEnvironment.Read();
        else if (world_size is null || rank is null)
            throw new ArgumentException("world_size and rank go together: give both, or neither to take the launcher's");
        else
            place = store is null && world_size > 1
                ? LaunchEnvironment.Read() with { WorldSize = world_size.Value, Rank = rank.Value }
                : new(rank.Value, world_size.Value, 0, "127.0.0.1", 0);
        init_process_group(place, backend, timeout, store);
    }

    /// <summary>The same with this process's place in the job given.</summary>
    /// <inheritdoc cref="init_process_group(string, TimeSpan?, int?, int?, TCPStore?)"/>
    public static void init_process_group(LaunchEnvironment place, string backend = "gloo", TimeSpan? timeout = null, TCPStore? store = null)
    {
        ArgumentNullException.ThrowIfNull(place);
        if (backend is not ("gloo" or "nccl")) throw new ArgumentException($"the backend is 'gloo' or 'nccl', not '{backend}'", nameof(backend));
        if (place.WorldSize < 1 || place.Rank < 0 || place.Rank >= place.WorldSize)
            throw new ArgumentException(FormattableString.Invariant($"rank {place.Rank} of world_size {place.WorldSize}: a rank is a number from 0 to world_size - 1"), nameof(place));
        var limit = timeout ?? TimeSpan.FromMinutes(10);
        if (limit <= TimeSpan.Zero) throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "a timeout is longer than nothing");
        if (_group is not null) throw new InvalidOperationException("this process is in a process group already: call destroy_process_group first");
        _group = new(backend, place, limit, store);
    }

    /// <summary>Whether processes can be grouped over Gloo here.</summary>
    /// <exception cref="DistError">The library of the process groups is missing or cannot be loaded; the message says why.</exception>
    public static bool is_gloo_available() => (NativeMethods.cd_backends() & 1) != 0;

    /// <summary>Whether they can be over NCCL.</summary>
    /// <exception cref="DistError">The library of the process groups is missing or cannot be loaded; the message says why.</exception>
    public static bool is_nccl_available() => (NativeMethods.cd_backends() & 2) != 0;

    /// <summary>Whether this process is in a group.</summary>
    public static bool is_initialized() => _group is not null;

    /// <summary>This process's number in the group.</summary>
    public static int get_rank() => Group.Rank;

    /// <summary>The number of processes in the group.</summary>
    public static int get_world_size() => Group.Size;

    /// <summary>"gloo" or "nccl".</summary>
    public static string get_backend() => Group.Backend;

    /// <summary>
    /// Leaves the group; does nothing without one. Waits, at most for the timeout, until the other ranks leave too; those still in a
    /// collective that this rank never joined get an error that names it. After a failure it returns at once.
    /// </summary>
    public static void destroy_process_group()
    {
        _group?.Leave();
        _group = null;
    }

    static ProcessGroup Group => _group ?? throw new InvalidOperationException("this process is in no process group: call init_process_group first");
}
