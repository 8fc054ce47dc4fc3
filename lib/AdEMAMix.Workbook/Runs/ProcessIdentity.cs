using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>One process of one machine since its last start: a pid alone is reused, a pid with its start time is not.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Start">Start time in clock ticks since boot, as /proc gives it.</param>
/// <param name="Place">Boot id and pid namespace: where <paramref name="Pid"/> means something.</param>
public sealed record ProcessIdentity(int Pid, long Start, string Place)
{
    /// <summary>This process.</summary>
    public static ProcessIdentity Current { get; } = new(Environment.ProcessId, ReadStart(Environment.ProcessId) ?? 0, ReadPlace());

    /// <summary>The process with this id, here and now; null when there is none.</summary>
    public static ProcessIdentity? Of(int pid) => ReadStart(pid) is { } start ? new(pid, start, Current.Place) : null;

    /// <summary>Whether the process can be asked from here whether it lives.</summary>
    public bool IsHere => Place == Current.Place;

    /// <summary>Whether the process still runs. Only meaningful where <see cref="IsHere"/>.</summary>
    public bool IsAlive => IsHere && ReadStart(Pid) == Start;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Pid} {Start} {Place}");

    internal static ProcessIdentity? FromText(string? text)
    {
        if (text?.Split(' ', 3) is not [var pid, var start, var place]) return null;
        return new(int.Parse(pid, CultureInfo.InvariantCulture), long.Parse(start, CultureInfo.InvariantCulture), place);
    }

    // Field 22 of /proc/PID/stat; the fields are counted from the last ')' since a program's name may hold spaces.
    // A zombie has ended: its parent only has not asked yet.
    static long? ReadStart(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    static string ReadPlace()
    {
        var boot = File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : Environment.MachineName;
        var pids = new FileInfo("/proc/self/ns/pid").LinkTarget ?? "";
        return $"{boot}/{pids}";
    }
}
