namespace AdEMAMix.Workbook;

/// <summary>Where the workbook's files are, found from the solution file upwards of a starting folder.</summary>
public sealed record WorkbookPaths(string Root)
{
    /// <summary>Committed source list and results, git-ignored downloads and the run store.</summary>
    public string Data => Path.Combine(Root, "data");

    /// <summary>Downloads and what was extracted from them; git-ignored.</summary>
    public string Cache => Path.Combine(Data, "cache");

    /// <summary>Committed run records.</summary>
    public string Results => Path.Combine(Data, "results");

    /// <summary>The run store.</summary>
    public string Store => Path.Combine(Data, "runs.db");

    /// <summary>Checkpoints of unfinished runs; git-ignored.</summary>
    public string Checkpoints => Path.Combine(Data, "checkpoints");

    /// <summary>Finds the workbook that holds <paramref name="start"/> (default: WORKBOOK_ROOT, then the current folder, then the library's own folder).</summary>
    /// <exception cref="DataException">No folder above holds AdEMAMix.Workbook.sln.</exception>
    public static WorkbookPaths Find(string? start = null)
    {
        string?[] starts = start is null
            ? [Environment.GetEnvironmentVariable("WORKBOOK_ROOT"), Directory.GetCurrentDirectory(), AppContext.BaseDirectory, Path.GetDirectoryName(typeof(WorkbookPaths).Assembly.Location)]
            : [start];
        foreach (var candidate in starts)
        {
            if (string.IsNullOrEmpty(candidate)) continue;
            for (var folder = new DirectoryInfo(candidate); folder is not null; folder = folder.Parent)
                if (File.Exists(Path.Combine(folder.FullName, "AdEMAMix.Workbook.sln"))) return new WorkbookPaths(folder.FullName);
        }
        throw new DataException($"No workbook found above '{start ?? Directory.GetCurrentDirectory()}': run inside a clone (the folder with AdEMAMix.Workbook.sln) or set WORKBOOK_ROOT.");
    }
}
