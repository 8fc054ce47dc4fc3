namespace AdEMAMix.Workbook;

/// <summary>The packages that texts and tokenizers come from: each downloaded once, and used only with its pinned hash.</summary>
sealed class ArchiveCache(WorkbookPaths paths, string searchPath, Action<string>? report)
{
    /// <summary>Where archives lie; one that the reader puts there is used instead of a download.</summary>
    public string Folder => Path.Combine(paths.Cache, "archives");

    public string FileOf(DataArchive archive) => Path.Combine(Folder, archive.File);

    /// <summary>The verified archive. The caller holds the lock of <paramref name="name"/>.</summary>
    public string Get(string name, DataPackage package, DataArchive archive, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Folder);
        var file = FileOf(archive);
        if (!File.Exists(file)) Download(name, package, archive, cancellation);
        Check(name, archive, file);
        return file;
    }

    void Download(string name, DataPackage package, DataArchive archive, CancellationToken cancellation)
    {
        var folder = Path.Combine(paths.Cache, name + ".download");
        Empty(folder);
        try
        {
            report?.Invoke(FormattableString.Invariant($"Downloading {package.Name} {package.Version}, {archive.Bytes / 1e6:0.0} MB."));
            var download = new PackageDownload(package, archive, searchPath, Folder);
            File.Move(download.Into(folder, cancellation), FileOf(archive));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Sets an archive that is not the pinned one aside: it is never used, and not lost either.</summary>
    static void Check(string name, DataArchive archive, string file)
    {
        var length = new FileInfo(file).Length;
        var hash = Sha256.OfFile(file);
        if (hash == archive.Sha256) return;
        var aside = file + ".rejected";
        File.Move(file, aside, overwrite: true);
        throw new DataException(length < archive.Bytes
            ? FormattableString.Invariant($"The archive of '{name}' is cut short, {length:N0} of {archive.Bytes:N0} bytes; it was kept as '{aside}' and not used: fetch again.")
            : $"The archive of '{name}' has SHA-256 {Sha256.Short(hash)} where {Sha256.Short(archive.Sha256)} is pinned; it was kept as '{aside}' and not used: fetch again, and if that repeats, do not trust the package source.");
    }

    /// <summary>An empty folder. The lock is held: what lies there was left by a process that was killed.</summary>
    public static void Empty(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
    }
}
