// workbook kernel: the C# kernel for Jupyter's front ends: registers it, removes it, and is it.

using System.CommandLine;
using AdEMAMix.Notebooks;
using AdEMAMix.Workbook;

namespace AdEMAMix.Cli.Verbs;

static class KernelVerb
{
    internal static Command Create()
    {
        var install = new Command("install", "Register the kernel for this user: Jupyter, nbconvert and VS Code then offer '.NET (C#)'");
        install.SetAction(_ => Install());

        var uninstall = new Command("uninstall", "Remove this clone's kernel from Jupyter's list");
        uninstall.SetAction(_ => Uninstall());

        var file = CommandLine.File<string>("CONNECTION-FILE", "The file by which a front end says where the kernel is to listen");
        var serve = new Command("serve", "Run the kernel; front ends call this") { file };
        serve.SetAction((parsed, _) => ServeAsync(parsed.GetValue(file)!));

        return new Command("kernel", "The C# kernel for Jupyter and VS Code") { install, uninstall, serve };
    }

    static int Install()
    {
        var (name, folder) = Spec().Install(Environment());
        Console.WriteLine($"The kernel '{name}' (.NET (C#)) is in {folder}");
        Console.Error.WriteLine(name == KernelSpec.StandardName
            ? "Notebooks of this workbook find it by themselves."
            : $"Another kernel has the name '{KernelSpec.StandardName}' that C# notebooks carry: choose this one in the front end, or give nbconvert --ExecutePreprocessor.kernel_name={name}.");
        return 0;
    }

    static int Uninstall()
    {
        var name = Spec().Uninstall();
        Console.WriteLine(name is null ? "This clone had no kernel installed." : $"Removed the kernel '{name}'.");
        return 0;
    }

    static KernelSpec Spec() => new(Path.Combine(WorkbookPaths.Find().Root, "environment", "workbook"), JupyterFolders.Find());

    // A front end started from a desktop has not the PATH of a shell, so the launcher may not find dotnet by itself.
    static Dictionary<string, string> Environment()
    {
        var dotnet = Path.GetDirectoryName(System.Environment.ProcessPath);
        return dotnet is not null && File.Exists(Path.Combine(dotnet, "dotnet")) ? new() { ["DOTNET_ROOT"] = dotnet }
            : System.Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root ? new() { ["DOTNET_ROOT"] = root } : [];
    }

    static async Task<int> ServeAsync(string file)
    {
        WorkbookDisplay.Sink = LiveValues.ShowInCell();
        using (var kernel = new JupyterKernel(ConnectionFile.Load(file), Directory.GetCurrentDirectory(), line => Notice.WriteLine($"workbook kernel: {line}")))
            await kernel.RunAsync();
        // A cell that was running, or threads that cells have started, must not keep the process.
        System.Environment.Exit(0);
        return 0;
    }

    // The terminal itself: while a cell runs, Console is the cell's.
    static readonly TextWriter Notice = TextWriter.Synchronized(new StreamWriter(Console.OpenStandardError()) { AutoFlush = true });
}
