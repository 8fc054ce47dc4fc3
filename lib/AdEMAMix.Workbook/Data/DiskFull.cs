namespace AdEMAMix.Workbook;

/// <summary>Tells a full disk from other failures to write.</summary>
static class DiskFull
{
    // The runtime passes the system's own error number through: ENOSPC and EDQUOT on Linux, ERROR_DISK_FULL on Windows.
    public static bool Is(IOException problem) => problem.HResult is 28 or 122 or unchecked((int)0x80070070);

    public static DataException At(string folder, Exception? inner = null) =>
        new($"The disk that holds '{folder}' is full: free some space there and try again (what was fetched before is untouched).", inner);
}
