// The front end that started the kernel. A kernel without one has nobody to serve.
using System.Globalization;
using System.Runtime.InteropServices;

namespace AdEMAMix.Notebooks;

/// <summary>Tells when the process that started this one is gone.</summary>
static partial class ParentProcess
{
    const int NoSuchProcess = 3;
    static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    /// <summary>Completes when the process named by Jupyter's JPY_PARENT_PID has ended; never where Jupyter names none.</summary>
    public static async Task GoneAsync(CancellationToken cancellation)
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("JPY_PARENT_PID"), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || pid <= 1)
            await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(false);
        // Where it is this process's own parent, the system says by another parent that it has ended, even if its number is used again.
        var own = GetParent() == pid;
        using var timer = new PeriodicTimer(Between);
        while (own ? GetParent() == pid : Kill(pid, 0) == 0 || Marshal.GetLastPInvokeError() != NoSuchProcess)
            await timer.WaitForNextTickAsync(cancellation).ConfigureAwait(false);
    }

    [LibraryImport("libc", EntryPoint = "getppid")]
    private static partial int GetParent();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
