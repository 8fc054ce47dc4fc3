using System.Globalization;
using System.Text;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>The processes that train one run together: who this one is, and what they add up, share and compare.</summary>
/// <remarks>Every rank must make the same calls in the same order. Where a rank is gone, the others' calls end with a sentence that names it.</remarks>
sealed class RankGroup : IDisposable
{
    RankGroup(Device device) => Device = device;

    /// <summary>This process's number, from 0. The first one writes checkpoints and reports.</summary>
    public int Rank { get; } = distributed.get_rank();

    /// <summary>Where it computes: a GPU of its own, or the processor.</summary>
    public Device Device { get; }

    /// <summary>How many processes there are.</summary>
    public int Size { get; } = distributed.get_world_size();

    /// <summary>Joins the processes that the launcher's variables name (RANK, WORLD_SIZE, ... or Slurm's); null where this is the only one.</summary>
    /// <param name="timeout">How long to wait for the others, now and in every call.</param>
    /// <exception cref="RanksException">A variable is wrong, or the others did not come.</exception>
    public static RankGroup? Join(TimeSpan timeout) => Guard(() =>
    {
        var here = LaunchEnvironment.Read();
        if (!here.IsDistributed) return null;
        var device = TrainingDevice.Here(here.LocalRank);
        distributed.init_process_group(here, device.type == DeviceType.CUDA ? "nccl" : "gloo", timeout);
        return new RankGroup(device);
    });

    /// <summary>Makes sure that several ranks can train a run.</summary>
    /// <exception cref="ConfigException">They cannot; the message says what stands in the way.</exception>
    public void RequireFitting(RunConfig config, bool shardStates)
    {
        Require(Size <= config.Training.BatchSize, $"{Size} ranks cannot share a batch of {config.Training.BatchSize}: start at most so many, or raise training.batchSize");
        Require(config.Forgetting is null && config.Relevance is null && config.Averaging is null, "forgetting, relevance and averaging are measured by one process alone: start one rank, or remove them");
        if (!shardStates) return;
        Require(config.Optimizer.Kind != OptimizerConfig.Muon, "Muon steps on whole matrices, so its states cannot be divided among ranks: leave out --shard-states");
        Require(config.Optimizer.StateFormat is null or OptimizerConfig.Full, $"states in {config.Optimizer.StateFormat} are not divided among ranks, only those in float: leave out --shard-states or set optimizer.stateFormat to full");

        static void Require(bool holds, string message)
        {
            if (!holds) throw new ConfigException(message + ".");
        }
    }

    /// <summary>Sums over the ranks, element by element.</summary>
    public double[] Sum(double[] values) => Guard(() =>
    {
        using var scope = NewDisposeScope();
        var sum = OnDevice(tensor(values));
        distributed.all_reduce(sum);
        return sum.cpu().data<double>().ToArray();
    });

    /// <summary>Begins to replace a tensor by its sum over the ranks; do not touch it before the wait is over.</summary>
    public Pending BeginAdd(Tensor tensor) => Guard(() => new Pending(distributed.all_reduce(tensor, async_op: true)!));

    /// <summary>Every rank's tensor, in the order of ranks; all of one shape and type.</summary>
    public List<Tensor> Gather(Tensor own) => Guard(() =>
    {
        List<Tensor> all = [.. Enumerable.Range(0, Size).Select(_ => empty_like(own))];
        distributed.all_gather(all, own);
        return all;
    });

    /// <summary>The first rank's number, on every rank.</summary>
    public long FromFirst(long value) => Guard(() =>
    {
        using var scope = NewDisposeScope();
        var shared = OnDevice(tensor(new[] { value }));
        distributed.broadcast(shared, 0);
        return shared.cpu().item<long>();
    });

    /// <summary>The first rank's checkpoint on every rank: what stands beside the tensors, and the tensors, in place.</summary>
    /// <param name="state">The first rank's; null on the others.</param>
    /// <param name="tensors">Filled on the first rank; of the same names and shapes on the others.</param>
    public CheckpointState FromFirst(CheckpointState? state, IReadOnlyList<(string Name, Tensor Tensor)> tensors) => Guard(() =>
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var text = JsonSerializer.SerializeToUtf8Bytes(state, RunStore.Json);
        var bytes = zeros(FromFirst(text.Length), dtype: ScalarType.Byte);
        if (Rank == 0) text.CopyTo(bytes.bytes);
        bytes = OnDevice(bytes);
        distributed.broadcast(bytes, 0);
        foreach (var (_, tensor) in tensors) distributed.broadcast(tensor.detach(), 0);
        return JsonSerializer.Deserialize<CheckpointState>(bytes.cpu().bytes, RunStore.Json)!;
    });

    /// <summary>Makes sure that all ranks have the same, and names one that has not.</summary>
    /// <param name="what">What is compared: "data".</param>
    /// <param name="value">This rank's.</param>
    /// <exception cref="RanksException">Some rank's differs from the first one's.</exception>
    public void RequireEqual(string what, string value)
    {
        const int Length = 64;
        var values = Guard(() =>
        {
            using var scope = NewDisposeScope();
            var own = zeros(Length, dtype: ScalarType.Byte);
            Encoding.UTF8.GetBytes(value).AsSpan(0, Math.Min(Length, Encoding.UTF8.GetByteCount(value))).CopyTo(own.bytes);
            return Gather(OnDevice(own)).ConvertAll(t => Encoding.UTF8.GetString(t.cpu().bytes).TrimEnd('\0'));
        });
        if (Enumerable.Range(0, Size).FirstOrDefault(rank => values[rank] != values[0]) is not 0 and var other)
            throw new RanksException(string.Create(CultureInfo.InvariantCulture, $"Rank {other} and rank 0 do not have the same {what} ({Short(values[other])} and {Short(values[0])}): start all ranks with the same files, options and code."));

        static string Short(string text) => text.Length <= 12 ? text : text[..12] + "...";
    }

    /// <inheritdoc/>
    public void Dispose() => distributed.destroy_process_group();

    // NCCL moves only what is on a GPU.
    Tensor OnDevice(Tensor tensor) => tensor.to(Device);

    static T Guard<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (distributed.DistError e)
        {
            throw new RanksException(e.Message, e);
        }
    }

    /// <summary>A sum under way.</summary>
    public readonly struct Pending(distributed.Work work)
    {
        /// <summary>Returns when the sum is there.</summary>
        /// <exception cref="RanksException">A rank is gone.</exception>
        public void Wait()
        {
            var pending = work;
            Guard<object?>(() =>
            {
                pending.wait();
                return null;
            });
        }
    }
}
