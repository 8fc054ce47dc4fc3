// Where NVRTC may lie: libtorch brings it, beside itself or in the wheel next door; else the system's.
using System.Diagnostics;

namespace AdEMAMix;

/// <summary>Looks for libnvrtc, the copy that libtorch uses first.</summary>
static class NvrtcSearch
{
    // What the dynamic loader may know, newest first.
    static readonly string[] Names = ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"];

    /// <summary>Paths and names to try, in order.</summary>
    public static IEnumerable<string> Candidates() => Candidates(LoadedLibraries(), CudaHomes());

    /// <summary>Paths and names to try, given the files of the libraries in the process and the CUDA installations.</summary>
    public static IEnumerable<string> Candidates(IReadOnlyList<string> loaded, IEnumerable<string> cudaHomes)
    {
        foreach (var path in loaded.Where(path => IsNvrtc(Path.GetFileName(path))))
            yield return path;
        foreach (var library in loaded.Where(path => Path.GetFileName(path).StartsWith("libtorch", StringComparison.Ordinal)))
            foreach (var path in BesideTorch(Path.GetDirectoryName(library)!).SelectMany(FilesIn))
                yield return path;
        foreach (var path in cudaHomes.SelectMany(home => (string[])[Path.Combine(home, "lib64"), Path.Combine(home, "lib")]).SelectMany(FilesIn))
            yield return path;
        foreach (var name in Names)
            yield return name;
    }

    // A wheel's libtorch lies in site-packages/torch/lib, its NVRTC in site-packages/nvidia/cuda_nvrtc/lib (CUDA 13: nvidia/cu13/lib).
    static IEnumerable<string> BesideTorch(string folder)
    {
        yield return folder;
        var packages = Path.GetFullPath(Path.Combine(folder, "..", ".."));
        yield return Path.Combine(packages, "nvidia", "cuda_nvrtc", "lib");
        if (Directory.Exists(Path.Combine(packages, "nvidia")))
            foreach (var cuda in Directory.EnumerateDirectories(Path.Combine(packages, "nvidia"), "cu1*").OrderDescending(StringComparer.Ordinal))
                yield return Path.Combine(cuda, "lib");
    }

    static IEnumerable<string> FilesIn(string folder) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, "libnvrtc*").Where(path => IsNvrtc(Path.GetFileName(path))).OrderDescending(StringComparer.Ordinal)
        : [];

    // libnvrtc-builtins is a library that the compiler itself loads.
    static bool IsNvrtc(string file) => file.StartsWith("libnvrtc", StringComparison.Ordinal)
        && !file.Contains("builtins", StringComparison.Ordinal) && !file.Contains(".alt.", StringComparison.Ordinal) && file.Contains(".so", StringComparison.Ordinal);

    static List<string> LoadedLibraries() => [.. Process.GetCurrentProcess().Modules.Cast<ProcessModule>().Select(module => module.FileName)];

    static IEnumerable<string> CudaHomes() =>
        ((string?[])[Environment.GetEnvironmentVariable("CUDA_HOME"), Environment.GetEnvironmentVariable("CUDA_PATH"), "/usr/local/cuda"]).OfType<string>();
}
