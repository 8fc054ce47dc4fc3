// workbook doctor: what is installed, what is wrong, and how to mend it.

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics.X86;
using AdEMAMix.Workbook;
using TorchSharp;

namespace AdEMAMix.Cli.Verbs;

static class DoctorVerb
{
    internal static Command Create()
    {
        var doctor = new Command("doctor", "What is installed, what is wrong, how to mend it; exit code 1 where something must be mended");
        doctor.SetAction(_ => Run());
        return doctor;
    }

    enum Verdict { Good, Warning, Bad }

    sealed record Finding(Verdict Verdict, string What, string Found, string? Remedy = null);

    static int Run()
    {
        var findings = Examine().ToList();
        var width = findings.Max(f => f.What.Length);
        foreach (var finding in findings)
        {
            var mark = finding.Verdict switch { Verdict.Good => "ok  ", Verdict.Warning => "warn", _ => "FAIL" };
            Console.WriteLine($"{mark}  {finding.What.PadRight(width)}  {finding.Found}");
            if (finding.Remedy is not null) Console.WriteLine($"      {new string(' ', width)}  -> {finding.Remedy}");
        }
        return findings.Exists(f => f.Verdict == Verdict.Bad) ? 1 : 0;
    }

    static IEnumerable<Finding> Examine()
    {
        var paths = WorkbookPaths.Find();
        var torchProblem = TryLoadTorch();
        var here = RunEnvironment.Capture(paths.Root);

        yield return new(Verdict.Good, "workbook", $"{here.Workbook}, commit {here.Commit}");
        yield return new(Verdict.Good, "system", $"{here.OperatingSystem}, .NET {here.Dotnet}");
        yield return torchProblem is null
            ? new(Verdict.Good, "libtorch", $"{here.Libtorch}, {torch.get_num_threads()} threads")
            : new(Verdict.Bad, "libtorch", torchProblem, "environment/workbook setup installs Debian's libtorch-dev, or set TORCH_HOME to an unpacked libtorch or a PyTorch wheel's torch folder");
        if (torchProblem is null) yield return Blas(here.Blas);
        yield return Processor(here.Cpu);
        yield return torchProblem is null ? Gpu() : new(Verdict.Warning, "GPU", "not looked at without libtorch");
        if (torchProblem is null) yield return GpuSteps();
        if (torchProblem is null) yield return Ranks();
        yield return Memory();
        yield return Disk(paths);
        yield return Tool("npm", "data from npm packages", "apt-get install npm");
        yield return Tool("apt-get", "data from Debian packages", "only on Debian and its kin: put the archive named by data/sources.json into data/cache/archives");
        yield return Tool("chromium", "the browser tests", "environment/workbook test installs it");
        var plotly = Path.Combine(paths.Root, "environment", ".state", "plotly.min.js");
        yield return File.Exists(plotly)
            ? new(Verdict.Good, "plotly.js", "here, for rendered pages")
            : new(Verdict.Warning, "plotly.js", "missing: pages cannot be rendered", "environment/workbook setup");
        foreach (var status in new DataFetcher(paths).VerifyAll())
            yield return new(status.State == DataState.Damaged ? Verdict.Bad : Verdict.Good, $"data {status.Source.Name}", status.Message);
        yield return Store(paths);
    }

    static string? TryLoadTorch()
    {
        try
        {
            using var one = torch.ones(1);
            return null;
        }
        catch (Exception problem)
        {
            return (problem is TypeInitializationException { InnerException: { } inner } ? inner : problem).Message;
        }
    }

    static Finding Blas(string blas)
    {
        var speed = MatrixSpeed();
        var found = string.Create(CultureInfo.InvariantCulture, $"{blas}, {speed:F0} GFLOP/s on a 512 x 512 product");
        return blas.StartsWith("reference", StringComparison.Ordinal)
            ? new(Verdict.Warning, "BLAS", found, "the reference BLAS is tens of times slower: apt-get install libopenblas0-pthread")
            : new(Verdict.Good, "BLAS", found);
    }

