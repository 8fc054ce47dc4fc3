using System.Globalization;

namespace AdEMAMix.Workbook;

// A plan as files, one run each, for tasks that train them elsewhere.
public sealed partial class RunPlan
{
    /// <summary>Writes the configurations of the runs that are left: NNNN-RUNID.json, numbered from 0 in the plan's order.</summary>
    /// <param name="folder">Created when missing; it must not hold configurations yet, whose numbers would be others.</param>
    /// <param name="known">Runs of a store: those that are done are left out.</param>
    /// <returns>The files.</returns>
    /// <exception cref="ConfigException">The folder holds configurations.</exception>
    public IReadOnlyList<string> WriteConfigs(string folder, IReadOnlyList<RunRecord> known)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(known);
        if (Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.json").Any())
            throw new ConfigException($"'{folder}' holds configurations already: name a new folder, or remove them.");
        Directory.CreateDirectory(folder);
        var files = new List<string>();
        foreach (var config in Open(known))
        {
            files.Add(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{files.Count:0000}-{config.RunId}.json")));
            File.WriteAllText(files[^1], config.ToJson() + "\n");
        }
        return files;
    }
}
