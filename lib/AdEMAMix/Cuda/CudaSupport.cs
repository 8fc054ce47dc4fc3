// What the optimizers found to run on GPUs with: for the doctor, and for whoever wonders why a step is slow.
using System.Globalization;
using System.Text;

namespace AdEMAMix;

/// <summary>Steps on NVIDIA GPUs: one pass over memory, compiled at run time, where driver and compiler are there.</summary>
/// <remarks>
/// Parameters on a CUDA device are updated by at most three kernel launches per step on libtorch's default stream, without
/// waiting for the device. Not-a-numbers are let through there as everywhere; the other policies of
/// <see cref="NonFiniteGradients"/> must know the gradients before the counters advance, so with them each step waits for the
/// device once, as do steps whose tensors lie on several devices, if they clip. Reading <see cref="ElementwiseOptimizer.LastGradientNorm"/> waits too.
/// Where driver, compiler or device is missing, tensor operators do the update: slower, with the same result.
/// The kernels are proven by running their source as plain C++ on the CPU; they have not been run on a device yet.
/// </remarks>
public static class CudaSupport
{
    static readonly Lazy<CudaRuntime> Process = new(() => new CudaRuntime(CudaDriver.Library, NvrtcSearch.Candidates));

    /// <summary>Whether steps on a GPU run as kernels on this machine.</summary>
    public static bool IsAvailable => Process.Value.Missing is null;

    /// <summary>One sentence: what was found (driver, devices, compiler), or what is missing; and why a step fell back, if one did.</summary>
    public static string Describe() => Describe(Process.Value);

    /// <summary>A device's compute capability times ten, as 90 for 9.0.</summary>
    /// <param name="ordinal">libtorch's index of the device.</param>
    /// <returns>Null where there is no driver or no such device.</returns>
    public static int? Architecture(int ordinal) => Process.Value.Driver is { } driver && ordinal >= 0 && ordinal < driver.DeviceCount ? driver.Architecture(driver.Device(ordinal)) : null;

    /// <summary>The process's driver and compiler.</summary>
    internal static CudaRuntime Runtime => Process.Value;

    internal static string Describe(CudaRuntime runtime)
    {
        var text = new StringBuilder();
        if (runtime.Missing is { } missing)
            text.Append("optimizer steps have no CUDA kernels here: ").Append(missing);
        else
        {
            var driver = runtime.Driver!;
            text.Append("optimizer steps run as CUDA kernels on ")
                .AppendJoin(", ", Enumerable.Range(0, driver.DeviceCount).Select(driver.Device).Select(device =>
                    FormattableString.Invariant($"{driver.DeviceName(device)} (compute capability {driver.Architecture(device) / 10}.{driver.Architecture(device) % 10})")))
                .Append(CultureInfo.InvariantCulture, $"; driver for CUDA {driver.Version}, NVRTC {runtime.Nvrtc!.Version} from {runtime.Nvrtc.Path}");
        }
        if (runtime.Notice is { } notice && notice != runtime.Missing)
            text.Append("; a step fell back to tensor operators: ").Append(notice);
        return text.ToString();
    }
}
