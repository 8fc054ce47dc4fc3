// Which copy of an assembly a notebook gets: the file that it names, with its neighbours, and the host's copy only where that is the same file.
using System.Reflection;
using System.Runtime.Loader;

namespace AdEMAMix.Notebooks;

/// <summary>Loads what a session references. Dependencies and native libraries are looked for in the folders of the referenced files first.</summary>
/// <remarks>
/// A host that runs from the very folder that a notebook references (the command line in lib/dist) has those files on its own list;
/// loading them a second time would give every type twice, so they are taken from the default context. A host elsewhere keeps its own copies apart.
/// </remarks>
sealed class NotebookLoadContext() : AssemblyLoadContext("notebook", isCollectible: false)
{
    // Path and simple name of everything the host can load by itself: the shared framework and its own folder.
    static readonly Lazy<HashSet<string>> HostFiles = new(() =>
        [.. ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)]);

    static readonly string FrameworkFolder = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    readonly Lock _gate = new();
    readonly List<string> _folders = [];
    readonly List<AssemblyDependencyResolver> _resolvers = [];
    readonly Dictionary<string, string> _packageAssemblies = new(StringComparer.OrdinalIgnoreCase);
    readonly List<string> _packageLibraries = [];

    /// <summary>The assemblies of the shared framework, which every session references.</summary>
    public static IEnumerable<string> FrameworkAssemblies => HostFiles.Value.Where(IsFramework);

    /// <summary>Loads a referenced file and makes its folder a place to look for what it needs.</summary>
    public Assembly LoadReference(string path)
    {
        lock (_gate)
        {
            var folder = Path.GetDirectoryName(path)!;
            if (!_folders.Contains(folder)) _folders.Add(folder);
            if (File.Exists(Path.ChangeExtension(path, ".deps.json"))) _resolvers.Add(new AssemblyDependencyResolver(path));
        }
        return IsHosts(path) ? Default.LoadFromAssemblyPath(path) : LoadFromAssemblyPath(path);
    }

    /// <summary>Makes the files of restored packages loadable by name.</summary>
    public void AddPackages(RestoredPackages packages)
    {
        lock (_gate)
        {
            foreach (var file in packages.Assemblies) _packageAssemblies.TryAdd(Path.GetFileNameWithoutExtension(file), file);
            _packageLibraries.AddRange(packages.NativeLibraries.Except(_packageLibraries));
        }
    }

    /// <summary>Whether the shared framework has an assembly of this file name, which then stands for any other.</summary>
    public static bool IsInFramework(string fileName) => HostFiles.Value.Contains(Path.Combine(FrameworkFolder, fileName));

    protected override Assembly? Load(AssemblyName name)
    {
        // The engine's own types are what a cell and its host talk through: there is one copy.
        if (name.Name is null || name.Name == typeof(NotebookLoadContext).Assembly.GetName().Name) return null;
        if (IsInFramework(name.Name + ".dll")) return null;
        foreach (var path in Candidates(name))
        {
            if (!File.Exists(path)) continue;
            return IsHosts(path) ? Default.LoadFromAssemblyPath(path) : LoadFromAssemblyPath(path);
        }
        return null;
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        string[] spellings = OperatingSystem.IsWindows()
            ? [unmanagedDllName, unmanagedDllName + ".dll"]
            : [unmanagedDllName, $"lib{unmanagedDllName}.so", unmanagedDllName + ".so", $"lib{unmanagedDllName}"];
        string[] folders;
        AssemblyDependencyResolver[] resolvers;
        string[] packageLibraries;
        lock (_gate)
        {
            packageLibraries = [.. _packageLibraries];
            folders = [.. _folders];
            resolvers = [.. _resolvers];
        }
        foreach (var folder in folders)
            foreach (var spelling in spellings)
                if (Path.Combine(folder, spelling) is var path && File.Exists(path)) return LoadUnmanagedDllFromPath(path);
        foreach (var spelling in spellings)
            if (packageLibraries.FirstOrDefault(file => Path.GetFileName(file) == spelling) is { } library) return LoadUnmanagedDllFromPath(library);
        foreach (var resolver in resolvers)
            if (resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path) return LoadUnmanagedDllFromPath(path);
        return 0;
    }

    IEnumerable<string> Candidates(AssemblyName name)
    {
        lock (_gate)
            return [.. _folders.Select(folder => Path.Combine(folder, name.Name + ".dll")), .. _packageAssemblies.TryGetValue(name.Name!, out var file) ? [file] : Array.Empty<string>(), .. _resolvers.Select(resolver => resolver.ResolveAssemblyToPath(name)).OfType<string>()];
    }

    /// <summary>Whether a file belongs to the shared framework.</summary>
    public static bool IsFramework(string path) => Path.GetDirectoryName(path) == FrameworkFolder;

    static bool IsHosts(string path) => HostFiles.Value.Contains(path);
}
