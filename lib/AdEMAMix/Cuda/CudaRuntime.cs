// The driver and the compiler of a process, found once, and the devices opened so far.
namespace AdEMAMix;

/// <summary>Driver, compiler and devices; or what is missing.</summary>
sealed class CudaRuntime
{
    readonly Dictionary<int, CudaDevice> devices = [];
    readonly Lock gate = new();
    readonly Nvrtc? nvrtc;
    string? notice;

    /// <summary>Looks for the driver, and for the compiler where there is a device.</summary>
    public CudaRuntime(string driverLibrary, Func<IEnumerable<string>> nvrtcCandidates)
    {
        try
        {
            Driver = CudaDriver.Load(driverLibrary);
            if (Driver.DeviceCount == 0)
                Missing = "the NVIDIA driver sees no device";
            else if ((nvrtc = FindCompiler(nvrtcCandidates())) is null)
                Missing = "NVRTC, the compiler of kernels, was found neither beside libtorch nor in the nvidia/cuda_nvrtc wheel nor in the system; install the package nvidia-cuda-nvrtc that fits libtorch's CUDA, or set CUDA_HOME";
        }
        catch (CudaException e)
        {
            Missing = e.Message;
        }
    }

    /// <summary>The driver, where there is one.</summary>
    public CudaDriver? Driver { get; }

    /// <summary>The compiler, where there is one.</summary>
    public Nvrtc? Nvrtc => nvrtc;

    /// <summary>What keeps steps from running on a GPU; null where nothing does.</summary>
    public string? Missing { get; }

    /// <summary>Why a step on a GPU fell back to tensor operators, the first time it did; null where none has.</summary>
    public string? Notice => Volatile.Read(ref notice);

    /// <summary>A device by libtorch's index; null, with a notice, where it cannot be used.</summary>
    public CudaDevice? DeviceAt(int ordinal)
    {
        if (Missing is not null)
        {
            NoteFallback(Missing);
            return null;
        }
        lock (gate)
        {
            if (devices.TryGetValue(ordinal, out var device))
                return device;
            try
            {
                return devices[ordinal] = new CudaDevice(Driver!, nvrtc!, ordinal);
            }
            catch (CudaException e)
            {
                NoteFallback(e.Message);
                return null;
            }
        }
    }

    /// <summary>Keeps the first reason for falling back.</summary>
    public void NoteFallback(string reason) => Interlocked.CompareExchange(ref notice, reason, null);

    static Nvrtc? FindCompiler(IEnumerable<string> candidates)
    {
        foreach (var candidate in candidates)
        {
            try
            {
                return Nvrtc.Load(candidate);
            }
            catch (CudaException)
            {
                // The next one may do.
            }
        }
        return null;
    }
}
