// NVIDIA's driver API, as far as a step needs it: libcuda comes with the driver, so nothing has to be installed for it.
using System.Runtime.InteropServices;

namespace AdEMAMix;

/// <summary>The functions of one loaded libcuda. Every call that fails throws with the driver's own words.</summary>
/// <remarks>Exercised in the tests by a stand-in that runs kernels on the CPU; never run on a device so far.</remarks>
sealed unsafe class CudaDriver
{
    /// <summary>The driver's library on Linux.</summary>
    public const string Library = "libcuda.so.1";

    // CUdevice_attribute
    const int ComputeCapabilityMajor = 75;
    const int ComputeCapabilityMinor = 76;

    const uint EventDisableTiming = 2;

    readonly delegate* unmanaged<uint, int> init;
    readonly delegate* unmanaged<int*, int> driverGetVersion;
    readonly delegate* unmanaged<int*, int> deviceGetCount;
    readonly delegate* unmanaged<int*, int, int> deviceGet;
    readonly delegate* unmanaged<byte*, int, int, int> deviceGetName;
    readonly delegate* unmanaged<int*, int, int, int> deviceGetAttribute;
    readonly delegate* unmanaged<nint*, int, int> primaryContextRetain;
    readonly delegate* unmanaged<nint, int> contextPush;
    readonly delegate* unmanaged<nint*, int> contextPop;
    readonly delegate* unmanaged<nint*, void*, int> moduleLoadData;
    readonly delegate* unmanaged<nint*, nint, byte*, int> moduleGetFunction;
    readonly delegate* unmanaged<ulong*, nuint, int> memAlloc;
    readonly delegate* unmanaged<ulong, int> memFree;
    readonly delegate* unmanaged<void**, nuint, int> memAllocHost;
    readonly delegate* unmanaged<void*, int> memFreeHost;
    readonly delegate* unmanaged<ulong, void*, nuint, nint, int> memcpyToDeviceAsync;
    readonly delegate* unmanaged<void*, ulong, nuint, int> memcpyToHost;
    readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> launchKernel;
    readonly delegate* unmanaged<nint*, uint, int> eventCreate;
    readonly delegate* unmanaged<nint, nint, int> eventRecord;
    readonly delegate* unmanaged<nint, int> eventSynchronize;
    readonly delegate* unmanaged<nint, int> eventDestroy;
    readonly delegate* unmanaged<nint, int> streamSynchronize;
    readonly delegate* unmanaged<int, byte**, int> getErrorName;
    readonly delegate* unmanaged<int, byte**, int> getErrorString;

