using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>One measured way of taking an AdEMAMix step.</summary>
public sealed record OptimizerBenchmarkRow
{
    static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>The class, or the PyTorch peer.</summary>
    public required string Implementation { get; init; }

    /// <summary>"fp32", "bf16", "8-bit" states in one pass; "operators" tensor operator by tensor operator.</summary>
    public required string Mode { get; init; }

    /// <summary>The parameters' element type.</summary>
    public string Dtype => "float32";

    /// <summary>Elements of all tensors.</summary>
    public required long Parameters { get; init; }

    /// <summary>Tensors.</summary>
    public required int Tensors { get; init; }

    /// <summary>Threads.</summary>
    public required int Threads { get; init; }

    /// <summary>Milliseconds per step: the median over blocks.</summary>
    public required double MsPerStep { get; init; }

    /// <summary>Bytes of optimizer state per parameter, as held.</summary>
    public double? BytesPerParameterState { get; init; }

    /// <summary>By how much a step raises the resident memory of the process at its peak.</summary>
    public long? ExtraPeakBytes { get; init; }

    /// <summary>Bytes that a step must read and write, per second of the step, in 1e9.</summary>
    public double? GbPerSecond { get; init; }

    /// <summary>The same for a pass over memory with an fp32 step's traffic and one addition per array, measured in turn with the step.</summary>
    public double? LimitGbPerSecond { get; init; }

    /// <summary>Time of that pass over time of the step, neighbouring blocks: 1 is the speed of memory. Only fp32 has that traffic.</summary>
    public double? FractionOfLimit { get; init; }

    /// <summary>Time of a step by tensor operators over time of this one, neighbouring blocks.</summary>
    public double? RatioToTensorOps { get; init; }

    /// <summary>Time of the PyTorch peer's step over time of this one, neighbouring blocks; null without python3-torch.</summary>
    public double? RatioToPytorch { get; init; }

    /// <summary>The rows as a JSON array.</summary>
    public static string ToJson(IEnumerable<OptimizerBenchmarkRow> rows) => JsonSerializer.Serialize(rows, Format);
}

/// <summary>Steps of AdEMAMix on large and on small tensors, beside a pass over memory, tensor operators and PyTorch, in alternating blocks of one run.</summary>
public static class OptimizerBenchmark
{
    /// <summary>Measures both shapes: 10 tensors of 2.5 million floats, and 200 of 256.</summary>
    /// <param name="paths">The workbook.</param>
    /// <param name="threads">Threads of every side.</param>
    /// <param name="blocks">Blocks per side; medians are over them.</param>
    public static IReadOnlyList<OptimizerBenchmarkRow> Run(WorkbookPaths paths, int threads, int blocks = 15)
    {
        ArgumentNullException.ThrowIfNull(paths);
        set_num_threads(threads);
        return [.. Measure(paths, 10, 2_500_000, threads, blocks, steps: 2), .. Measure(paths, 200, 256, threads, blocks, steps: 200)];
    }

