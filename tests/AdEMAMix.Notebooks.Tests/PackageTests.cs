// #r "nuget: ..." against a source in a folder, so that the tests need no network.
using System.IO.Compression;

namespace AdEMAMix.Notebooks.Tests;

public sealed class PackageTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("notebook-packages-").FullName;
    readonly CSharpSession _session;
    int _cells;

    public PackageTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "source"));
        // The settings of the notebook's folder, as a user would write them; packages stay out of the user's own cache.
        File.WriteAllText(Path.Combine(_folder, "nuget.config"), """
            <configuration>
              <config><add key="globalPackagesFolder" value="cache" /></config>
              <packageSources><clear /><add key="folder" value="source" /></packageSources>
            </configuration>
            """);
        _session = new CSharpSession(_folder);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Writes a package with an assembly, and optionally a dependency and a native file.</summary>
    void Pack(string id, string version, string code, string? dependency = null, string? native = null, string source = "source")
    {
        using var archive = ZipFile.Open(Path.Combine(_folder, source, $"{id}.{version}.nupkg"), ZipArchiveMode.Create);
        var dependencies = dependency is null ? "" : $"<dependencies><group targetFramework=\"net10.0\"><dependency id=\"{dependency}\" version=\"1.0.0\" /></group></dependencies>";
        using (var writer = new StreamWriter(archive.CreateEntry($"{id}.nuspec").Open()))
            writer.Write($"<package xmlns=\"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd\"><metadata><id>{id}</id><version>{version}</version><authors>a</authors><description>d</description>{dependencies}</metadata></package>");
        using (var assembly = archive.CreateEntry($"lib/net10.0/{id}.dll").Open()) assembly.Write(SampleLibrary.Compile(id, code));
        if (native is not null) archive.CreateEntryFromFile(native, $"runtimes/linux-x64/native/{Path.GetFileName(native)}");
    }

    async Task<(List<CellOutput> Outputs, CellResult Result)> Run(string code)
    {
        var outputs = new List<CellOutput>();
        return (outputs, await _session.ExecuteAsync(code, $"cell {++_cells}", outputs.Add, TestContext.Current.CancellationToken));
    }

    async Task<string?> Value(string code)
    {
        var (outputs, result) = await Run(code);
        Assert.True(result.Succeeded, string.Join('\n', result.Error?.Traceback ?? []));
        return outputs.OfType<ResultOutput>().Single().Data["text/plain"];
    }

    async Task<string> Error(string code) => (await Run(code)).Result.Error!.Value;

    [Fact]
    public async Task A_package_and_what_it_depends_on_can_be_used()
    {
        Pack("Notebook.Test.Base", "1.0.0", "public static class Base { public static int Size => 4; }");
        Pack("Notebook.Test.Main", "1.2.0", "public static class Main { public static string Name => \"main 1.2\"; }", dependency: "Notebook.Test.Base");
        Pack("Notebook.Test.Main", "2.0.0", "public static class Main { public static string Name => \"main 2\"; }");
        Assert.Equal("main 1.2 4", await Value("#r \"nuget: Notebook.Test.Main, 1.2.0\"\n$\"{Main.Name} {Base.Size}\""));
        Assert.Equal("main 1.2", await Value("#r \"nuget:notebook.test.main\"\nMain.Name"));
        Assert.Contains("asks for Notebook.Test.Main 2.0.0, and the session has loaded 1.2.0: restart", await Error("#r \"nuget: Notebook.Test.Main, 2.0.0\""));
        Assert.Equal("4", await Value("Base.Size"));
    }

    [Fact]
    public async Task Without_a_version_the_newest_is_taken_and_told()
    {
        Pack("Notebook.Test.Main", "1.2.0", "public static class Main { public static int V => 1; }");
        Pack("Notebook.Test.Main", "2.0.0", "public static class Main { public static int V => 2; }");
        var (outputs, result) = await Run("#r \"nuget: Notebook.Test.Main\"\nMain.V");
        Assert.True(result.Succeeded, result.Error?.Value);
        Assert.Equal("#r \"nuget: Notebook.Test.Main, 2.0.0\"\n", Assert.IsType<StreamOutput>(outputs[0]).Text);
        Assert.Equal("2", Assert.IsType<ResultOutput>(outputs[1]).Data["text/plain"]);
    }

    [Fact]
    public async Task What_cannot_be_had_is_told_in_the_words_of_NuGet()
    {
        Pack("Notebook.Test.Main", "1.2.0", "public static class Main { }");
        var unknown = await Error("var x = 1;\n#r \"nuget: Notebook.Test.None, 1.0.0\"");
        Assert.StartsWith("cell 1: line 2: the packages could not be restored: NU1101: Unable to find package Notebook.Test.None. No packages exist with this id in source(s): folder", unknown);
        Assert.Contains("NU1102: Unable to find package Notebook.Test.Main with version (>= 9.0.0)", await Error("#r \"nuget: Notebook.Test.Main, 9.0.0\""));
        Assert.Contains("gone", await Error("#i \"nuget: gone\"\n#r \"nuget: Notebook.Test.Main, 1.2.0\""));
        Assert.DoesNotContain("packages.csproj", unknown);
    }

    [Fact]
    public async Task A_further_source_is_looked_in()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "more"));
        Pack("Notebook.Test.More", "1.0.0", "public static class More { public static int N => 7; }", source: "more");
        Assert.Equal("7", await Value("#i \"nuget: more\"\n#r \"nuget: Notebook.Test.More, 1.0.0\"\nMore.N"));
    }

    [Fact]
    public async Task Native_files_of_a_package_are_found()
    {
        var library = Path.Combine(_folder, "libnotebook_test.so");
        await File.WriteAllTextAsync(Path.Combine(_folder, "answer.c"), "int answer(void) { return 42; }", TestContext.Current.CancellationToken);
        try
        {
            using var compiler = System.Diagnostics.Process.Start("cc", ["-shared", "-fPIC", "-o", library, Path.Combine(_folder, "answer.c")]);
            await compiler.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("no C compiler on this machine");
        }
        if (System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture != System.Runtime.InteropServices.Architecture.X64) Assert.Skip("the package is for linux-x64");
        Pack("Notebook.Test.Native", "1.0.0", "public static class Native { [System.Runtime.InteropServices.DllImport(\"notebook_test\")] static extern int answer(); public static int Answer() => answer(); }", native: library);
        Assert.Equal("42", await Value("#r \"nuget: Notebook.Test.Native, 1.0.0\"\nNative.Answer()"));
    }
}
