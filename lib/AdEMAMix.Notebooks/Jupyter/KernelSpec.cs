// The entry by which Jupyter, VS Code and nbconvert find the kernel: a folder with a kernel.json.
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>Registers a clone's kernel with Jupyter, and takes it away again. Entries of others are never touched.</summary>
/// <param name="launcher">The clone's <c>environment/workbook</c>, which starts the kernel.</param>
/// <param name="folders">Jupyter's folders.</param>
public sealed class KernelSpec(string launcher, JupyterFolders folders)
{
    /// <summary>The name that C# notebooks carry; .NET Interactive's own, so it is taken only where nobody has it.</summary>
    public const string StandardName = ".net-csharp";

    /// <summary>The name beside an installed .NET Interactive.</summary>
    public const string OwnName = "ademamix-csharp";

    // Marks an entry as one of ours, whichever clone made it.
    const string Mark = "ademamix_workbook";

    /// <summary>Writes the entry, or brings an earlier one of this clone up to date.</summary>
    /// <param name="environment">Variables that the kernel needs beside the front end's.</param>
    /// <returns>The entry's name and folder.</returns>
    /// <exception cref="NotebookException">Both names belong to others, or the folder cannot be written.</exception>
    public (string Name, string Folder) Install(IReadOnlyDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var name = Mine() ?? (IsFree(StandardName) ? StandardName : OwnName);
        if (name == OwnName && Owner(UserFolder(OwnName)) is { } other && other != launcher && File.Exists(other))
            throw new NotebookException($"The kernel '{OwnName}' belongs to the clone whose launcher is '{other}': run '{other} kernel uninstall' first.");
        if (name == OwnName && Mine() is null && Exists(OwnName) && Owner(UserFolder(OwnName)) is null)
            throw new NotebookException($"A kernel '{OwnName}' that is not the workbook's is installed: remove it with 'jupyter kernelspec uninstall {OwnName}' first.");
        var folder = UserFolder(name);
        var spec = new JsonObject
        {
            ["argv"] = new JsonArray(launcher, "kernel", "serve", "{connection_file}"),
            ["display_name"] = ".NET (C#)",
            ["env"] = new JsonObject(environment.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
            ["interrupt_mode"] = "message",
            ["language"] = "C#",
            ["metadata"] = new JsonObject { [Mark] = launcher, ["debugger"] = false },
        };
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "kernel.json"), JsonText.Write(spec, " ", "\n") + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"The kernel cannot be registered in '{folder}' ({e.Message.TrimEnd('.')}): make that folder writable, or set JUPYTER_DATA_DIR to one that is.", e);
        }
        return (name, folder);
    }

    /// <summary>Removes this clone's entry.</summary>
    /// <returns>Its name, or null where this clone had none.</returns>
    public string? Uninstall()
    {
        if (Mine() is not { } name) return null;
        Directory.Delete(UserFolder(name), recursive: true);
        return name;
    }

    string? Mine() => new[] { StandardName, OwnName }.FirstOrDefault(name => Owner(UserFolder(name)) == launcher);

    // An entry of a clone that is gone serves nobody.
    bool IsFree(string name) => !Exists(name) || (Owner(UserFolder(name)) is { } owner && !File.Exists(owner) && !folders.Others.Any(folder => Exists(folder, name)));

    bool Exists(string name) => Exists(folders.User, name) || folders.Others.Any(folder => Exists(folder, name));

    static bool Exists(string folder, string name) => File.Exists(Path.Combine(folder, "kernels", name, "kernel.json"));

    string UserFolder(string name) => Path.Combine(folders.User, "kernels", name);

    /// <summary>The launcher of the clone that made an entry; null for an entry of somebody else and for none.</summary>
    static string? Owner(string folder)
    {
        try
        {
            var spec = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "kernel.json"))) as JsonObject;
            return (spec?["metadata"] as JsonObject)?[Mark] is JsonValue mark && MultilineText.IsString(mark) ? mark.GetValue<string>() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or ArgumentException)
        {
            return null;
        }
    }
}
