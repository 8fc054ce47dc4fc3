using System.Globalization;
using System.Text.Json;

namespace AdEMAMix.Workbook;

/// <summary>Resident memory over a run: it must stay flat, however long the run is.</summary>
/// <param name="Steps">Steps of the run.</param>
/// <param name="SettledStep">The step from which growth counts.</param>
/// <param name="SettledMebibytes">Resident memory there.</param>
/// <param name="EndMebibytes">Resident memory after the last step.</param>
/// <param name="Growth">What it grew by in between, as a share of the former.</param>
public sealed record MemoryBenchmark(int Steps, int SettledStep, double SettledMebibytes, double EndMebibytes, double Growth)
{
    /// <summary>Trains a run without checkpoints and looks at the memory of this process.</summary>
    /// <param name="config">The run.</param>
    /// <param name="data">Its text.</param>
    /// <param name="settledStep">The step from which growth counts.</param>
    public static MemoryBenchmark Run(RunConfig config, TokenDataset data, int settledStep = 1000)
    {
        using var trainer = new Trainer(config, data);
        var settled = 0.0;
        trainer.Train(onStep: t =>
        {
            if (t.Step == settledStep) settled = ResidentMebibytes();
        });
        var end = ResidentMebibytes();
        return new(config.Training.Steps, settledStep, settled, end, end / settled - 1);
    }

    /// <summary>The result as JSON with names like settled_mebibytes.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true });

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"resident memory {SettledMebibytes:F1} MiB at step {SettledStep:N0}, {EndMebibytes:F1} MiB at step {Steps:N0}: {Growth:P2} growth");

    // Field 2 of /proc/self/statm counts resident pages.
    internal static double ResidentMebibytes() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * (double)Environment.SystemPageSize / (1 << 20);
}
