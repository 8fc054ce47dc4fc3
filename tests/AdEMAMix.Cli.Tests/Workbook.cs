// Runs the real program as a process in a workbook folder of its own.

using System.Diagnostics;

namespace AdEMAMix.Cli.Tests;

/// <summary>An empty workbook in a temporary folder: the repository's data sources, nothing else.</summary>
sealed class TemporaryWorkbook : IDisposable
{
    public TemporaryWorkbook()
    {
        Root = Directory.CreateTempSubdirectory("workbook-cli-").FullName;
        File.WriteAllText(Path.Combine(Root, "AdEMAMix.Workbook.sln"), "");
        Directory.CreateDirectory(Path.Combine(Root, "data"));
        File.Copy(Path.Combine(Repository, "data", "sources.json"), Path.Combine(Root, "data", "sources.json"));
        // A stand-in for the charts' script: rendering embeds whatever file is there.
        Directory.CreateDirectory(Path.Combine(Root, "environment", ".state"));
        File.WriteAllText(Path.Combine(Root, "environment", ".state", "plotly.min.js"), "var Plotly = {};");
    }

    /// <summary>The clone that these tests were built in.</summary>
    public static string Repository { get; } = FindRepository();

    public string Root { get; }

    public string Write(string name, string content)
    {
        var file = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
        return file;
    }

    public Outcome Run(params string[] arguments) => RunWith([], arguments);

    public Outcome RunWith(Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "workbook.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Root,
        };
        start.Environment["WORKBOOK_ROOT"] = Root;
        start.Environment["LC_ALL"] = "fr_FR.UTF-8";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output, error.Result);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "AdEMAMix.Workbook.sln"))) return folder.FullName;
        throw new InvalidOperationException("These tests run inside a clone.");
    }
}

/// <summary>What a call of the program came to.</summary>
sealed record Outcome(int ExitCode, string Output, string Error)
{
    /// <summary>The one sentence of an error, without the program's name.</summary>
    public string Sentence
    {
        get
        {
            var lines = Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l.StartsWith("workbook: ", StringComparison.Ordinal)).ToList();
            Assert.Single(lines);
            Assert.DoesNotContain("   at ", Error);
            return lines[0]["workbook: ".Length..];
        }
    }
}