    static IEnumerable<OptimizerBenchmarkRow> Measure(WorkbookPaths paths, int tensors, int elements, int threads, int blocks, int steps)
    {
        using var limit = new MemoryPass(tensors * elements, threads);
        using var operators = new Side("operators", tensors, elements, threads, StateFormat.Full, StepMode.Operators);
        Side[] fused =
        [
            new("fp32", tensors, elements, threads, StateFormat.Full, StepMode.Automatic),
            new("bf16", tensors, elements, threads, StateFormat.BFloat16, StepMode.Automatic),
            new("8-bit", tensors, elements, threads, StateFormat.EightBit, StepMode.Automatic),
        ];
        using var peer = PythonPeer.Start(Path.Combine(paths.Root, "tests", "benchmarks", "optimizer_peer.py"), new { tensors, elements, threads }, threads, out _);
        var timers = new List<(string Name, Func<double> Take)>
        {
            ("limit", () => Time(limit.Run, steps)),
            ("operators", () => Time(operators.Step, Math.Max(1, steps / 4))),
        };
        foreach (var side in fused) timers.Add((side.Mode, () => Time(side.Step, steps)));
        if (peer is not null) timers.Add(("pytorch", () => peer.Run("step", Math.Max(1, steps / 4)) / Math.Max(1, steps / 4)));

        var times = timers.ToDictionary(t => t.Name, _ => new List<double>());
        foreach (var timer in timers) timer.Take();
        for (var block = 0; block < blocks; block++)
            // Each round starts elsewhere, so that no side always follows the same neighbour.
            for (var i = 0; i < timers.Count; i++)
            {
                var (name, take) = timers[(block + i) % timers.Count];
                times[name].Add(take());
            }

        foreach (var side in fused.Prepend(operators))
        {
            var isFull = side.Mode == "fp32";
            var milliseconds = 1000 * Samples.Median(times[side.Mode]);
            yield return new OptimizerBenchmarkRow
            {
                Implementation = nameof(global::AdEMAMix.AdEMAMix),
                Mode = side.Mode,
                Parameters = (long)tensors * elements,
                Tensors = tensors,
                Threads = threads,
                MsPerStep = milliseconds,
                BytesPerParameterState = side.StateBytes / (double)((long)tensors * elements),
                ExtraPeakBytes = side.ExtraPeak(),
                GbPerSecond = side.Mode == "operators" ? null : side.Traffic / (milliseconds * 1e6),
                LimitGbPerSecond = limit.Traffic / (1e9 * Samples.Median(times["limit"])),
                FractionOfLimit = isFull ? Samples.Ratio(times["limit"], times[side.Mode]) : null,
                RatioToTensorOps = Samples.Ratio(times["operators"], times[side.Mode]),
                RatioToPytorch = peer is null ? null : Samples.Ratio(times["pytorch"], times[side.Mode]),
            };
        }
        if (peer is not null)
            yield return new OptimizerBenchmarkRow
            {
                Implementation = $"python3-torch {peer.About.GetProperty("torch").GetString()}, operator by operator",
                Mode = "operators",
                Parameters = (long)tensors * elements,
                Tensors = tensors,
                Threads = threads,
                MsPerStep = 1000 * Samples.Median(times["pytorch"]),
            };
        foreach (var side in fused) side.Dispose();
    }

    static double Time(Action step, int times)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++) step();
        return Stopwatch.GetElapsedTime(started).TotalSeconds / times;
    }

    // Parameters with gradients, and an optimizer over them.
    sealed class Side : IDisposable
    {
        readonly List<Parameter> parameters = [];
        readonly global::AdEMAMix.AdEMAMix optimizer;

        public Side(string mode, int tensors, int elements, int threads, StateFormat format, StepMode step)
        {
            Mode = mode;
            for (var i = 0; i < tensors; i++)
            {
                var parameter = new Parameter(randn(elements));
                using var gradient = randn(elements);
                parameter.grad = gradient;
                parameters.Add(parameter);
            }
            optimizer = new global::AdEMAMix.AdEMAMix(parameters, lr: 1e-3, alpha_warmup: 4000, beta3_warmup: 4000, weight_decay: 0.1, state_format: format) { Mode = step, Threads = threads };
            // Parameter read and written, gradient read, states read and written.
            Traffic = 12L * tensors * elements + 2 * optimizer.StateBytes;
        }

        public string Mode { get; }

        public long Traffic { get; }

        public long StateBytes => optimizer.StateBytes;

        public void Step() => optimizer.step();

        // The kernel's own high-water mark of the resident size, reset before the step; null where it cannot be reset.
        public long? ExtraPeak()
        {
            try
            {
                File.WriteAllText("/proc/self/clear_refs", "5");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
            var before = StatusBytes("VmRSS");
            Step();
            return Math.Max(0, StatusBytes("VmHWM") - before);
        }

        public void Dispose()
        {
            optimizer.Dispose();
            foreach (var parameter in parameters) parameter.Dispose();
        }

        static long StatusBytes(string field)
        {
            var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
            return 1024 * long.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
        }
    }
}
