using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using TorchSharp;
using Xunit;

namespace Compat.Tests;

/// <summary>Without a usable libtorch the first call says what to do.</summary>
public sealed class Installation : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("compat-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Calls torch.ones(2) of a copy of the assembly that lies beside nothing but what the test put there.</summary>
    Exception FirstCall()
    {
        var ours = typeof(torch).Assembly;
        Assert.SkipUnless(ours.GetName().Name == "Compat.TorchSharp", "TorchSharp itself looks for its libtorch in its packages.");
        var copy = Path.Combine(_folder, "Compat.TorchSharp.dll");
        File.Copy(ours.Location, copy);
        var context = new AssemblyLoadContext(null, isCollectible: true);
        try
        {
            var factory = context.LoadFromAssemblyPath(copy).GetType("TorchSharp.torch")!.GetMethods()
                .Single(m => m.Name == "ones" && m.GetParameters() is [{ ParameterType.Name: "Int64" }, { Name: "dtype" }, ..]);
            return Assert.Throws<TargetInvocationException>(() => factory.Invoke(null, [2L, null, null, false, null])).InnerException!;
        }
        finally
        {
            context.Unload();
        }
    }

    [Fact]
    public void Missing_binding_names_the_remedy()
    {
        var error = Assert.IsType<NotSupportedException>(FirstCall());
        Assert.Equal("The binding to libtorch (libCompatTorch.so) is missing: run 'environment/workbook setup', which finds libtorch and compiles it.", error.Message);
    }

    [Fact]
    public void Binding_that_cannot_be_loaded_names_the_remedy_and_the_cause()
    {
        File.WriteAllText(Path.Combine(_folder, "libCompatTorch.so"), "not a library");
        var error = Assert.IsType<NotSupportedException>(FirstCall());
        Assert.StartsWith("libtorch cannot be loaded: run 'environment/workbook setup'", error.Message);
        Assert.Contains("libCompatTorch.so", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public async Task Wrong_TORCH_HOME_is_named_before_anything_is_compiled()
    {
        var script = Path.Combine(Folder(), "..", "..", "..", "lib", "Compat", "TorchSharp", "native", "build.sh");
        var start = new ProcessStartInfo("bash", [script, "--find"]) { RedirectStandardError = true };
        start.Environment["TORCH_HOME"] = _folder;
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, process.ExitCode);
        Assert.Contains($"TORCH_HOME={_folder} holds no lib/libtorch_cpu.so", said);
        Assert.Contains("point it at", said);
    }

    static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
