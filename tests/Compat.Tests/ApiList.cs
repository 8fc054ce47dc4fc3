using System.Reflection;
using System.Runtime.Loader;

namespace Compat.Tests;

/// <summary>Makes an api.txt: the facts of one of our assemblies, after checking each against the real package's assemblies.</summary>
static class ApiList
{
    /// <summary>Writes the list to standard output; names every fact of ours that the real package does not have.</summary>
    /// <param name="real">Paths of the real assemblies, separated by commas; their dependencies lie beside them.</param>
    /// <param name="ours">Path of the mirroring assembly.</param>
    /// <param name="origin">Where the real assemblies come from, for the header.</param>
    /// <returns>0, or 1 where ours has more than the real package.</returns>
    public static int Write(string real, string ours, string origin)
    {
        var known = new SortedSet<string>(StringComparer.Ordinal);
        var names = new List<string>();
        foreach (var path in real.Split(','))
        {
            var assembly = Load(path);
            names.Add(assembly.GetName().Name!);
            known.UnionWith(ApiSignatures.Of(assembly, inherited: true));
        }
        var mirrored = ApiSignatures.Of(Load(ours));
        var foreign = mirrored.Where(fact => !known.Contains(fact)).ToArray();
        foreach (var fact in foreign) Console.Error.WriteLine($"not in {string.Join(", ", names)}: {fact}");
        if (foreign.Length > 0) return 1;

        Console.WriteLine($"# The public surface of {string.Join(" and ", names)} that {Path.GetFileNameWithoutExtension(ours)} mirrors, {mirrored.Count} facts.");
        Console.WriteLine($"# Origin: {origin}.");
        Console.WriteLine("# Made by: dotnet run --project tests/Compat.Tests -- --list-api REAL.dll[,MORE.dll] OURS.dll ORIGIN (see lib/Compat/README.md)");
        foreach (var fact in mirrored) Console.WriteLine(fact);
        return 0;
    }

    /// <summary>The facts in a committed list, without its header.</summary>
    public static HashSet<string> Read(string path) => [.. File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#')];

    // A context of its own for each: the real assembly's dependencies are not ours.
    static Assembly Load(string path)
    {
        var full = Path.GetFullPath(path);
        var context = new AssemblyLoadContext(full);
        context.Resolving += (_, name) =>
        {
            var beside = Path.Combine(Path.GetDirectoryName(full)!, name.Name + ".dll");
            return File.Exists(beside) ? context.LoadFromAssemblyPath(beside) : null;
        };
        return context.LoadFromAssemblyPath(full);
    }
}
