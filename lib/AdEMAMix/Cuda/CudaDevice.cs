// One GPU: its context, and the kernels compiled for it.
namespace AdEMAMix;

/// <summary>A device, in the context that libtorch uses.</summary>
sealed class CudaDevice
{
    readonly nint context;
    readonly Nvrtc nvrtc;
    readonly Dictionary<string, CudaKernels> compiled = [];

    /// <summary>Opens a device. Its primary context is retained to the end of the process, as libtorch does.</summary>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public CudaDevice(CudaDriver driver, Nvrtc nvrtc, int ordinal)
    {
        (Driver, this.nvrtc) = (driver, nvrtc);
        var device = driver.Device(ordinal);
        Architecture = driver.Architecture(device);
        context = driver.PrimaryContext(device);
    }

    /// <summary>The driver.</summary>
    public CudaDriver Driver { get; }

    /// <summary>Compute capability times ten.</summary>
    public int Architecture { get; }

    /// <summary>Makes the device's context current until the result is disposed.</summary>
    public Entered Enter()
    {
        Driver.Push(context);
        return new Entered(Driver);
    }

    /// <summary>The kernels for some kinds of rows; compiled once per process.</summary>
    /// <exception cref="CudaException">They do not compile, or the driver does not load them.</exception>
    public CudaKernels Compile(IReadOnlyList<CudaKind> kinds)
    {
        var source = CudaSource.For(kinds);
        lock (compiled)
        {
            if (!compiled.TryGetValue(source, out var kernels))
            {
                var image = nvrtc.Compile(source, CudaSource.Name, Architecture);
                using var entered = Enter();
                var module = Driver.LoadModule(image);
                compiled[source] = kernels = new CudaKernels(
                    Driver.Function(module, "sum_squares\0"u8), Driver.Function(module, "clip_factor\0"u8), Driver.Function(module, "update\0"u8));
            }
            return kernels;
        }
    }

    /// <summary>The time during which a device's context is current.</summary>
    public readonly ref struct Entered(CudaDriver driver)
    {
        /// <summary>Brings the former context back.</summary>
        public void Dispose() => driver.Pop();
    }
}

/// <summary>The kernels of one compiled program.</summary>
/// <param name="SumSquares">sum_squares.</param>
/// <param name="ClipFactor">clip_factor.</param>
/// <param name="Update">update.</param>
sealed record CudaKernels(nint SumSquares, nint ClipFactor, nint Update);
