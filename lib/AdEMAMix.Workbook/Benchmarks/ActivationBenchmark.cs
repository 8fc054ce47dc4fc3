using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Memory and time of one way to compute: what recomputation, chunks of the loss and bfloat16 take and save.</summary>
/// <param name="Compute">The way.</param>
/// <param name="PeakMebibytes">Memory that forward and backward pass held at their highest, weights and gradients not counted.</param>
/// <param name="EstimatedMebibytes">What <see cref="RunEstimate"/> foresees of it.</param>
/// <param name="ResidentMebibytes">What the process grew by: the same with the gaps between tensors and the buffers of BLAS.</param>
/// <param name="StepMs">The shortest forward and backward pass of several.</param>
public sealed record ActivationBenchmark(ComputeConfig Compute, double PeakMebibytes, double EstimatedMebibytes, double ResidentMebibytes, double StepMs)
{
    const double Mebibyte = 1 << 20;
    static readonly JsonSerializerOptions Names = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>The ways that are compared: everything kept, then what saves memory, each in both precisions.</summary>
    public static IReadOnlyList<ComputeConfig> Ways { get; } =
    [
        .. from precision in (string[])[ComputeConfig.Float32, ComputeConfig.BFloat16]
           from way in (ComputeConfig[])[new(), new() { LossChunk = 512 }, new() { Recompute = true }, new() { Recompute = true, LossChunk = 512 }]
           select way with { Precision = precision },
    ];

    /// <summary>Measures one way in this process, which must not have computed anything before: freed memory stays resident and would hide what is measured.</summary>
    /// <param name="compute">How to compute; bfloat16 is not replaced where the processor has none.</param>
    /// <param name="model">The shape.</param>
    /// <param name="vocabulary">Number of tokens.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="steps">Forward and backward passes.</param>
    public static ActivationBenchmark Measure(ComputeConfig compute, ModelConfig model, int vocabulary, int batch, int steps = 3)
    {
        using var gpt = new Gpt(model, vocabulary, compute, hasBFloat16: true);
        GptInitialization.Formula(gpt, model.Layers);
        using var input = randint(0, vocabulary, [batch, model.Context], ScalarType.Int64);
        using var target = randint(0, vocabulary, [batch, model.Context], ScalarType.Int64);
        // Gradients are there and every kernel has run once.
        using (var one = input.narrow(0, 0, 1).narrow(1, 0, 1).contiguous()) gpt.Backward(one, one);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Status("VmRSS:");
        ResetPeak();
        using var live = new LiveBytes();
        var shortest = double.PositiveInfinity;
        for (var step = 0; step < steps; step++)
        {
            var started = Stopwatch.GetTimestamp();
            gpt.Backward(input, target);
            shortest = Math.Min(shortest, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        return new(compute, live.Growth() / Mebibyte, Activations.Training(model, vocabulary, batch, compute) / Mebibyte, (Status("VmHWM:") - before) / Mebibyte, shortest);
    }

    /// <summary>As JSON with names like peak_mebibytes.</summary>
    public static string ToJson(IReadOnlyList<ActivationBenchmark> rows) => JsonSerializer.Serialize(rows, Names);

    /// <summary>Reads <see cref="ToJson"/>.</summary>
    public static IReadOnlyList<ActivationBenchmark> FromJson(string json) => JsonSerializer.Deserialize<IReadOnlyList<ActivationBenchmark>>(json, Names)!;

    /// <summary>The comparison as a table.</summary>
    public static Table ToTable(IReadOnlyList<ActivationBenchmark> rows, string title) => Table.Of(rows, title,
        ("precision", r => r.Compute.Precision ?? ComputeConfig.Float32),
        ("blocks", r => r.Compute.Recompute == true ? "recomputed" : "kept"),
        ("loss", r => r.Compute.LossChunk is { } chunk ? string.Create(CultureInfo.InvariantCulture, $"{chunk} positions at a time") : "at once"),
        (new TableColumn("peak (MiB)") { Format = "#,0" }, r => r.PeakMebibytes),
        (new TableColumn("foreseen") { Format = "#,0" }, r => r.EstimatedMebibytes),
        (new TableColumn("resident") { Format = "#,0" }, r => r.ResidentMebibytes),
        (new TableColumn("ms") { Format = "#,0" }, r => r.StepMs));

    // Linux forgets the highest resident size when told to.
    static void ResetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    static double Status(string field) => 1024 * double.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith(field, StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
