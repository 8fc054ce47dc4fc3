namespace AdEMAMix.Workbook.Tests;

/// <summary>A workbook in a temporary folder whose sources are the small archives of tests/fixtures/data, and tools that behave as they do in the wild.</summary>
sealed class DataFixture : IDisposable
{
    readonly TemporaryFolder folder = new();

    public DataFixture()
    {
        Directory.CreateDirectory(Paths.Data);
        Directory.CreateDirectory(Tools);
        File.Copy(Fixture("sources.json"), Path.Combine(Paths.Data, "sources.json"));
    }

    public WorkbookPaths Paths => new(folder.Path);

    /// <summary>Empty until <see cref="Tool"/> puts something there: what is not there is not found.</summary>
    public string Tools => folder["tools"];

    public string Archives => Path.Combine(Paths.Cache, "archives");

    public DataSource Letters => DataSources.Load(Paths).Find("letters");

    public DataSource Novels => DataSources.Load(Paths).Find("novels");

    /// <summary>How often a tool that was made with <see cref="Tool"/> was started.</summary>
    public int Calls => File.Exists(folder["calls"]) ? File.ReadAllLines(folder["calls"]).Length : 0;

    public static string Fixture(string name) => Path.Combine(WorkbookPaths.Find(AppContext.BaseDirectory).Root, "tests", "fixtures", "data", name);

    public DataFetcher Fetcher(Action<string>? report = null) => new(Paths) { SearchPath = $"{Tools}", Report = report };

    /// <summary>A tool that runs these lines of shell in the download folder.</summary>
    public void Tool(string name, string script)
    {
        var file = Path.Combine(Tools, name);
        File.WriteAllText(file, $"#!/bin/sh\nPATH=/usr/bin:/bin\necho {name} >> '{folder["calls"]}'\n{script}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>The tools that deliver a fixture, as the registries do.</summary>
    public void Serve(string archive)
    {
        var tool = archive.EndsWith(".deb", StringComparison.Ordinal) ? "apt-get" : "npm";
        Tool(tool, $"cp '{Fixture(archive)}' .");
    }

    /// <summary>Puts an archive where the reader may put one by hand.</summary>
    public string PlaceArchive(DataSource source, byte[]? bytes = null)
    {
        Directory.CreateDirectory(Archives);
        var file = Path.Combine(Archives, source.Archive.File);
        File.WriteAllBytes(file, bytes ?? File.ReadAllBytes(Fixture(source.Archive.File)));
        return file;
    }

    public string Write(string name, byte[] bytes)
    {
        var file = folder[name];
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, bytes);
        return file;
    }

    public string Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    public void Dispose() => folder.Dispose();
}
