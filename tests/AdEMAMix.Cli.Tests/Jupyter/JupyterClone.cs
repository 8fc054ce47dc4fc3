// A clone in small with the published program and an installed kernel, for Debian's own Jupyter clients.

using System.Diagnostics;

namespace AdEMAMix.Cli.Tests;

/// <summary>
/// A temporary folder laid out as a clone after `setup`: launcher, lib/dist, sources; and a Jupyter data folder with its kernel.
/// What a notebook trains there stays there.
/// </summary>
sealed class JupyterClone : IDisposable
{
    public const string Python = "/usr/bin/python3";

    public JupyterClone()
    {
        SkipUnless(File.Exists(Path.Combine(Repository, "lib", "dist", "workbook.dll")), "the library is not published: run environment/workbook setup");
        SkipUnless(Directory.Exists("/usr/lib/python3/dist-packages/jupyter_kernel_test"), "python3-jupyter-kernel-test is not installed: environment/workbook test installs it");
        Root = Directory.CreateTempSubdirectory("workbook-jupyter-").FullName;
        File.WriteAllText(Path.Combine(Root, "AdEMAMix.Workbook.sln"), "");
        Copy("environment", recursive: false);
        // Scripts of pages; nothing is written there.
        Directory.CreateSymbolicLink(Path.Combine(Root, "environment", ".state"), Path.Combine(Repository, "environment", ".state"));
        Copy(Path.Combine("lib", "dist"), recursive: true);
        Copy(".", recursive: false, "README.md"); // what a notebook on own data reads
        Copy("data", recursive: false, "sources.json");
        Copy(Path.Combine("data", "results"), recursive: true);
        Directory.CreateDirectory(Path.Combine(Root, "notebooks"));
        // The texts are large and are only read.
        if (Directory.Exists(Path.Combine(Repository, "data", "cache"))) Directory.CreateSymbolicLink(Path.Combine(Root, "data", "cache"), Path.Combine(Repository, "data", "cache"));
        var installed = Run("dotnet", Program, "kernel", "install");
        Assert.True(installed.ExitCode == 0, installed.Error);
        Assert.True(File.Exists(Path.Combine(Root, "jupyter", "data", "kernels", ".net-csharp", "kernel.json")), installed.Output);
    }

    public static string Repository => TemporaryWorkbook.Repository;

    public string Root { get; }

    public string Program => Path.Combine(Root, "lib", "dist", "workbook.dll");

    /// <summary>Skips where Debian's package of a command is missing.</summary>
    public static void SkipUnless(bool here, string reason)
    {
        if (!here) Assert.Skip(char.ToUpperInvariant(reason[0]) + reason[1..] + ".");
    }

    public static string Script(string name) => Path.Combine(Repository, "tests", "fixtures", "jupyter", name);

    public string Write(string name, string content)
    {
        var file = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
        return file;
    }

    public Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.Combine(Root, "notebooks") };
        start.Environment["WORKBOOK_ROOT"] = Root;
        start.Environment["JUPYTER_DATA_DIR"] = Path.Combine(Root, "jupyter", "data");
        start.Environment["JUPYTER_CONFIG_DIR"] = Path.Combine(Root, "jupyter", "config");
        start.Environment["JUPYTER_RUNTIME_DIR"] = Path.Combine(Root, "jupyter", "runtime");
        start.Environment["IPYTHONDIR"] = Path.Combine(Root, "jupyter", "ipython");
        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach (var foreign in new[] { "JUPYTER_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME" }) start.Environment.Remove(foreign);
        return Process.Start(start)!;
    }

    public Outcome Run(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output, error.Result);
    }

    public void Dispose()
    {
        if (Directory.Exists(Root)) Directory.Delete(Root, recursive: true);
    }

    void Copy(string folder, bool recursive, string pattern = "*")
    {
        var source = Path.Combine(Repository, folder);
        foreach (var file in Directory.EnumerateFiles(source, pattern, recursive ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly))
        {
            var copy = Path.Combine(Root, folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
