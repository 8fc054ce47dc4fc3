// What the collectives of this process have moved and how long they took.

using System.Collections.Concurrent;
using TorchSharp.Distributed.Native;

namespace TorchSharp;

public static partial class distributed
{
    static readonly ConcurrentDictionary<string, Traffic> Counted = [];

    /// <summary>What one kind of collective has cost this rank.</summary>
    /// <param name="Calls">How often it was called.</param>
    /// <param name="PayloadBytes">The bytes of the tensors that this rank handed over (for all_gather: its own part).</param>
    /// <param name="Transfer">From each call to the end of its transfer, summed; transfers may overlap.</param>
    /// <param name="Waited">How long callers were blocked in wait: the part that did not overlap with other work.</param>
    public sealed record Traffic(long Calls, long PayloadBytes, TimeSpan Transfer, TimeSpan Waited);

    /// <summary>The traffic since the process began or <see cref="reset_traffic"/>, by the collective's name.</summary>
    public static IReadOnlyDictionary<string, Traffic> get_traffic() => new SortedDictionary<string, Traffic>(Counted, StringComparer.Ordinal);

    /// <summary>Starts counting anew.</summary>
    public static void reset_traffic() => Counted.Clear();

    /// <summary>
    /// What the kernel counts as sent on this process's TCP connections that are open now, headers of the packets left out: the
    /// difference of two readings is what really went over the wire. Null where the kernel does not say.
    /// </summary>
    public static long? bytes_sent() => NativeMethods.cd_bytes_sent() is var bytes and >= 0 ? bytes : null;

    internal static void Count(string name, long bytes, TimeSpan transfer, TimeSpan waited)
    {
        var one = new Traffic(1, bytes, transfer, waited);
        Counted.AddOrUpdate(name, one, (_, sum) => new(sum.Calls + 1, sum.PayloadBytes + bytes, sum.Transfer + transfer, sum.Waited + waited));
    }
}
