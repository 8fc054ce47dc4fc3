namespace AdEMAMix.Workbook;

/// <summary>What a machine has room for.</summary>
/// <param name="Cores">Processors that the process may use.</param>
/// <param name="MemoryBytes">Memory of the machine, or of the container.</param>
/// <param name="FreeDiskBytes">Free space where checkpoints go.</param>
sealed record MachineRoom(int Cores, long MemoryBytes, long FreeDiskBytes)
{
    /// <summary>This machine.</summary>
    /// <param name="store">The run store, beside which checkpoints are written.</param>
    public static MachineRoom Here(string store) =>
        new(Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(store))!).AvailableFreeSpace);
}
