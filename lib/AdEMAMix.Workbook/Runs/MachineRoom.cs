using TorchSharp;

namespace AdEMAMix.Workbook;

/// <summary>What a machine has room for.</summary>
/// <param name="Cores">Processors that the process may use.</param>
/// <param name="MemoryBytes">Memory of the machine, or of the container.</param>
/// <param name="FreeDiskBytes">Free space where checkpoints go.</param>
sealed record MachineRoom(int Cores, long MemoryBytes, long FreeDiskBytes)
{
    /// <summary>The GPUs that runs are trained on, as CUDA_VISIBLE_DEVICES names them; none where it sees none.</summary>
    public IReadOnlyList<string> Gpus { get; init; } = [];

    /// <summary>Memory of the smallest of them; 0 where there are none.</summary>
    public long GpuMemoryBytes { get; init; }

    /// <summary>This machine.</summary>
    /// <param name="store">The run store, beside which checkpoints are written.</param>
    public static MachineRoom Here(string store)
    {
        var gpus = VisibleGpus();
        return new(Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(store))!).AvailableFreeSpace)
        {
            Gpus = gpus,
            GpuMemoryBytes = gpus.Count > 0 ? Accelerator.Here().Select(g => g.MemoryBytes).DefaultIfEmpty(Accelerator.Assumed.MemoryBytes).Min() : 0,
        };
    }

    /// <summary>What a run takes of <see cref="MemoryBytes"/>: its tensors are on the GPU where there is one.</summary>
    public long HostBytes(RunEstimate estimate) => Gpus.Count > 0 ? estimate.MemoryBytes - estimate.TensorBytes : estimate.MemoryBytes;

    /// <summary>The devices of a list such as "2,3", or the first <paramref name="count"/> where there is none.</summary>
    internal static IReadOnlyList<string> Devices(string? list, int count) =>
        string.IsNullOrWhiteSpace(list) ? [.. Enumerable.Range(0, count).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))]
        : [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(count)];

    // Without the driver's device there is no need to load libtorch to ask it.
    static IReadOnlyList<string> VisibleGpus() => (File.Exists("/dev/nvidiactl") || File.Exists("/dev/dxg")) && TrainingDevice.Here().type == DeviceType.CUDA
        ? Devices(Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES"), torch.cuda.device_count())
        : [];
}
