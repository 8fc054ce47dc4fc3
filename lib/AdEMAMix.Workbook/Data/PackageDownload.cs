namespace AdEMAMix.Workbook;

/// <summary>Downloads one package by its exact version with the registry's own client, which knows the reader's mirrors and proxies.</summary>
/// <remarks>Nothing is installed, and no script of the package runs.</remarks>
sealed class PackageDownload(DataPackage package, DataArchive archive, string searchPath, string archives)
{
    /// <summary>Downloads into <paramref name="folder"/>, which is empty.</summary>
    /// <returns>The file.</returns>
    public string Into(string folder, CancellationToken cancellation)
    {
        DataToolResult<string> result;
        if (package.Kind == PackageKind.Npm)
        {
            result = new DataTool("npm", searchPath).Run(folder,
                ["pack", $"{package.Name}@{package.Version}", "--ignore-scripts", "--loglevel=error", "--no-update-notifier", "--fetch-retries=1"], cancellation);
        }
        else
        {
            result = new DataTool("apt-get", searchPath).Run(folder,
                ["download", $"{package.Name}={package.Version}", "--quiet", "-oAcquire::Retries=1"], cancellation);
        }
        if (result.ExitCode != 0) throw Failure(folder, result, cancellation);

        var files = Directory.GetFiles(folder);
        if (files.Length != 1) throw new DataException($"'{result.Command}' ended well but left {files.Length} files where one was expected: run it by hand and put '{archive.File}' into '{archives}'.");
        return files[0];
    }

    DataException Failure(string folder, DataToolResult<string> result, CancellationToken cancellation)
    {
        if (result.Errors.Contains("ENOSPC", StringComparison.Ordinal) || result.Errors.Contains("No space left on device", StringComparison.Ordinal))
            return DiskFull.At(folder);
        if (package.Kind == PackageKind.Debian)
        {
            if (result.Errors.Contains("Unable to locate package", StringComparison.Ordinal))
                return new DataException($"The package lists of this machine do not hold '{package.Name}': run 'apt-get update' as root and try again, {ByHand}.");
            if (result.Errors.Contains("was not found", StringComparison.Ordinal))
                return new DataException($"The package source serves {package.Name} {ServedVersion(folder, cancellation)}, not {package.Version} as pinned in data/sources.json: run 'apt-get update' as root and try again, {ByHand}.");
        }
        return new DataException($"'{result.Command}' failed ({result.Reason}): check the network and try again, {ByHand}.");
    }

    string ByHand => $"or put '{archive.File}' (SHA-256 {archive.Sha256}) into '{archives}'";

    /// <summary>The version that the package lists offer; they are on this machine, nothing is downloaded.</summary>
    string ServedVersion(string folder, CancellationToken cancellation)
    {
        var policy = new DataTool("apt-cache", searchPath).Run(folder, ["policy", package.Name], cancellation);
        const string Candidate = "Candidate:";
        var line = policy.Output.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith(Candidate, StringComparison.Ordinal));
        return line is null ? "in an unknown version" : line[Candidate.Length..].Trim();
    }
}
