// Registering the kernel: the standard name only where it is free, and nobody else's entry touched.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks.Tests.Jupyter;

public sealed class KernelSpecTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("kernelspec-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    JupyterFolders Folders => new(Path.Combine(_folder, "user"), [Path.Combine(_folder, "system")]);

    string Launcher(string clone)
    {
        var file = Path.Combine(_folder, clone, "environment", "workbook");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "");
        return file;
    }

    KernelSpec Spec(string clone) => new(Launcher(clone), Folders);

    string Foreign(string where, string name)
    {
        var file = Path.Combine(_folder, where, "kernels", name, "kernel.json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, """{"argv": ["dotnet-interactive", "jupyter", "{connection_file}"], "display_name": ".NET (C#)", "language": "C#"}""");
        return file;
    }

    [Fact]
    public void The_entry_starts_the_clones_launcher_and_is_interrupted_by_message()
    {
        var (name, folder) = Spec("a").Install(new Dictionary<string, string> { ["DOTNET_ROOT"] = "/dotnet" });
        Assert.Equal(".net-csharp", name);
        var spec = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "kernel.json")))!;
        Assert.Equal([Launcher("a"), "kernel", "serve", "{connection_file}"], spec["argv"]!.AsArray().Select(word => word!.ToString()));
        Assert.Equal((".NET (C#)", "C#", "message", "/dotnet"), (spec["display_name"]!.ToString(), spec["language"]!.ToString(), spec["interrupt_mode"]!.ToString(), spec["env"]!["DOTNET_ROOT"]!.ToString()));
    }

    [Fact]
    public void Installing_again_brings_the_same_entry_up_to_date()
    {
        Spec("a").Install(new Dictionary<string, string>());
        var (name, folder) = Spec("a").Install(new Dictionary<string, string> { ["X"] = "1" });
        Assert.Equal(".net-csharp", name);
        Assert.Contains("\"X\": \"1\"", File.ReadAllText(Path.Combine(folder, "kernel.json")));
        Assert.Equal(name, Spec("a").Uninstall());
        Assert.False(Directory.Exists(folder));
        Assert.Null(Spec("a").Uninstall());
    }

    [Theory]
    [InlineData("user")]
    [InlineData("system")]
    public void A_name_that_somebody_has_is_left_to_them(string where)
    {
        var foreign = Foreign(where, ".net-csharp");
        var before = File.ReadAllText(foreign);
        Assert.Equal("ademamix-csharp", Spec("a").Install(new Dictionary<string, string>()).Name);
        Assert.Equal("ademamix-csharp", Spec("a").Install(new Dictionary<string, string>()).Name);
        Assert.Equal("ademamix-csharp", Spec("a").Uninstall());
        Assert.Equal(before, File.ReadAllText(foreign));
    }

    [Fact]
    public void Two_clones_have_two_entries_and_a_third_is_told_whose_they_are()
    {
        Assert.Equal(".net-csharp", Spec("a").Install(new Dictionary<string, string>()).Name);
        Assert.Equal("ademamix-csharp", Spec("b").Install(new Dictionary<string, string>()).Name);
        Assert.Contains(Launcher("b"), Assert.Throws<NotebookException>(() => Spec("c").Install(new Dictionary<string, string>())).Message);
        Assert.Null(Spec("c").Uninstall());
    }

    [Fact]
    public void The_entry_of_a_clone_that_is_gone_is_taken_over()
    {
        Spec("a").Install(new Dictionary<string, string>());
        File.Delete(Launcher("a"));
        Assert.Equal(".net-csharp", Spec("b").Install(new Dictionary<string, string>()).Name);
    }

    [Fact]
    public void A_foreign_kernel_under_our_second_name_is_named()
    {
        Foreign("user", ".net-csharp");
        Foreign("user", "ademamix-csharp");
        Assert.Contains("ademamix-csharp", Assert.Throws<NotebookException>(() => Spec("a").Install(new Dictionary<string, string>())).Message);
    }
}
