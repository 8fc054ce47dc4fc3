// NVIDIA's run-time compiler: CUDA C++ in, a program for one kind of device out. It comes with libtorch for CUDA.
using System.Runtime.InteropServices;
using System.Text;

namespace AdEMAMix;

/// <summary>One loaded NVRTC.</summary>
/// <remarks>Exercised in the tests by a stand-in that compiles with g++; never run with NVIDIA's own so far.</remarks>
sealed unsafe class Nvrtc
{
    readonly delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int> createProgram;
    readonly delegate* unmanaged<nint, int, byte**, int> compileProgram;
    readonly delegate* unmanaged<nint*, int> destroyProgram;
    readonly delegate* unmanaged<nint, nuint*, int> getLogSize;
    readonly delegate* unmanaged<nint, byte*, int> getLog;
    readonly delegate* unmanaged<nint, nuint*, int> getBinarySize;
    readonly delegate* unmanaged<nint, byte*, int> getBinary;
    readonly delegate* unmanaged<nint, nuint*, int> getPtxSize;
    readonly delegate* unmanaged<nint, byte*, int> getPtx;
    readonly delegate* unmanaged<int, byte*> getErrorString;

    Nvrtc(string path, nint library)
    {
        Path = path;
        nint Export(string name) => NativeLibrary.TryGetExport(library, name, out var address) ? address
            : throw new CudaException($"{path} exports no {name}: it is older than CUDA 11.2; install a newer NVRTC");

        createProgram = (delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int>)Export("nvrtcCreateProgram");
        compileProgram = (delegate* unmanaged<nint, int, byte**, int>)Export("nvrtcCompileProgram");
        destroyProgram = (delegate* unmanaged<nint*, int>)Export("nvrtcDestroyProgram");
        getLogSize = (delegate* unmanaged<nint, nuint*, int>)Export("nvrtcGetProgramLogSize");
        getLog = (delegate* unmanaged<nint, byte*, int>)Export("nvrtcGetProgramLog");
        getBinarySize = (delegate* unmanaged<nint, nuint*, int>)Export("nvrtcGetCUBINSize");
        getBinary = (delegate* unmanaged<nint, byte*, int>)Export("nvrtcGetCUBIN");
        getPtxSize = (delegate* unmanaged<nint, nuint*, int>)Export("nvrtcGetPTXSize");
        getPtx = (delegate* unmanaged<nint, byte*, int>)Export("nvrtcGetPTX");
        getErrorString = (delegate* unmanaged<int, byte*>)Export("nvrtcGetErrorString");

        int major, minor, count;
        Check(((delegate* unmanaged<int*, int*, int>)Export("nvrtcVersion"))(&major, &minor), "nvrtcVersion");
        Version = FormattableString.Invariant($"{major}.{minor}");
        Check(((delegate* unmanaged<int*, int>)Export("nvrtcGetNumSupportedArchs"))(&count), "nvrtcGetNumSupportedArchs");
        var architectures = new int[count];
        fixed (int* first = architectures)
            Check(((delegate* unmanaged<int*, int>)Export("nvrtcGetSupportedArchs"))(first), "nvrtcGetSupportedArchs");
        Architectures = architectures;
    }

    /// <summary>Where it was found.</summary>
    public string Path { get; }

    /// <summary>Its CUDA version, as "12.8".</summary>
    public string Version { get; }

    /// <summary>The compute capabilities, times ten, that it compiles for.</summary>
    public IReadOnlyList<int> Architectures { get; }

    /// <summary>Loads the compiler.</summary>
    /// <exception cref="CudaException">The file cannot be loaded, or is too old.</exception>
    public static Nvrtc Load(string path) => NativeLibrary.TryLoad(path, out var library) ? new Nvrtc(path, library)
        : throw new CudaException($"{path} cannot be loaded");

    /// <summary>Compiles to machine code for the architecture, or to PTX for the driver to finish where the device is newer than the compiler.</summary>
    /// <exception cref="CudaException">The compiler refuses; the message holds the first line of its log.</exception>
    public byte[] Compile(string source, string name, int architecture)
    {
        var known = Architectures.Contains(architecture);
        var target = known ? architecture : Architectures.Where(a => a < architecture).DefaultIfEmpty().Max();
        if (target == 0)
            throw new CudaException(FormattableString.Invariant($"NVRTC {Version} does not compile for compute capability {architecture / 10}.{architecture % 10}; use a libtorch that supports this device"));
        return Compile(source, name, known, [
            FormattableString.Invariant($"--gpu-architecture={(known ? "sm" : "compute")}_{target}"),
            "--std=c++17",
            // One rounding per operation, as on the CPU.
            "--fmad=false", "--prec-div=true", "--prec-sqrt=true", "--ftz=false",
        ]);
    }

    byte[] Compile(string source, string name, bool binary, string[] options)
    {
        nint program;
        fixed (byte* text = WithNul(source), label = WithNul(name))
            Check(createProgram(&program, text, label, 0, null, null), "nvrtcCreateProgram");
        var arguments = stackalloc byte*[options.Length];
        for (var i = 0; i < options.Length; i++)
            arguments[i] = (byte*)Marshal.StringToCoTaskMemUTF8(options[i]);
        try
        {
            if (compileProgram(program, options.Length, arguments) is not 0 and var result)
                throw new CudaException($"NVRTC {Version} refuses {name} ({Marshal.PtrToStringUTF8((nint)getErrorString(result))}): {FirstError(Log(program))}");
            nuint size;
            Check(binary ? getBinarySize(program, &size) : getPtxSize(program, &size), "nvrtcGetCUBINSize");
            var image = new byte[size];
            fixed (byte* data = image)
                Check(binary ? getBinary(program, data) : getPtx(program, data), "nvrtcGetCUBIN");
            return image;
        }
        finally
        {
            for (var i = 0; i < options.Length; i++)
                Marshal.FreeCoTaskMem((nint)arguments[i]);
            destroyProgram(&program);
        }
    }

    string Log(nint program)
    {
        nuint size;
        Check(getLogSize(program, &size), "nvrtcGetProgramLogSize");
        var log = new byte[size];
        fixed (byte* data = log)
            Check(getLog(program, data), "nvrtcGetProgramLog");
        return Encoding.UTF8.GetString(log).TrimEnd('\0', '\n');
    }

    static string FirstError(string log)
    {
        var lines = log.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase)) ?? lines.FirstOrDefault() ?? "it gives no reason";
    }

    static byte[] WithNul(string text) => Encoding.UTF8.GetBytes(text + '\0');

    void Check(int result, string call)
    {
        if (result != 0)
            throw new CudaException($"{call} failed with {Marshal.PtrToStringUTF8((nint)getErrorString(result))}");
    }
}
