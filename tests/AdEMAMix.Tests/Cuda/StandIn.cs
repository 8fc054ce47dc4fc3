// The stand-in for driver and compiler, built once per test run with g++; see stand_in.cpp.
using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;

namespace AdEMAMix.Tests;

[CollectionDefinition(nameof(StandIn))]
public sealed class StandInCollection : ICollectionFixture<StandIn>;

/// Runs the device's kernels on the CPU, on the memory of ordinary tensors.
public sealed unsafe class StandIn : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("ademamix-stand-in-").FullName;
    readonly string? missing;
    readonly nint library;
    CudaRuntime? runtime;

    public StandIn()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Cuda")))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        Library = Path.Combine(folder, "stand_in.so");
        try
        {
            using var compiler = Process.Start(new ProcessStartInfo("g++",
                ["-std=c++17", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", Path.Combine(folder, "stand_in.cpp"), "-o", Library, "-ldl"])
            { RedirectStandardError = true })!;
            var log = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            Assert.True(compiler.ExitCode == 0, log);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            missing = "g++ is not installed, and the kernels are compiled with it here";
            return;
        }
        library = NativeLibrary.Load(Library);
        Configure("g++");
    }

    public string Library { get; }

    /// The driver and compiler that the tests share; skips the test where g++ is missing.
    internal CudaRuntime Runtime
    {
        get
        {
            Require();
            return runtime ??= NewRuntime();
        }
    }

    /// Launches, copies to the device, waits and the depth of contexts so far.
    public (long Launches, long Copies, long Waits, long Depth) Counts
    {
        get
        {
            var counts = stackalloc long[4];
            ((delegate* unmanaged<long*, void>)Export("stand_in_counts"))(counts);
            return (counts[0], counts[1], counts[2], counts[3]);
        }
    }

    public void Require() => Assert.SkipWhen(missing is not null, missing ?? "");

    internal CudaRuntime NewRuntime() => new(Library, () => [Library]);

    /// An optimizer's GPUs, with the CPU's tensors in their place. Eager: launches run at once; else when something waits.
    internal DeviceSteps Steps(bool eager = true)
    {
        var found = Runtime;
        ((delegate* unmanaged<int, void>)Export("stand_in_eager"))(eager ? 1 : 0);
        return new DeviceSteps(() => found, DeviceType.CPU);
    }

    public void Drain() => ((delegate* unmanaged<void>)Export("stand_in_drain"))();

    /// Sets the compiler that the stand-in of NVRTC calls.
    public void Configure(string compiler)
    {
        Span<nint> texts = [Marshal.StringToCoTaskMemUTF8(folder), Marshal.StringToCoTaskMemUTF8(compiler)];
        ((delegate* unmanaged<nint, nint, void>)Export("stand_in_configure"))(texts[0], texts[1]);
        foreach (var text in texts)
            Marshal.FreeCoTaskMem(text);
    }

    /// The offsets that the compiled kernels see.
    public long[] Layout()
    {
        var image = Runtime.Nvrtc!.Compile(CudaSource.For([]), CudaSource.Name, 90);
        var kernels = NativeLibrary.Load(System.Text.Encoding.UTF8.GetString(image).TrimEnd('\0'));
        var values = new long[256];
        fixed (long* first = values)
            return values[..((delegate* unmanaged<long*, int>)NativeLibrary.GetExport(kernels, "shim_layout"))(first)];
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    nint Export(string name) => NativeLibrary.GetExport(library, name);
}
