using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Whether a device has arithmetic in bfloat16, so that computing in it is worth asking for.</summary>
/// <remarks>
/// Every libtorch computes bfloat16 everywhere; without instructions for it, slowly. Products of 512 x 512 matrices on one core of a
/// processor that has all three, libtorch 1.13 with oneDNN 2.6, against float32: with AMX half the time, with AVX512_BF16 alone twice
/// the time, with AVX-512 alone six to eight times, without oneDNN about fifty times.
/// </remarks>
static class BFloat16Support
{
    // Ampere, the first with bfloat16 in its tensor cores.
    const int FirstArchitecture = 80;

    static readonly Lazy<bool> processor = new(() => File.Exists("/proc/cpuinfo") && HasInstructions(File.ReadLines("/proc/cpuinfo")));

    /// <summary>Whether a device has it.</summary>
    public static bool On(Device device) => device.type switch
    {
        TorchSharp.DeviceType.CPU => processor.Value,
        TorchSharp.DeviceType.CUDA => CudaSupport.Architecture(Math.Max(device.index, 0)) >= FirstArchitecture,
        _ => false,
    };

    /// <summary>The sentence for whoever asked for bfloat16 on a device without it.</summary>
    public static string Missing(Device device) => device.type == TorchSharp.DeviceType.CUDA
        ? "compute.precision is bfloat16, but this GPU has no arithmetic for it (compute capability 8.0 or later has): computing in float32 instead."
        : "compute.precision is bfloat16, but this processor has no instructions for it (amx_bf16 or avx512_bf16): computing in float32 instead.";

    // The kernel lists what it lets programs use.
    internal static bool HasInstructions(IEnumerable<string> cpuinfo)
    {
        var flags = cpuinfo.FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal))?.Split(' ') ?? [];
        return flags.Contains("amx_bf16") || flags.Contains("avx512_bf16");
    }
}
