using System.Diagnostics;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Time of whole training steps of one model with one optimizer.</summary>
/// <param name="Optimizer">What tables call it, such as "AdEMAMix b1 = 0".</param>
/// <param name="StateBytes">Bytes of its moments.</param>
/// <param name="Milliseconds">Per step: for each round the median over its blocks.</param>
/// <param name="Ratios">Its time by AdamW's in the same round: the median over neighbouring blocks. 1 throughout for AdamW itself.</param>
public sealed record StepBenchmarkSide(string Optimizer, long StateBytes, IReadOnlyList<double> Milliseconds, IReadOnlyList<double> Ratios);

/// <summary>
/// Whole training steps (forward, backward, clipping, update) of one model with several optimizers, in alternating blocks of one process.
/// A round makes every model and optimizer anew, so that what luck a tensor has with its place in memory is drawn again: rounds, not
/// blocks, are the repeats that an interval counts.
/// </summary>
/// <param name="Model">The model's name.</param>
/// <param name="Parameters">Its trained values.</param>
/// <param name="TokensPerStep">Tokens that a step reads.</param>
/// <param name="Blocks">Blocks of each optimizer in a round.</param>
/// <param name="Sides">AdamW first.</param>
public sealed record StepBenchmark(string Model, long Parameters, long TokensPerStep, int Blocks, IReadOnlyList<StepBenchmarkSide> Sides)
{
    // A block must be long beside the clock and a change of thread, and short beside what else the machine does.
    const double SecondsPerBlock = 0.15;
    const int WarmupSteps = 2;
    const double Rate = 1e-3;

    /// <summary>What is measured: AdamW, AdEMAMix, and AdEMAMix without its fast average.</summary>
    public static IReadOnlyList<(string Name, OptimizerConfig Optimizer)> Optimizers { get; } =
    [
        (OptimizerConfig.AdamW, new OptimizerConfig { Kind = OptimizerConfig.AdamW, LearningRate = Rate }),
        (OptimizerConfig.AdEMAMix, new OptimizerConfig { Kind = OptimizerConfig.AdEMAMix, LearningRate = Rate, AlphaWarmup = 4000, Beta3Warmup = 4000 }),
        (WithoutFastAverage, new OptimizerConfig { Kind = OptimizerConfig.AdEMAMix, LearningRate = Rate, Beta1 = 0, AlphaWarmup = 4000, Beta3Warmup = 4000 }),
    ];

    /// <summary>How AdEMAMix with beta1 = 0 is called.</summary>
    public const string WithoutFastAverage = "AdEMAMix b1 = 0";

    /// <summary>Measures.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="shape">Model, batch, threads and clipping; its optimizer is not read.</param>
    /// <param name="vocabulary">Tokens that the model distinguishes.</param>
    /// <param name="rounds">Repeats.</param>
    /// <param name="blocks">Blocks of each optimizer in a round.</param>
    /// <param name="onBlock">Called after every block.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    public static StepBenchmark Run(string name, RunConfig shape, int vocabulary, int rounds, int blocks, Action? onBlock = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(shape);
        set_num_threads(shape.Training.Threads);
        var count = Optimizers.Count;
        var (milliseconds, ratios) = (Optimizers.Select(_ => new List<double>()).ToList(), Optimizers.Select(_ => new List<double>()).ToList());
        var (parameters, states) = (0L, new long[count]);
        for (var round = 0; round < rounds; round++)
        {
            var sides = new Side[count];
            try
            {
                // Who is made first, and who is measured first, alternates.
                for (var i = 0; i < count; i++)
                {
                    var side = (round + i) % count;
                    sides[side] = new Side(shape with { Optimizer = Optimizers[side].Optimizer, InitSeed = round }, vocabulary);
                }
                var steps = StepsOf(sides);
                var times = sides.Select(_ => new List<double>()).ToList();
                for (var block = 0; block < blocks; block++)
                    for (var i = 0; i < count; i++)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        var side = (block + i) % count;
                        times[side].Add(sides[side].Run(steps));
                        onBlock?.Invoke();
                    }
                for (var side = 0; side < count; side++)
                {
                    milliseconds[side].Add(1000 * Samples.Median(times[side]));
                    ratios[side].Add(Samples.Ratio(times[side], times[0]));
                    states[side] = sides[side].StateBytes;
                }
                parameters = sides[0].Parameters;
            }
            finally
            {
                foreach (var side in sides) side?.Dispose();
            }
        }
        return new(name, parameters, shape.Training.BatchSize * (long)shape.Model.Context, blocks,
            [.. Optimizers.Select((o, i) => new StepBenchmarkSide(o.Name, states[i], milliseconds[i], ratios[i]))]);
    }

    // The same number for every side, of the slowest's speed once all are warm.
    static int StepsOf(Side[] sides)
    {
        foreach (var side in sides) side.Run(WarmupSteps);
        return Math.Max(1, (int)Math.Ceiling(SecondsPerBlock / sides.Max(side => side.Run(1))));
    }

    sealed class Side : IDisposable
    {
        readonly Gpt model;
        readonly ModelOptimizer optimizer;
        readonly Tensor inputs;
        readonly Tensor targets;

        public Side(RunConfig config, int vocabulary)
        {
            model = new Gpt(config.Model, vocabulary, config.InitSeed, config.Compute);
            optimizer = new ModelOptimizer(config, [.. model.named_parameters()]);
            inputs = randint(0, vocabulary, [config.Training.BatchSize, config.Model.Context], ScalarType.Int64);
            targets = randint(0, vocabulary, [config.Training.BatchSize, config.Model.Context], ScalarType.Int64);
        }

        public long Parameters => model.ParameterCount;

        public long StateBytes => optimizer.StateTensors().Sum(t => t.Tensor.numel() * t.Tensor.ElementSize);

        /// <summary>Seconds per step.</summary>
        public double Run(int steps)
        {
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < steps; i++)
            {
                using var scope = NewDisposeScope();
                model.Backward(inputs, targets);
                optimizer.Step(Rate);
                model.zero_grad();
            }
            return Stopwatch.GetElapsedTime(started).TotalSeconds / steps;
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
