using System.IO.Enumeration;

namespace AdEMAMix.Workbook;

/// <summary>Reads the reader's own text: one file, or every .txt file of a folder and its subfolders in ordinal order of their paths.</summary>
static class TextFiles
{
    /// <summary>A .NET string holds about 1.07e9 characters.</summary>
    const long MostBytes = 1_000_000_000;

    /// <summary>An absolute path; "~/" is the home folder, other relative paths count from the workbook's root.</summary>
    public static string Resolve(string path, WorkbookPaths paths) =>
        path == "~" || path.StartsWith("~/", StringComparison.Ordinal)
            ? Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[1..])
            : Path.GetFullPath(path, Path.GetFullPath(paths.Root));

    public static string ReadAll(string path)
    {
        var files = Directory.Exists(path) ? FilesOf(path) : [path];
        var texts = new List<string>(files.Count);
        var total = 0L;
        foreach (var file in files)
        {
            var bytes = Read(file);
            total += bytes.Length;
            if (total > MostBytes) throw TooLong(path);
            texts.Add(TextNormalisation.Decode(bytes, file));
        }
        return TextNormalisation.Join(texts);
    }

    public static byte[] Read(string file)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > MostBytes }) throw TooLong(file);
            return File.ReadAllBytes(file);
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException($"There is no file or folder '{file}': correct the path (a relative one counts from the workbook's root).", problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"'{file}' cannot be read ({problem.Message.TrimEnd('.')}): make it readable.", problem);
        }
    }

    /// <summary>The .txt files of a folder and its subfolders.</summary>
    public static List<string> FilesOf(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.Hidden };
        try
        {
            var files = new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), options)
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && entry.FileName.EndsWith(".txt", StringComparison.OrdinalIgnoreCase),
                // A link to a folder above would never end.
                ShouldRecursePredicate = (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
            }.ToList();
            if (files.Count == 0) throw new DataException($"The folder '{folder}' holds no .txt file: put text files there or name a file.");
            files.Sort(StringComparer.Ordinal);
            return files;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The folder '{folder}' cannot be read ({problem.Message.TrimEnd('.')}): make it readable.", problem);
        }
    }

    static DataException TooLong(string path) =>
        new(FormattableString.Invariant($"'{path}' holds more than {MostBytes:N0} bytes, which is more text than is kept in memory: use a part of it."));
}
