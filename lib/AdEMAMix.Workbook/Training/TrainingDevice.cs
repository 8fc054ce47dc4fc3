using TorchSharp;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Where a run is computed: on a GPU where libtorch sees one, each rank on its own; on the processor otherwise.</summary>
/// <remarks>Not part of a run's identity, like the processor's model: results differ by rounding. The record says which it was.</remarks>
static class TrainingDevice
{
    /// <summary>"cpu" keeps runs on the processor although there is a GPU.</summary>
    public const string Variable = "WORKBOOK_DEVICE";

    /// <summary>The device of this process.</summary>
    /// <param name="localRank">Its number among the ranks of this machine.</param>
    /// <exception cref="ConfigException">The variable asks for what there is not.</exception>
    public static Device Here(int localRank = 0)
    {
        switch (Environment.GetEnvironmentVariable(Variable)?.Trim().ToLowerInvariant())
        {
            case "cpu": return CPU;
            case null or "" or "auto": return cuda.is_available() ? Gpu(localRank) : CPU;
            case "cuda" when cuda.is_available(): return Gpu(localRank);
            case "cuda": throw new ConfigException($"{Variable} is cuda, but libtorch sees no GPU here: unset it, or see what 'environment/workbook doctor' says.");
            case { } other: throw new ConfigException($"{Variable} is '{other}': set it to cpu, cuda or auto.");
        }
    }

    /// <summary>The GPU's name; null on the processor.</summary>
    public static string? NameOf(Device device) => device.type != DeviceType.CUDA ? null
        : Accelerator.Here() is { Count: > 0 } all && device.index < all.Count ? all[Math.Max(device.index, 0)].Name : "GPU";

    static Device Gpu(int localRank) => new(DeviceType.CUDA, localRank % cuda.device_count());
}
