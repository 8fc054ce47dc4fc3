namespace AdEMAMix.Workbook;

/// <summary>Fetches the texts and images of data/sources.json into data/cache, and checks what is there.</summary>
/// <remarks>
/// A file is used only if its SHA-256 is the pinned one. Files appear by renaming, under a lock per source, so that a killed process leaves
/// no half file and two processes may fetch at once. An archive that the reader puts into data/cache/archives is used instead of a download.
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

    // What a source's folder must hold.
    static IReadOnlyList<(string Name, string Sha256)> Expected(DataSource source) =>
        source.Files is { } files ? [.. files.Select(file => (file.Name, file.Sha256))]
        : source.Text is { } text ? [("text.txt", text.Sha256)]
        : throw new DataException($"data/sources.json says of '{source.Name}' neither what its text nor what its files must be: restore it with git.");

    /// <summary>Makes sure that the source's text or files are in the cache and right; does nothing if they are.</summary>
    /// <returns>The file with the text; the folder with the files for a source of images.</returns>
    /// <exception cref="ConfigException">No source has that name.</exception>
    /// <exception cref="DataException">The data could not be had; the message says why and what to do.</exception>
    public string Fetch(string name, CancellationToken cancellation = default) => Fetch(DataSources.Load(paths).Find(name), cancellation);

    /// <inheritdoc cref="Fetch(string, CancellationToken)"/>
    public string Fetch(DataSource source, CancellationToken cancellation = default)
    {
        try
        {
            var result = source.HoldsImages ? Folder(source) : TextFile(source);
            if (IsThere(source)) return result;

            Directory.CreateDirectory(paths.Cache);
            using var turn = CacheLock.Acquire(Path.Combine(paths.Cache, source.Name + ".lock"), Report, cancellation);
            if (IsThere(source)) return result;

            Extract(source, Archives.Get(source.Name, source.Package, source.Archive, cancellation), cancellation);
            return result;
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
        var archive = Archives.FileOf(source.Archive);
        var again = $"'environment/workbook data fetch {source.Name}'";
        try
        {
            var expected = Expected(source);
            var files = expected.Select(e => (Path: Path.Combine(Folder(source), e.Name), e.Sha256)).Where(f => File.Exists(f.Path)).ToList();
            foreach (var (path, pinned) in files)
            {
                var hash = Sha256.OfFile(path);
                if (hash != pinned) return new DataStatus(source, DataState.Damaged, $"'{path}' has SHA-256 {Sha256.Short(hash)} where {Sha256.Short(pinned)} is pinned: {again} makes it anew.");
            }
            if (files.Count == expected.Count)
                return new DataStatus(source, DataState.Ready, source.HoldsImages ? $"The {files.Count} files are there and their hashes are right." : "The text is there and its hash is right.");
            if (!File.Exists(archive)) return new DataStatus(source, DataState.Missing, $"Not fetched yet: {again} does it, and so does the first run that reads it.");
            var archiveHash = Sha256.OfFile(archive);
            return archiveHash == source.Archive.Sha256
                ? new DataStatus(source, DataState.Missing, $"The archive is there and right, its {(source.HoldsImages ? "images" : "text")} not yet extracted: {again} does it without the network.")
                : new DataStatus(source, DataState.Damaged, $"'{archive}' has SHA-256 {Sha256.Short(archiveHash)} where {Sha256.Short(source.Archive.Sha256)} is pinned: remove it, then {again}.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return new DataStatus(source, DataState.Damaged, $"The files of '{source.Name}' in '{paths.Cache}' cannot be read ({problem.Message.TrimEnd('.')}): make them readable, or remove them and fetch again.");
        }
    }

    /// <summary>Verifies every source of data/sources.json.</summary>
    public IReadOnlyList<DataStatus> VerifyAll() => [.. DataSources.Load(paths).All.Select(Verify)];

    bool IsThere(DataSource source) => Expected(source).All(file => Path.Combine(Folder(source), file.Name) is var path && File.Exists(path) && Sha256.OfFile(path) == file.Sha256);

    void Extract(DataSource source, string archive, CancellationToken cancellation)
    {
        Report?.Invoke($"Extracting '{source.Name}'.");
        var files = Read(source, archive, cancellation);
        foreach (var (name, pinned) in Expected(source))
        {
            if (!files.TryGetValue(name, out var bytes)) throw new DataException($"'{archive}' holds no '{name}', which data/sources.json expects: restore data/sources.json.");
            var hash = Sha256.Of(bytes);
            if (hash != pinned)
                throw new DataException($"The {(source.HoldsImages ? $"file '{name}'" : "text")} extracted from '{archive}' has SHA-256 {Sha256.Short(hash)} where data/sources.json pins {Sha256.Short(pinned)}: restore data/sources.json, or if you changed what is extracted, pin {hash} there.");
        }

        var partial = Folder(source) + ".partial";
        ArchiveCache.Empty(partial);
        try
        {
            foreach (var (name, bytes) in files)
            {
                using var file = File.Create(Path.Combine(partial, name));
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

    IReadOnlyDictionary<string, byte[]> Read(DataSource source, string archive, CancellationToken cancellation)
    {
        var reader = new SourceArchive(source, SearchPath);
        return source.HoldsImages
            ? reader.ReadFiles(archive, cancellation)
            : new Dictionary<string, byte[]> { [Path.GetFileName(TextFile(source))] = TextNormalisation.Utf8.GetBytes(reader.ReadText(archive, cancellation)) };
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
