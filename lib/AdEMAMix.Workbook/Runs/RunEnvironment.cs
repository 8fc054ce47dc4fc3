using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace AdEMAMix.Workbook;

/// <summary>The code and the machine that a run was trained with. It names no host and no user.</summary>
public sealed partial record RunEnvironment
{
    /// <summary>Commit of the code, with "+" where files had been changed; "unknown" outside a clone.</summary>
    public string Commit { get; init; } = "unknown";

    /// <summary>The processor's model.</summary>
    public string Cpu { get; init; } = "unknown";

    /// <summary>Processors that the process may use.</summary>
    public int Cores { get; init; }

    /// <summary>Memory in GiB.</summary>
    public int MemoryGiB { get; init; }

    /// <summary>Operating system.</summary>
    public string OperatingSystem { get; init; } = "";

    /// <summary>.NET runtime.</summary>
    public string Dotnet { get; init; } = "";

    /// <summary>Version of libtorch as loaded.</summary>
    public string Libtorch { get; init; } = "unknown";

    /// <summary>The BLAS library as loaded and, with OpenBLAS, the processor that its kernels are for.</summary>
    public string Blas { get; init; } = "unknown";

    /// <summary>What the run really computed in, where its <see cref="RunConfig.Compute"/> names a precision; null where it does not.</summary>
    public string? Precision { get; init; }

    /// <summary>The GPU that computed; null for the processor.</summary>
    public string? Gpu { get; init; }

    /// <summary>Processes that trained the run together; null for one.</summary>
    public int? Ranks { get; init; }

    /// <summary>Version of the workbook.</summary>
    public string Workbook { get; init; } = "";

    /// <summary>Reads code and machine. Call it after the first tensor exists, so that the native libraries are loaded.</summary>
    /// <param name="root">The clone's folder.</param>
    public static RunEnvironment Capture(string? root) => new()
    {
        Commit = ReadCommit(root),
        Cpu = ReadField("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Cores = Environment.ProcessorCount,
        MemoryGiB = (int)Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30)),
        OperatingSystem = ReadField("/etc/os-release", "PRETTY_NAME", '=')?.Trim('"') ?? RuntimeInformation.OSDescription,
        Dotnet = Environment.Version.ToString(),
        Libtorch = LoadedLibtorch(),
        Blas = LoadedBlas(),
        Workbook = typeof(RunEnvironment).Assembly.GetName().Version?.ToString(3) ?? "",
    };

    static string? ReadField(string file, string name, char separator = ':')
    {
        if (!File.Exists(file)) return null;
        var line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line?[(line.IndexOf(separator) + 1)..].Trim();
    }

    static string ReadCommit(string? root)
    {
        if (root is null || !Path.Exists(Path.Combine(root, ".git"))) return "unknown";
        var head = Git(root, "rev-parse", "--short=12", "HEAD");
        if (head is null) return "unknown";
        // Results and notebooks change while runs are made; only code decides what a run computes.
        return string.IsNullOrEmpty(Git(root, "status", "--porcelain", "--untracked-files=no", "--", "lib")) ? head : head + "+";
    }

    /// <summary>What git answers in a folder, trimmed; null where it fails or is missing.</summary>
    internal static string? Git(string root, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = root, RedirectStandardOutput = true, RedirectStandardError = true };
            using var git = Process.Start(start)!;
            var output = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return git.ExitCode == 0 ? output : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    // What is mapped into this process is what computes; version constants of packages may differ from it.
    static string LoadedLibtorch()
    {
        var file = LoadedLibrary("libtorch_cpu.so");
        if (file is null) return "not loaded";
        var real = Path.GetFileName(file);
        if (VersionSuffix().Match(real) is { Success: true } match) return match.Groups[1].Value;
        var version = Path.Combine(Path.GetDirectoryName(file)!, "..", "version.py");
        var line = File.Exists(version) ? File.ReadLines(version).FirstOrDefault(l => l.StartsWith("__version__", StringComparison.Ordinal)) : null;
        return line?.Split('\'', '"').ElementAtOrDefault(1) ?? "unknown";
    }

    static string LoadedBlas()
    {
        // Debian's libtorch calls libblas.so.3, and the alternatives decide whose that is. OpenBLAS may be mapped beside a reference
        // BLAS, for LAPACK's sake, so this file is asked first.
        if (LoadedLibrary("/libblas.so") is { } chosen && !chosen.Contains("openblas", StringComparison.Ordinal) && !chosen.Contains("atlas", StringComparison.Ordinal) && !chosen.Contains("blis", StringComparison.Ordinal))
            return "reference BLAS";
        foreach (var (name, label) in new[] { ("libopenblas", "OpenBLAS"), ("libmkl_rt", "MKL"), ("libmkl_core", "MKL"), ("libblis", "BLIS"), ("libatlas", "ATLAS") })
            if (LoadedLibrary(name) is { } file)
                return (VersionInName().Match(Path.GetFileName(file)) is { Success: true } match ? $"{label} {match.Groups[1].Value}" : label) + KernelsOf(file);
        // Debian's alternatives: OpenBLAS poses as libblas.so.3 inside its own folder.
        return LoadedLibrary("openblas-") is not null ? "OpenBLAS" : "inside libtorch";
    }

    static unsafe string KernelsOf(string file)
    {
        if (!NativeLibrary.TryLoad(file, out var library)) return "";
        try
        {
            return NativeLibrary.TryGetExport(library, "openblas_get_corename", out var name) ? $", {Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)name)())} kernels" : "";
        }
        finally
        {
            NativeLibrary.Free(library);
        }
    }

    static string? LoadedLibrary(string part)
    {
        if (!File.Exists("/proc/self/maps")) return null;
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            var slash = line.IndexOf('/');
            if (slash >= 0 && line.AsSpan(slash).Contains(part, StringComparison.Ordinal)) return line[slash..];
        }
        return null;
    }

    [GeneratedRegex(@"\.so\.(\d+\.\d+(\.\d+)?)$")]
    private static partial Regex VersionSuffix();

    [GeneratedRegex(@"r(\d+\.\d+(\.\d+)?)\.so")]
    private static partial Regex VersionInName();

    /// <summary>One line for a footer.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Cpu}, {Cores} cores, {MemoryGiB} GiB, {OperatingSystem}, .NET {Dotnet}, libtorch {Libtorch}, {Blas}{(Precision is null ? "" : ", " + Precision)}{(Gpu is null ? "" : ", " + Gpu)}{(Ranks is null ? "" : $", {Ranks} ranks")}");
}
