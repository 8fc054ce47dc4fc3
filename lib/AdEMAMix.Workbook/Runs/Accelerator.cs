using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>A GPU as a plan needs to know it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="FloatFlops">Operations per second of a product of matrices in float, without TF32.</param>
/// <param name="BFloat16Flops">The same in bfloat16 with sums in float, without sparsity.</param>
public sealed record Accelerator(string Name, long MemoryBytes, double FloatFlops, double BFloat16Flops)
{
    const long MiB = 1L << 20;

    /// <summary>What is assumed where no GPU is: an A100 with 80 GiB.</summary>
    public static Accelerator Assumed { get; } = new("A100", 80 * 1024 * MiB, 19.5e12, 312e12);

    // Peaks from NVIDIA's data sheets, of the variant in servers.
    static readonly (string Part, double Float, double BFloat16)[] peaks =
    [
        ("H200", 67e12, 989e12),
        ("H100", 67e12, 989e12),
        ("A100", 19.5e12, 312e12),
        ("L40S", 91.6e12, 362e12),
        ("A40", 37.4e12, 150e12),
        ("A10", 31.2e12, 125e12),
    ];

    /// <summary>The GPUs of this machine, as nvidia-smi lists them; none where it is missing or fails.</summary>
    public static IReadOnlyList<Accelerator> Here()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("nvidia-smi", ["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? Parse(output) : [];
        }
        catch (Win32Exception)
        {
            return [];
        }
    }

    /// <summary>What nvidia-smi prints: a name and mebibytes a line.</summary>
    internal static IReadOnlyList<Accelerator> Parse(string lines) =>
        [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split(',', StringSplitOptions.TrimEntries))
            .Where(fields => fields.Length == 2 && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(fields => Named(fields[0], long.Parse(fields[1], CultureInfo.InvariantCulture) * MiB))];

    /// <summary>A GPU of this name; one whose peaks are not listed has those of <see cref="Assumed"/>.</summary>
    static Accelerator Named(string name, long memory) =>
        peaks.FirstOrDefault(p => name.Contains(p.Part, StringComparison.OrdinalIgnoreCase)) is { Part: not null } known ? new(name, memory, known.Float, known.BFloat16) : Assumed with { Name = name, MemoryBytes = memory };
}
