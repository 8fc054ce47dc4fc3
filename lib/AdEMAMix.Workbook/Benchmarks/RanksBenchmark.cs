using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TorchSharp;

namespace AdEMAMix.Workbook;

/// <summary>What `workbook bench train --ranks N` measured: one process, and several on the same machine with the same batch.</summary>
/// <param name="Ranks">Processes.</param>
/// <param name="ShardStates">Whether the optimizer's moments were divided among them.</param>
/// <param name="Cores">Processors of the machine: ranks beyond them take turns, and their speed says nothing.</param>
/// <param name="TokensPerSecond">All ranks together.</param>
/// <param name="OneProcessTokensPerSecond">One process with as many threads as one rank; the median of blocks before and after.</param>
/// <param name="Speedup">The former by the latter; at most <paramref name="Ranks"/>, and at most what the cores allow.</param>
/// <param name="GradientBytes">Bytes of all gradients.</param>
/// <param name="BytesSentPerStep">What the kernel counted as sent by one rank in one step, on average over ranks; null where it does not say.</param>
/// <param name="MinimumBytesPerStep">What any sum over ranks must send: 2 (N - 1) / N of the gradients, and (N - 1) / N of the parameters more where states are divided.</param>
/// <param name="BytesToMinimum">The former by the latter.</param>
/// <param name="CommunicationShare">The share of a step's time that a rank waited for the others' bytes, ranks that take turns on a core included; mean over ranks.</param>
/// <param name="StateBytesPerRank">Bytes of optimizer states that the ranks keep, the most of any.</param>
/// <param name="StateBytesPlanned">What a plan foresees for each.</param>
public sealed record RanksBenchmark(int Ranks, bool ShardStates, int Cores, double TokensPerSecond, double OneProcessTokensPerSecond, double Speedup, long GradientBytes,
    double? BytesSentPerStep, double MinimumBytesPerStep, double? BytesToMinimum, double CommunicationShare, long StateBytesPerRank, long StateBytesPlanned)
{
    const int WarmupSteps = 20;
    const int MeasuredSteps = 300;
    const int Characters = 400_000;
    const int Symbols = 81;

    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Measures: one process, the ranks, one process again.</summary>
    /// <param name="ranks">How many, at least 2.</param>
    /// <param name="shardStates">Whether to divide the optimizer's moments.</param>
    /// <param name="start">Starts the program as one rank with the variables that it is given; it must call <see cref="RunRank"/> and print what that returns.</param>
    /// <exception cref="ConfigException">Fewer than 2 ranks, or more than the batch has rows.</exception>
    /// <exception cref="RanksException">A rank failed.</exception>
    public static RanksBenchmark Run(int ranks, bool shardStates, Func<IReadOnlyDictionary<string, string>, Process> start)
    {
        ArgumentNullException.ThrowIfNull(start);
        var batch = Config(0).Training.BatchSize;
        if (ranks < 2 || ranks > batch) throw new ConfigException(FormattableString.Invariant($"--ranks is {ranks}: choose 2 to {batch}, the rows of the batch."));
        var before = Measure(1, false, start).TokensPerSecond;
        var together = Measure(ranks, shardStates, start);
        var alone = (before + Measure(1, false, start).TokensPerSecond) / 2;
        var share = (ranks - 1.0) / ranks;
        var minimum = (shardStates ? 3 : 2) * share * together.GradientBytes;
        return new(ranks, shardStates, Environment.ProcessorCount, together.TokensPerSecond, alone, together.TokensPerSecond / alone, together.GradientBytes,
            together.BytesSentPerStep, minimum, together.BytesSentPerStep / minimum, together.CommunicationShare, together.StateBytes, shardStates ? together.StateBytesOfAll / ranks : together.StateBytesOfAll);
    }

    /// <summary>What one rank does: trains, and returns what all of them saw; empty on all but the first.</summary>
    /// <param name="shardStates">Whether to divide the optimizer's moments.</param>
    public static string RunRank(bool shardStates)
    {
        using var ranks = RankGroup.Join(RankOptions.DefaultTimeout);
        var config = Config(WarmupSteps + MeasuredSteps);
        var data = new TokenDataset(TextCorpus.OfText("synthetic", Synthetic()), config.Data.ValidationFraction);
        using var trainer = new Trainer(config, new LanguageTask(config, data, BatchRows.Of(config.Training.BatchSize, ranks)), ranks, shardStates);
        var (started, sent) = (0L, (long?)null);
        trainer.Train(onStep: t =>
        {
            if (t.Step != WarmupSteps) return;
            distributed.reset_traffic();
            (started, sent) = (Stopwatch.GetTimestamp(), ranks is null ? 0 : distributed.bytes_sent());
        });
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var bytes = ranks is null ? 0 : distributed.bytes_sent() - sent;
        var waited = distributed.get_traffic().Values.Sum(t => t.Waited.TotalSeconds);
        double[] sums = [seconds, waited, bytes ?? double.NaN, trainer.StateBytes];
        var states = (double)trainer.StateBytes;
        if (ranks is not null)
        {
            states = Enumerable.Range(0, ranks.Size).Max(rank => ranks.Sum([rank == ranks.Rank ? trainer.StateBytes : 0])[0]);
            sums = ranks.Sum(sums);
        }
        if (ranks is { Rank: > 0 }) return "";
        var size = ranks?.Size ?? 1;
        var of = new Figures(MeasuredSteps * (double)config.Training.BatchSize * config.Model.Context / (sums[0] / size), trainer.ParameterCount * sizeof(float),
            double.IsFinite(sums[2]) ? sums[2] / size / MeasuredSteps : null, sums[1] / sums[0], (long)states, RunEstimate.Of(config, Symbols).StateBytes);
        return JsonSerializer.Serialize(of);
    }

    /// <summary>The result as JSON with names like bytes_sent_per_step.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Ranks} ranks on {Cores} cores: {TokensPerSecond:N0} tokens/s, {Speedup:F2} x one process ({OneProcessTokensPerSecond:N0}); {(BytesSentPerStep is null ? "bytes sent unknown" : string.Create(CultureInfo.InvariantCulture, $"{BytesSentPerStep:N0} bytes sent per rank and step, {BytesToMinimum:F2} x the least possible {MinimumBytesPerStep:N0}"))}; {CommunicationShare:P0} of the time waiting for other ranks; {StateBytesPerRank:N0} bytes of states a rank, {StateBytesPlanned:N0} planned")
        + (Ranks > Cores ? ". Ranks that share a core take turns: the speed says nothing about more machines." : "");

    static Figures Measure(int ranks, bool shardStates, Func<IReadOnlyDictionary<string, string>, Process> start)
    {
        var port = RankLauncher.FreePort();
        var processes = Enumerable.Range(0, ranks).Select(rank => start(RankLauncher.Variables(rank, ranks, port))).ToList();
        // Read side by side: a rank whose pipe is full would make the others wait.
        var outputs = processes.ConvertAll(p => (Out: p.StandardOutput.ReadToEndAsync(), Error: p.StandardError.ReadToEndAsync()));
        processes.ForEach(p => p.WaitForExit());
        for (var rank = 0; rank < ranks; rank++)
            if (processes[rank].ExitCode != 0) throw new RanksException($"Rank {rank} of the benchmark failed: {outputs[rank].Error.Result.Trim()}");
        processes.ForEach(p => p.Dispose());
        return JsonSerializer.Deserialize<Figures>(outputs[0].Out.Result)!;
    }

    static RunConfig Config(int steps) => new()
    {
        Name = "bench",
        Optimizer = new OptimizerConfig { Kind = OptimizerConfig.AdEMAMix, LearningRate = 1e-3, AlphaWarmup = 4000, Beta3Warmup = 4000 },
        Training = new TrainingConfig { Steps = Math.Max(steps, 1), WarmupSteps = 0, EvaluationInterval = int.MaxValue, EvaluationWindows = 1, ReportInterval = int.MaxValue },
    };

    // All symbols, in an order without meaning.
    static string Synthetic() => string.Create(Characters, 0, (text, _) =>
    {
        for (var i = 0; i < text.Length; i++) text[i] = (char)('!' + GptInitialization.Hash((uint)i) % Symbols);
    });

    sealed record Figures(double TokensPerSecond, long GradientBytes, double? BytesSentPerStep, double CommunicationShare, long StateBytes, long StateBytesOfAll);
}
