namespace AdEMAMix.Workbook;

/// <summary>Fetches the texts of data/sources.json into data/cache, and checks what is there.</summary>
/// <remarks>
/// A text is used only if its SHA-256 is the pinned one. Files appear by renaming, under a lock per source, so that a killed process leaves
/// no half text and two processes may fetch at once. An archive that the reader puts into data/cache/archives is used instead of a download.
/// </remarks>
public sealed class DataFetcher(WorkbookPaths paths)
{
    /// <summary>Where npm, apt-get and dpkg-deb are looked up; default: the PATH of this process.</summary>
    public string SearchPath { get; init; } = Environment.GetEnvironmentVariable("PATH") ?? "";

    /// <summary>Receives one line per stage ("Downloading ...").</summary>
    public Action<string>? Report { get; init; }

    ArchiveCache Archives => new(paths, SearchPath, Report);

    string Folder(DataSource source) => Path.Combine(paths.Cache, source.Name);

    /// <summary>Where the source's text is, or will be: one UTF-8 file.</summary>
    public string TextFile(DataSource source) => Path.Combine(Folder(source), "text.txt");

    /// <summary>Makes sure that the source's text is in the cache and right; does nothing if it is.</summary>
    /// <returns>The file with the text.</returns>
    /// <exception cref="ConfigException">No source has that name.</exception>
    /// <exception cref="DataException">The text could not be had; the message says why and what to do.</exception>
    public string Fetch(string name, CancellationToken cancellation = default) => Fetch(DataSources.Load(paths).Find(name), cancellation);

    /// <inheritdoc cref="Fetch(string, CancellationToken)"/>
    public string Fetch(DataSource source, CancellationToken cancellation = default)
    {
        try
        {
            var text = TextFile(source);
            if (IsText(source)) return text;

            Directory.CreateDirectory(paths.Cache);
            using var turn = CacheLock.Acquire(Path.Combine(paths.Cache, source.Name + ".lock"), Report, cancellation);
            if (IsText(source)) return text;

            Extract(source, Archives.Get(source.Name, source.Package, source.Archive, cancellation), cancellation);
            return text;
        }
        catch (IOException problem) when (DiskFull.Is(problem))
        {
            throw DiskFull.At(paths.Cache, problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"'{source.Name}' could not be stored in '{paths.Cache}' ({problem.Message.TrimEnd('.')}): make that folder writable and try again.", problem);
        }
    }

    /// <summary>Reads a source's files again and compares their hashes; changes nothing.</summary>
    public DataStatus Verify(DataSource source)
    {
        var text = TextFile(source);
        var archive = Archives.FileOf(source.Archive);
        var again = $"'environment/workbook data fetch {source.Name}'";
        try
        {
            if (File.Exists(text))
            {
                var hash = Sha256.OfFile(text);
                return hash == source.Text.Sha256
                    ? new DataStatus(source, DataState.Ready, "The text is there and its hash is right.")
                    : new DataStatus(source, DataState.Damaged, $"'{text}' has SHA-256 {Sha256.Short(hash)} where {Sha256.Short(source.Text.Sha256)} is pinned: {again} makes it anew.");
            }
            if (!File.Exists(archive)) return new DataStatus(source, DataState.Missing, $"Not fetched yet: {again} does it, and so does the first run that reads it.");
            var archiveHash = Sha256.OfFile(archive);
            return archiveHash == source.Archive.Sha256
                ? new DataStatus(source, DataState.Missing, $"The archive is there and right, its text not yet extracted: {again} does it without the network.")
                : new DataStatus(source, DataState.Damaged, $"'{archive}' has SHA-256 {Sha256.Short(archiveHash)} where {Sha256.Short(source.Archive.Sha256)} is pinned: remove it, then {again}.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return new DataStatus(source, DataState.Damaged, $"The files of '{source.Name}' in '{paths.Cache}' cannot be read ({problem.Message.TrimEnd('.')}): make them readable, or remove them and fetch again.");
        }
    }

    /// <summary>Verifies every source of data/sources.json.</summary>
    public IReadOnlyList<DataStatus> VerifyAll() => [.. DataSources.Load(paths).All.Select(Verify)];

    bool IsText(DataSource source) => File.Exists(TextFile(source)) && Sha256.OfFile(TextFile(source)) == source.Text.Sha256;

    void Extract(DataSource source, string archive, CancellationToken cancellation)
    {
        Report?.Invoke($"Extracting '{source.Name}'.");
        var bytes = TextNormalisation.Utf8.GetBytes(new SourceArchive(source, SearchPath).ReadText(archive, cancellation));
        var hash = Sha256.Of(bytes);
        if (hash != source.Text.Sha256)
            throw new DataException($"The text extracted from '{archive}' has SHA-256 {Sha256.Short(hash)} where data/sources.json pins {Sha256.Short(source.Text.Sha256)}: restore data/sources.json, or if you changed what is extracted, pin {hash} there.");

        var partial = Folder(source) + ".partial";
        ArchiveCache.Empty(partial);
        try
        {
            using (var file = File.Create(Path.Combine(partial, Path.GetFileName(TextFile(source)))))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }
            if (Directory.Exists(Folder(source))) Directory.Delete(Folder(source), recursive: true);
            Directory.Move(partial, Folder(source));
        }
        finally
        {
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        }
    }
}

/// <summary>Whether a source can be used, in a sentence.</summary>
/// <param name="Source">The source.</param>
/// <param name="State">In one word.</param>
/// <param name="Message">What is there, what is wrong, what mends it.</param>
public sealed record DataStatus(DataSource Source, DataState State, string Message);

/// <summary>Whether a source's text is in data/cache.</summary>
public enum DataState
{
    /// <summary>It is, with the pinned hash.</summary>
    Ready,

    /// <summary>It is not.</summary>
    Missing,

    /// <summary>Something is there that is not what was pinned.</summary>
    Damaged,
}