    CudaDriver(nint library)
    {
        nint Export(string name) => NativeLibrary.TryGetExport(library, name, out var address) ? address
            : throw new CudaException($"the NVIDIA driver exports no {name}: it is older than CUDA 11; install a newer driver");

        init = (delegate* unmanaged<uint, int>)Export("cuInit");
        driverGetVersion = (delegate* unmanaged<int*, int>)Export("cuDriverGetVersion");
        deviceGetCount = (delegate* unmanaged<int*, int>)Export("cuDeviceGetCount");
        deviceGet = (delegate* unmanaged<int*, int, int>)Export("cuDeviceGet");
        deviceGetName = (delegate* unmanaged<byte*, int, int, int>)Export("cuDeviceGetName");
        deviceGetAttribute = (delegate* unmanaged<int*, int, int, int>)Export("cuDeviceGetAttribute");
        primaryContextRetain = (delegate* unmanaged<nint*, int, int>)Export("cuDevicePrimaryCtxRetain");
        contextPush = (delegate* unmanaged<nint, int>)Export("cuCtxPushCurrent_v2");
        contextPop = (delegate* unmanaged<nint*, int>)Export("cuCtxPopCurrent_v2");
        moduleLoadData = (delegate* unmanaged<nint*, void*, int>)Export("cuModuleLoadData");
        moduleGetFunction = (delegate* unmanaged<nint*, nint, byte*, int>)Export("cuModuleGetFunction");
        memAlloc = (delegate* unmanaged<ulong*, nuint, int>)Export("cuMemAlloc_v2");
        memFree = (delegate* unmanaged<ulong, int>)Export("cuMemFree_v2");
        memAllocHost = (delegate* unmanaged<void**, nuint, int>)Export("cuMemAllocHost_v2");
        memFreeHost = (delegate* unmanaged<void*, int>)Export("cuMemFreeHost");
        memcpyToDeviceAsync = (delegate* unmanaged<ulong, void*, nuint, nint, int>)Export("cuMemcpyHtoDAsync_v2");
        memcpyToHost = (delegate* unmanaged<void*, ulong, nuint, int>)Export("cuMemcpyDtoH_v2");
        launchKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)Export("cuLaunchKernel");
        eventCreate = (delegate* unmanaged<nint*, uint, int>)Export("cuEventCreate");
        eventRecord = (delegate* unmanaged<nint, nint, int>)Export("cuEventRecord");
        eventSynchronize = (delegate* unmanaged<nint, int>)Export("cuEventSynchronize");
        eventDestroy = (delegate* unmanaged<nint, int>)Export("cuEventDestroy_v2");
        streamSynchronize = (delegate* unmanaged<nint, int>)Export("cuStreamSynchronize");
        getErrorName = (delegate* unmanaged<int, byte**, int>)Export("cuGetErrorName");
        getErrorString = (delegate* unmanaged<int, byte**, int>)Export("cuGetErrorString");
    }

    /// <summary>Loads and initializes the driver.</summary>
    /// <exception cref="CudaException">There is none, it is too old, or it finds no device.</exception>
    public static CudaDriver Load(string library)
    {
        if (!NativeLibrary.TryLoad(library, out var handle))
            throw new CudaException($"{library} was not found, so there is no NVIDIA driver");
        var driver = new CudaDriver(handle);
        driver.Check(driver.init(0), "cuInit");
        return driver;
    }

    /// <summary>The newest CUDA that the driver runs, as "12.8".</summary>
    public string Version
    {
        get
        {
            int version;
            Check(driverGetVersion(&version), "cuDriverGetVersion");
            return FormattableString.Invariant($"{version / 1000}.{version % 1000 / 10}");
        }
    }

    /// <summary>How many devices the process sees.</summary>
    public int DeviceCount
    {
        get
        {
            int count;
            Check(deviceGetCount(&count), "cuDeviceGetCount");
            return count;
        }
    }

    /// <summary>The handle of a device by its ordinal, which is also libtorch's index.</summary>
    public int Device(int ordinal)
    {
        int device;
        Check(deviceGet(&device, ordinal), "cuDeviceGet");
        return device;
    }

    /// <summary>The device's name, such as "NVIDIA H200".</summary>
    public string DeviceName(int device)
    {
        var name = stackalloc byte[256];
        Check(deviceGetName(name, 256, device), "cuDeviceGetName");
        return Marshal.PtrToStringUTF8((nint)name)!;
    }

    /// <summary>Compute capability times ten: 90 for Hopper.</summary>
    public int Architecture(int device)
    {
        int major, minor;
        Check(deviceGetAttribute(&major, ComputeCapabilityMajor, device), "cuDeviceGetAttribute");
        Check(deviceGetAttribute(&minor, ComputeCapabilityMinor, device), "cuDeviceGetAttribute");
        return 10 * major + minor;
    }

    /// <summary>The device's primary context: the one that libtorch's tensors live in.</summary>
    public nint PrimaryContext(int device)
    {
        nint context;
        Check(primaryContextRetain(&context, device), "cuDevicePrimaryCtxRetain");
        return context;
    }

    /// <summary>Makes a context this thread's current one.</summary>
    public void Push(nint context) => Check(contextPush(context), "cuCtxPushCurrent");

    /// <summary>Brings the former current context back.</summary>
    public void Pop()
    {
        nint context;
        Check(contextPop(&context), "cuCtxPopCurrent");
    }

    /// <summary>Loads a compiled program into the current context.</summary>
    public nint LoadModule(ReadOnlySpan<byte> image)
    {
        nint module;
        fixed (byte* data = image)
            Check(moduleLoadData(&module, data), "cuModuleLoadData");
        return module;
    }

    /// <summary>A kernel of a module.</summary>
    public nint Function(nint module, ReadOnlySpan<byte> nameWithNul)
    {
        nint function;
        fixed (byte* name = nameWithNul)
            Check(moduleGetFunction(&function, module, name), "cuModuleGetFunction");
        return function;
    }

    /// <summary>Device memory.</summary>
    public ulong Allocate(long bytes)
    {
        ulong address;
        Check(memAlloc(&address, (nuint)bytes), "cuMemAlloc");
        return address;
    }

    /// <summary>Frees device memory.</summary>
    public void Free(ulong address) => Check(memFree(address), "cuMemFree");

    /// <summary>Page-locked host memory, from which copies run beside the program.</summary>
    public void* AllocatePinned(long bytes)
    {
        void* address;
        Check(memAllocHost(&address, (nuint)bytes), "cuMemAllocHost");
        return address;
    }

    /// <summary>Frees page-locked memory.</summary>
    public void FreePinned(void* address) => Check(memFreeHost(address), "cuMemFreeHost");

    /// <summary>Queues a copy; the source must stay as it is until the stream gets there.</summary>
    public void CopyToDevice(ulong target, void* source, long bytes) =>
        Check(memcpyToDeviceAsync(target, source, (nuint)bytes, DefaultStream), "cuMemcpyHtoDAsync");

    /// <summary>Waits for the default stream, and copies.</summary>
    public void CopyToHost(void* target, ulong source, long bytes) => Check(memcpyToHost(target, source, (nuint)bytes), "cuMemcpyDtoH");

    /// <summary>Queues a kernel.</summary>
    public void Launch(nint function, int blocks, int threads, void** arguments) =>
        Check(launchKernel(function, (uint)blocks, 1, 1, (uint)threads, 1, 1, 0, DefaultStream, arguments, null), "cuLaunchKernel");

    /// <summary>A new event.</summary>
    public nint NewEvent()
    {
        nint handle;
        Check(eventCreate(&handle, EventDisableTiming), "cuEventCreate");
        return handle;
    }

    /// <summary>Marks the present end of the queue.</summary>
    public void Record(nint handle) => Check(eventRecord(handle, DefaultStream), "cuEventRecord");

    /// <summary>Waits until the queue has passed the mark; returns at once where it has, or where there is none.</summary>
    public void Wait(nint handle) => Check(eventSynchronize(handle), "cuEventSynchronize");

    /// <summary>Frees an event.</summary>
    public void FreeEvent(nint handle) => Check(eventDestroy(handle), "cuEventDestroy");

    /// <summary>Waits until all that was queued is done.</summary>
    public void Synchronize() => Check(streamSynchronize(DefaultStream), "cuStreamSynchronize");

    // The legacy default stream. libtorch works on it unless a program switches streams, which TorchSharp offers no call for;
    // on the same stream gradients are written before they are read here, without any waiting. Who switches libtorch's stream
    // by other means must synchronize before and after a step.
    const nint DefaultStream = 0;

    void Check(int result, string call)
    {
        if (result == 0)
            return;
        byte* name = null, text = null;
        var named = getErrorName(result, &name) == 0 && getErrorString(result, &text) == 0;
        throw new CudaException(named
            ? $"{call} failed with {Marshal.PtrToStringUTF8((nint)name)} ({Marshal.PtrToStringUTF8((nint)text)})"
            : FormattableString.Invariant($"{call} failed with error {result}"));
    }
}
