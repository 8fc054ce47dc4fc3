// #r "nuget: ...": an ordinary 'dotnet restore' of a small project, and what it says about the files of each package.
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace AdEMAMix.Notebooks;

/// <summary>A package and the version asked for; null for the newest that is stable.</summary>
sealed record PackageRequest(string Id, string? Version);

/// <summary>What a restore brought: the packages with their versions, the files to compile against, to run with and to load as native libraries.</summary>
sealed record RestoredPackages(IReadOnlyDictionary<string, string> Versions, IReadOnlyList<string> References, IReadOnlyList<string> Assemblies, IReadOnlyList<string> NativeLibraries);

/// <summary>Restores packages with the SDK's own command, so that sources, credentials, mirrors and caches are those the user has set up.</summary>
/// <param name="directory">The notebook's folder, from which NuGet looks for its settings as it does for a project there.</param>
sealed partial class PackageRestore(string directory)
{
    /// <summary>Restores.</summary>
    /// <exception cref="NotebookException">A package cannot be had; the message is NuGet's.</exception>
    public async Task<RestoredPackages> RunAsync(IReadOnlyList<PackageRequest> packages, IReadOnlyList<string> sources, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("notebook-packages-");
        try
        {
            var project = Path.Combine(folder.FullName, "packages.csproj");
            await File.WriteAllTextAsync(project, Project(packages, sources), cancellation).ConfigureAwait(false);
            var (code, text) = await RestoreAsync(project, cancellation).ConfigureAwait(false);
            if (code != 0) throw new NotebookException(Failure(text, folder.FullName));
            var assets = await File.ReadAllTextAsync(Path.Combine(folder.FullName, "obj", "project.assets.json"), cancellation).ConfigureAwait(false);
            return Read(JsonNode.Parse(assets)!.AsObject());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    string Project(IReadOnlyList<PackageRequest> packages, IReadOnlyList<string> sources) => new XElement("Project",
        new XAttribute("Sdk", "Microsoft.NET.Sdk"),
        new XElement("PropertyGroup",
            new XElement("TargetFramework", $"net{Environment.Version.Major}.{Environment.Version.Minor}"),
            new XElement("RuntimeIdentifier", Platform),
            new XElement("SelfContained", "false"),
            new XElement("UseAppHost", "false"),
            new XElement("ManagePackageVersionsCentrally", "false"),
            new XElement("NuGetAudit", "false"),
            new XElement("RestoreRootConfigDirectory", directory),
            new XElement("RestoreAdditionalProjectSources", string.Join(';', sources))),
        new XElement("ItemGroup", packages.Select(package => new XElement("PackageReference", new XAttribute("Include", package.Id), new XAttribute("Version", package.Version ?? "*"))))).ToString();

    static async Task<(int Code, string Text)> RestoreAsync(string project, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(DotnetCommand(), ["restore", project, "--nologo", "-v:quiet", "-nodeReuse:false", "-tl:off"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetDirectoryName(project),
        };
        // What an SDK has set for its own children leads another process of it astray.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray()) start.Environment.Remove(name);
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        Process? process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new NotebookException($"packages are restored with 'dotnet restore', and there is no 'dotnet' on this machine ({e.Message}): install the .NET SDK, or reference the assembly itself with #r \"FILE\".", e);
        }
        using (process)
        {
            process.StandardInput.Close();
            var (output, error) = (process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
            try
            {
                await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
            return (process.ExitCode, await output.ConfigureAwait(false) + await error.ConfigureAwait(false));
        }
    }

    /// <summary>NuGet's own sentences, without codes' repetition and without the generated project's path.</summary>
    static string Failure(string text, string folder)
    {
        var sentences = new List<string>();
        foreach (Match match in ErrorLine().Matches(text))
        {
            var sentence = match.Groups[2].Value.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).Trim();
            if (match.Groups[1].Value is { Length: > 0 } code) sentence = $"{code}: {sentence}";
            if (!sentences.Contains(sentence)) sentences.Add(sentence);
        }
        if (sentences.Count == 0) sentences.Add(text.Trim().Replace(folder, "", StringComparison.Ordinal));
        return $"the packages could not be restored: {string.Join(" ", sentences.Take(3))}";
    }

    static RestoredPackages Read(JsonObject assets)
    {
        var folders = assets["packageFolders"]!.AsObject().Select(folder => folder.Key).ToArray();
        var libraries = assets["libraries"]!.AsObject();
        var versions = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var (references, assemblies, natives) = (new List<string>(), new List<string>(), new List<string>());
        // Of the two targets the one with the platform knows the native files too.
        var target = assets["targets"]!.AsObject().OrderByDescending(item => item.Key.Length).First().Value!.AsObject();
        foreach (var (key, library) in target)
        {
            if (library!["type"]?.GetValue<string>() != "package") continue;
            var slash = key.LastIndexOf('/');
            versions[key[..slash]] = key[(slash + 1)..];
            var path = libraries[key]!["path"]!.GetValue<string>();
            var home = folders.Select(folder => Path.Combine(folder, path)).FirstOrDefault(Directory.Exists);
            if (home is null) continue;
            references.AddRange(Files(library["compile"], home));
            assemblies.AddRange(Files(library["runtime"], home));
            natives.AddRange(Files(library["native"], home));
        }
        return new RestoredPackages(versions, references, assemblies, natives);
    }

    // A package without code for a framework says so by an empty file named _._.
    static IEnumerable<string> Files(JsonNode? group, string home) =>
        group is JsonObject files ? files.Select(file => Path.GetFullPath(Path.Combine(home, file.Key))).Where(file => !file.EndsWith("_._", StringComparison.Ordinal)) : [];

    /// <summary>The platform as packages name their native folders; a distribution's own runtime calls itself otherwise.</summary>
    static string Platform => RuntimeInformation.RuntimeIdentifier is var own && own.Contains("musl", StringComparison.Ordinal) || own.StartsWith("alpine", StringComparison.Ordinal)
        ? $"linux-musl-{Architecture}"
        : $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-{Architecture}";

    static string Architecture => RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>The command that belongs to the runtime of this process, else the one on the path.</summary>
    static string DotnetCommand()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var own = Path.GetFullPath(Path.Combine("..", "..", "..", name), Path.GetDirectoryName(typeof(object).Assembly.Location)!);
        return File.Exists(own) ? own : name;
    }

    [GeneratedRegex(@"^.*?error\s+(NU\d+)?\s*:\s*(.*?)(?:\s\[[^\]]*\])?\r?$", RegexOptions.Multiline)]
    private static partial Regex ErrorLine();
}
