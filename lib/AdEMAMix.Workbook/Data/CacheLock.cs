namespace AdEMAMix.Workbook;

/// <summary>Lets one process at a time fetch a source; the system releases it when its holder dies.</summary>
static class CacheLock
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    public static FileStream Acquire(string file, Action<string>? report, CancellationToken cancellation)
    {
        var end = DateTime.UtcNow + Patience;
        for (var told = false; ; told = true)
        {
            try
            {
                // The file stays when the lock is released: deleting it would let two processes lock two files of one name.
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException problem) when (IsHeldElsewhere(problem))
            {
                if (DateTime.UtcNow > end) throw new DataException($"Another process has held '{file}' for {Patience.TotalMinutes:0} minutes: end it, or wait and try again.", problem);
                if (!told) report?.Invoke("Waiting for another process that is fetching the same text.");
                if (cancellation.WaitHandle.WaitOne(100)) cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    // EAGAIN on Linux and macOS, a sharing violation on Windows: everything else is a real failure and not worth waiting for.
    static bool IsHeldElsewhere(IOException problem) => problem.HResult is 11 or 35 or unchecked((int)0x80070020);
}
