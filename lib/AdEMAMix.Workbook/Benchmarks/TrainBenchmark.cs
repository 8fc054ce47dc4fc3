using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>What `workbook bench train` measured; medians over blocks that alternate between the workbook and its peer.</summary>
public sealed record TrainBenchmarkResult
{
    /// <summary>Why there is no peer to compare with; null where there is.</summary>
    public string? Skipped { get; init; }

    /// <summary>Whole steps: forward, backward, clipping, AdEMAMix.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>The peer's whole steps.</summary>
    public double? PeerTokensPerSecond { get; init; }

    /// <summary>Ours by the peer's tokens per second: above 1 is faster than the peer.</summary>
    public double? RatioToPeer { get; init; }

    /// <summary>Milliseconds of forward and backward.</summary>
    public required double ForwardBackwardMs { get; init; }

    /// <summary>The peer's milliseconds of forward and backward.</summary>
    public double? PeerForwardBackwardMs { get; init; }

    /// <summary>Our time of forward and backward by the peer's: below 1 is faster than the peer.</summary>
    public double? ForwardBackwardRatioToPeer { get; init; }

    /// <summary>Trained values of the model.</summary>
    public required long Parameters { get; init; }

    /// <summary>Threads of either side.</summary>
    public required int Threads { get; init; }

    /// <summary>libtorch as loaded here.</summary>
    public required string Libtorch { get; init; }

    /// <summary>The peer's version of torch.</summary>
    public string? PeerTorch { get; init; }

    /// <summary>BLAS as loaded here.</summary>
    public required string Blas { get; init; }

    /// <summary>The peer's BLAS library file.</summary>
    public string? PeerBlas { get; init; }

    /// <summary>The processor.</summary>
    public required string Cpu { get; init; }

    /// <summary>The result as JSON with names like tokens_per_second.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The result in a sentence.</summary>
    public override string ToString() => Skipped is not null
        ? string.Create(CultureInfo.InvariantCulture, $"{TokensPerSecond:N0} tokens/s, forward + backward {ForwardBackwardMs:F2} ms; no comparison: {Skipped}")
        : string.Create(CultureInfo.InvariantCulture, $"{TokensPerSecond:N0} tokens/s, {RatioToPeer:F2} x PyTorch's {PeerTokensPerSecond:N0}; forward + backward {ForwardBackwardMs:F2} ms, {ForwardBackwardRatioToPeer:F3} x PyTorch's {PeerForwardBackwardMs:F2} ms");
}

/// <summary>
/// Training speed of the desk model with AdEMAMix, against an equal model in python3-torch with an AdEMAMix operator by operator
/// (tests/benchmarks/gpt_peer.py): same libtorch, BLAS and malloc settings, in alternating blocks of one run.
/// </summary>
public static class TrainBenchmark
{
    const int Batch = 16;
    const int Vocabulary = 81;
    const int WarmupSteps = 20;
    static readonly ModelConfig shape = new();

    /// <summary>Measures.</summary>
    /// <param name="paths">The workbook.</param>
    /// <param name="threads">Threads of either side.</param>
    /// <param name="blocks">Blocks of each kind and side.</param>
    /// <param name="stepsPerBlock">Steps of a block.</param>
    public static TrainBenchmarkResult Run(WorkbookPaths paths, int threads = 1, int blocks = 75, int stepsPerBlock = 3)
    {
        ArgumentNullException.ThrowIfNull(paths);
        set_num_threads(threads);
        using var own = new OwnSide();
        using var peer = PythonPeer.Start(
            Path.Combine(paths.Root, "tests", "benchmarks", "gpt_peer.py"),
            new { layers = shape.Layers, width = shape.Width, heads = shape.Heads, context = shape.Context, vocabulary = Vocabulary, batch = Batch, threads },
            threads,
            out var reason);
        own.Run("step", WarmupSteps);
        peer?.Run("step", WarmupSteps);

        var (ownStep, ownBackward, peerStep, peerBackward) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var block = 0; block < blocks; block++)
        {
            // Who comes first alternates too, so that a drift of the machine favours neither.
            if (block % 2 == 0) Own();
            if (peer is not null)
            {
                peerBackward.Add(peer.Run("fb", stepsPerBlock) / stepsPerBlock);
                peerStep.Add(peer.Run("step", stepsPerBlock) / stepsPerBlock);
            }
            if (block % 2 == 1) Own();
        }

        void Own()
        {
            ownBackward.Add(own.Run("fb", stepsPerBlock) / stepsPerBlock);
            ownStep.Add(own.Run("step", stepsPerBlock) / stepsPerBlock);
        }

        var here = RunEnvironment.Capture(null);
        var tokens = Batch * shape.Context;
        var result = new TrainBenchmarkResult
        {
            Skipped = reason,
            TokensPerSecond = tokens / Samples.Median(ownStep),
            ForwardBackwardMs = 1000 * Samples.Median(ownBackward),
            Parameters = own.Parameters,
            Threads = threads,
            Libtorch = here.Libtorch,
            Blas = here.Blas,
            Cpu = here.Cpu,
        };
        return peer is null ? result : result with
        {
            PeerTokensPerSecond = tokens / Samples.Median(peerStep),
            PeerForwardBackwardMs = 1000 * Samples.Median(peerBackward),
            // Of neighbouring blocks, so that what else the machine does at the time falls out.
            RatioToPeer = Samples.Ratio(peerStep, ownStep),
            ForwardBackwardRatioToPeer = Samples.Ratio(ownBackward, peerBackward),
            PeerTorch = peer.About.GetProperty("torch").GetString(),
            PeerBlas = peer.About.GetProperty("blas").GetString(),
        };
    }

    sealed class OwnSide : IDisposable
    {
        readonly Gpt model = new(shape, Vocabulary, seed: 0);
        readonly ModelOptimizer optimizer;
        readonly Tensor inputs = randint(0, Vocabulary, [Batch, shape.Context], ScalarType.Int64);
        readonly Tensor targets = randint(0, Vocabulary, [Batch, shape.Context], ScalarType.Int64);

        public OwnSide() => optimizer = new ModelOptimizer(
            new RunConfig { Optimizer = new OptimizerConfig { Kind = OptimizerConfig.AdEMAMix, LearningRate = 1e-3, AlphaWarmup = 4000, Beta3Warmup = 4000, WeightDecay = 0.1 } }, [.. model.named_parameters()]);

        public long Parameters => model.ParameterCount;

        public double Run(string kind, int steps)
        {
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < steps; i++)
            {
                using var scope = NewDisposeScope();
                model.Backward(inputs, targets);
                if (kind == "step") optimizer.Step(1e-3);
                model.zero_grad();
            }
            return Stopwatch.GetElapsedTime(started).TotalSeconds;
        }

        public void Dispose()
        {
            optimizer.Dispose();
            model.Dispose();
            inputs.Dispose();
            targets.Dispose();
        }
    }
}
