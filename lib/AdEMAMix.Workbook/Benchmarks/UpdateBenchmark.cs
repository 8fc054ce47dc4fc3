using System.Diagnostics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Time of the optimizer's step alone, for one optimizer, one format of its moments and one set of tensors.</summary>
/// <param name="Optimizer">The optimizer.</param>
/// <param name="States">"fp32", "bf16", "8-bit"; "operators" for fp32 tensor operator by tensor operator.</param>
/// <param name="Parameters">Values of all tensors.</param>
/// <param name="Tensors">How many tensors they are divided into.</param>
/// <param name="MsPerStep">Milliseconds per step: the median over blocks.</param>
/// <param name="RatioToAdamW">Its time by that of AdamW with moments in fp32: the median over neighbouring blocks.</param>
/// <param name="StateBytesPerParameter">Bytes of moments, as held.</param>
/// <param name="TrafficBytesPerParameter">Bytes that a step must read and write at the least: parameter and moments both ways, the gradient once.</param>
/// <param name="ShareOfMemorySpeed">
/// Its bytes per second by those of a pass over as much memory with one addition per value, neighbouring blocks: 1 is the speed of
/// memory. Null for operators, which move more than they must.
/// </param>
public sealed record UpdateBenchmark(string Optimizer, string States, long Parameters, int Tensors, double MsPerStep, double RatioToAdamW, double StateBytesPerParameter, double TrafficBytesPerParameter, double? ShareOfMemorySpeed)
{
    // Of a block, as in the benchmark of whole steps, but shorter: there are many sides.
    const double SecondsPerBlock = 0.04;

    const string Operators = "operators";

    /// <summary>Nanoseconds per step and parameter.</summary>
    public double NanosecondsPerParameter => 1e6 * MsPerStep / Parameters;

    /// <summary>Measures every optimizer in every format of its moments on tensors of one shape, in alternating blocks.</summary>
    /// <param name="tensors">Number of tensors.</param>
    /// <param name="elements">Values of each.</param>
    /// <param name="threads">Threads of every side.</param>
    /// <param name="blocks">Blocks of every side; medians are over them.</param>
    /// <param name="onBlock">Called after every round of blocks.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    public static IReadOnlyList<UpdateBenchmark> Run(int tensors, int elements, int threads, int blocks, Action? onBlock = null, CancellationToken cancellation = default)
    {
        set_num_threads(threads);
        using var subjects = new Subjects(tensors, elements);
        List<Side> sides = [];
        try
        {
            foreach (var (states, format) in new[] { ("fp32", StateFormat.Full), ("bf16", StateFormat.BFloat16), ("8-bit", StateFormat.EightBit) })
            {
                sides.Add(new(OptimizerConfig.AdamW, states, new AdamW(subjects.All, weight_decay: 0.1, state_format: format) { Threads = threads }));
                sides.Add(new(OptimizerConfig.AdEMAMix, states, Mix(0.9, format)));
                sides.Add(new(StepBenchmark.WithoutFastAverage, states, Mix(0, format)));
            }
            var operators = Mix(0.9, StateFormat.Full);
            operators.Mode = StepMode.Operators;
            sides.Add(new(OptimizerConfig.AdEMAMix, Operators, operators));
            using var limit = new MemoryPass(tensors * elements, threads);
            return Measure(sides, limit, subjects, blocks, onBlock, cancellation);
        }
        finally
        {
            foreach (var side in sides) side.Optimizer.Dispose();
        }

        AdEMAMix Mix(double beta1, StateFormat format) =>
            new(subjects.All, beta1: beta1, alpha_warmup: 4000, beta3_warmup: 4000, weight_decay: 0.1, state_format: format) { Threads = threads };
    }

    static List<UpdateBenchmark> Measure(List<Side> sides, MemoryPass limit, Subjects subjects, int blocks, Action? onBlock, CancellationToken cancellation)
    {
        List<Action> actions = [limit.Run, .. sides.Select(side => (Action)(() => side.Optimizer.step()))];
        foreach (var action in actions) Time(action, 1);
        var steps = actions.ConvertAll(action => Math.Max(1, (int)(SecondsPerBlock / Time(action, 1))));
        var times = actions.ConvertAll(_ => new List<double>());
        for (var block = 0; block < blocks; block++)
        {
            cancellation.ThrowIfCancellationRequested();
            // Each round starts elsewhere, so that no side always follows the same neighbour.
            for (var i = 0; i < actions.Count; i++)
            {
                var at = (block + i) % actions.Count;
                times[at].Add(Time(actions[at], steps[at]));
            }
            onBlock?.Invoke();
        }
        var parameters = (long)subjects.Tensors * subjects.Elements;
        return [.. sides.Select((side, i) =>
        {
            var traffic = 12 * parameters + 2 * side.Optimizer.StateBytes;
            return new UpdateBenchmark(side.Name, side.States, parameters, subjects.Tensors,
                1000 * Samples.Median(times[i + 1]), Samples.Ratio(times[i + 1], times[1]),
                side.Optimizer.StateBytes / (double)parameters, traffic / (double)parameters,
                side.States == Operators ? null : Samples.Ratio(times[0], times[i + 1]) * traffic / limit.Traffic);
        })];
    }

    static double Time(Action action, int times)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++) action();
        return Stopwatch.GetElapsedTime(started).TotalSeconds / times;
    }

    sealed record Side(string Name, string States, ElementwiseOptimizer Optimizer);

    // Parameters with gradients. All optimizers step the same ones: what they hold does not matter to the time.
    sealed class Subjects : IDisposable
    {
        public Subjects(int tensors, int elements)
        {
            (Tensors, Elements) = (tensors, elements);
            for (var i = 0; i < tensors; i++)
            {
                var parameter = new Parameter(randn(elements));
                using var gradient = randn(elements);
                parameter.grad = gradient;
                All.Add(parameter);
            }
        }

        public int Tensors { get; }

        public int Elements { get; }

        public List<Parameter> All { get; } = [];

        public void Dispose() => All.ForEach(parameter => parameter.Dispose());
    }
}
