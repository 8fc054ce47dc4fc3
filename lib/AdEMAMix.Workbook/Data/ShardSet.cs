using System.Text.RegularExpressions;

namespace AdEMAMix.Workbook;

/// <summary>The token files that a path names: one file, or a folder of .bin files in the order of their names, those called "val" for validation.</summary>
public sealed partial class ShardSet
{
    readonly List<TokenShard> training = [];
    readonly List<TokenShard> validation = [];

    ShardSet(string path, string folder, ShardManifest? manifest) => (Path, Folder, Manifest) = (path, folder, manifest);

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>Where the files are.</summary>
    public string Folder { get; }

    /// <summary>What `workbook data tokenize` wrote beside them; null for files from elsewhere.</summary>
    public ShardManifest? Manifest { get; }

    internal IReadOnlyList<TokenShard> Training => training;

    internal IReadOnlyList<TokenShard> Validation => validation;

    internal IEnumerable<TokenShard> All => training.Concat(validation);

    /// <summary>Opens and maps the files, and reads no more of them than their headers.</summary>
    /// <param name="path">A file, or a folder.</param>
    /// <exception cref="DataException">There is none, or one is empty, cut short, unreadable or of another kind.</exception>
    public static ShardSet Open(string path)
    {
        var isFolder = Directory.Exists(path);
        if (!isFolder && !File.Exists(path)) throw new DataException($"There is no token file or folder '{path}': correct the path (a relative one counts from the workbook's root).");
        var folder = isFolder ? path : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        if (isFolder && File.Exists(System.IO.Path.Combine(folder, TokenizingJournal.FileName)))
            throw new DataException($"The token files in '{folder}' are not finished: run the same 'environment/workbook data tokenize' again, it goes on where it stopped.");
        var set = new ShardSet(path, folder, ShardManifest.Read(folder));
        if (isFolder) set.OpenFolder();
        else set.training.Add(new TokenShard(path));
        set.CompareWithManifest(isFolder);
        return set;
    }

    void OpenFolder()
    {
        var files = ListFiles();
        if (files.Count == 0) throw new DataException($"The folder '{Folder}' holds no .bin file of tokens: name another one, or make some with 'environment/workbook data tokenize'.");
        var named = files.Any(file => TrainingName.IsMatch(NameOf(file)));
        foreach (var file in files)
        {
            if (ValidationName.IsMatch(NameOf(file))) validation.Add(new TokenShard(file));
            else if (!named || TrainingName.IsMatch(NameOf(file))) training.Add(new TokenShard(file));
            else throw new DataException($"The folder '{Folder}' holds training files by name, and '{NameOf(file)}', which is called neither 'train' nor 'val': rename or remove it.");
        }
        if (training.Count == 0) throw new DataException($"The folder '{Folder}' holds files for validation only ('{NameOf(files[0])}'): add those for training, or name a single file.");
    }

    List<string> ListFiles()
    {
        try
        {
            var files = Directory.GetFiles(Folder, "*.bin").ToList();
            files.Sort(StringComparer.Ordinal);
            return files;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The folder '{Folder}' cannot be read ({problem.Message.TrimEnd('.')}): make it readable.", problem);
        }
    }

    // What was added, lost or cut since; what was overwritten shows in the content hash and in a full verification.
    void CompareWithManifest(bool isFolder)
    {
        if (Manifest is null) return;
        var listed = Manifest.Shards.ToDictionary(entry => entry.File, StringComparer.Ordinal);
        foreach (var shard in All)
        {
            if (!listed.Remove(NameOf(shard.Path), out var entry))
                throw new DataException($"'{shard.Path}' is not listed in the {ShardManifest.FileName} beside it: move it elsewhere, or remove {ShardManifest.FileName} if the folder is your own.");
            if (entry.Tokens != shard.Length)
                throw new DataException(FormattableString.Invariant($"'{shard.Path}' holds {shard.Length:N0} tokens where {ShardManifest.FileName} beside it lists {entry.Tokens:N0}: restore the file, or tokenize again into an empty folder."));
        }
        if (isFolder && listed.Count > 0)
            throw new DataException($"'{listed.Keys.Order(StringComparer.Ordinal).First()}', which {ShardManifest.FileName} lists, is missing in '{Folder}': restore the file, or tokenize again into an empty folder.");
    }

    static string NameOf(string file) => System.IO.Path.GetFileName(file);

    [GeneratedRegex("(?<![a-z])train", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex TrainingName { get; }

    [GeneratedRegex("(?<![a-z])val(id|idation)?(?![a-z])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ValidationName { get; }
}