    static double MatrixSpeed()
    {
        const int n = 512;
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var a = torch.ones(n, n);
        a.mm(a);
        var best = double.MaxValue;
        for (var i = 0; i < 5; i++)
        {
            var clock = Stopwatch.StartNew();
            a.mm(a);
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }
        return 2.0 * n * n * n / best / 1e9;
    }

    static Finding Processor(string model)
    {
        var features = new List<string>();
        if (Avx2.IsSupported) features.Add("AVX2");
        if (Fma.IsSupported) features.Add("FMA");
        if (Avx512F.IsSupported) features.Add("AVX-512");
        var found = $"{model}, {Environment.ProcessorCount} cores, {(features.Count == 0 ? "no AVX2" : string.Join(", ", features))}";
        return Avx2.IsSupported ? new(Verdict.Good, "processor", found) : new(Verdict.Warning, "processor", found, "training works but is slow without AVX2");
    }

    static Finding Gpu()
    {
        var name = NvidiaSmi();
        if (torch.cuda.is_available()) return new(Verdict.Good, "GPU", $"{name ?? "CUDA"}, {torch.cuda.device_count()} device(s) usable");
        return name is null
            ? new(Verdict.Good, "GPU", "none; everything runs on the processor")
            : new(Verdict.Warning, "GPU", $"{name} is here, but this libtorch has no CUDA",
                "with the full NuGet gallery: WorkbookPackages=nuget environment/workbook setup (TorchSharp-cuda-linux); with an installed PyTorch: TORCH_HOME=<its torch folder> environment/workbook setup");
    }

    static Finding GpuSteps() => new(torch.cuda.is_available() && !CudaSupport.IsAvailable ? Verdict.Warning : Verdict.Good, "GPU steps", CudaSupport.Describe());

    // Several processes that train one run.
    static Finding Ranks()
    {
        try
        {
            var nccl = distributed.is_nccl_available();
            return torch.cuda.is_available() && !nccl
                ? new(Verdict.Warning, "ranks", "Gloo, without NCCL: several GPUs cannot train one run", "TORCH_HOME=<a PyTorch wheel's torch folder, with CUDA's and NCCL's headers> environment/workbook setup")
                : new(Verdict.Good, "ranks", nccl ? "Gloo and NCCL" : "Gloo, between processors");
        }
        catch (distributed.DistError problem)
        {
            return new(Verdict.Warning, "ranks", problem.Message, "environment/workbook setup compiles the process groups where libtorch has them");
        }
    }

    static string? NvidiaSmi()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("nvidia-smi", ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var line = process.StandardOutput.ReadLine();
            process.WaitForExit();
            return process.ExitCode == 0 ? line : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    static Finding Memory()
    {
        var gib = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30);
        var found = string.Create(CultureInfo.InvariantCulture, $"{gib:F1} GiB");
        return gib >= 3 ? new(Verdict.Good, "memory", found) : new(Verdict.Warning, "memory", found, "the smoke preset wants about 2 GiB for two workers and the notebook");
    }

    static Finding Disk(WorkbookPaths paths)
    {
        var free = new DriveInfo(paths.Root).AvailableFreeSpace / (double)(1L << 30);
        var found = string.Create(CultureInfo.InvariantCulture, $"{free:F1} GiB free");
        return free >= 1 ? new(Verdict.Good, "disk", found) : new(Verdict.Warning, "disk", found, "downloads, checkpoints and builds take about 1 GiB");
    }

    static Finding Tool(string command, string purpose, string remedy)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists);
        return path is not null ? new(Verdict.Good, command, $"{path} ({purpose})") : new(Verdict.Warning, command, $"missing: needed for {purpose}", remedy);
    }

    static Finding Store(WorkbookPaths paths)
    {
        if (!File.Exists(paths.Store)) return new(Verdict.Good, "run store", "none yet; the first run makes it");
        try
        {
            using var store = RunStore.Open(paths.Store);
            var runs = store.List();
            return new(Verdict.Good, "run store", $"{runs.Count} runs, {runs.Count(r => r.IsDone)} done");
        }
        catch (StoreException problem)
        {
            return new(Verdict.Bad, "run store", problem.Message);
        }
    }
}
