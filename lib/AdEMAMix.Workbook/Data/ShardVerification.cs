using System.Security.Cryptography;

namespace AdEMAMix.Workbook;

/// <summary>What a full reading of a token file found.</summary>
/// <param name="File">The file.</param>
/// <param name="IsRight">Whether nothing is wrong with it.</param>
/// <param name="Message">What is there, or what is wrong, in a sentence.</param>
public sealed record ShardStatus(string File, bool IsRight, string Message);

/// <summary>Reads token files from end to end: every token against the vocabulary, every byte against the hash in shards.json.</summary>
public static class ShardVerification
{
    const int PartTokens = 1 << 19;

    /// <summary>Verifies the files one by one, as they are enumerated.</summary>
    /// <param name="path">A file, or a folder.</param>
    /// <param name="vocabulary">Size of the vocabulary; null for the recorded one, or for no comparison where none is recorded.</param>
    /// <exception cref="DataException">A file is cut short, unreadable or of another kind.</exception>
    public static IEnumerable<ShardStatus> Verify(string path, int? vocabulary = null)
    {
        var set = ShardSet.Open(path);
        var limit = vocabulary ?? set.Manifest?.Vocabulary;
        foreach (var shard in set.All) yield return Verify(shard, limit, set.Manifest?.Shards.First(entry => entry.File == Path.GetFileName(shard.Path)).Sha256);
    }

    static ShardStatus Verify(TokenShard shard, int? vocabulary, string? expected)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var header = new byte[shard.Layout.Start];
        hash.AppendData(header.AsSpan(0, shard.Read(header, 0)));
        var largest = (ushort)0;
        for (var at = 0L; at < shard.Length; at += PartTokens)
        {
            var part = shard.Tokens(at, (int)Math.Min(PartTokens, shard.Length - at));
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(part));
            if (vocabulary is { } size && ShardTokens.Beyond(part, size) is var beyond and >= 0)
                return new ShardStatus(shard.Path, false, ShardTokens.OutsideVocabulary(shard, at + beyond, part[beyond], size).Message);
            foreach (var token in part) largest = Math.Max(largest, token);
            shard.Release();
        }
        var actual = Convert.ToHexStringLower(hash.GetHashAndReset());
        return expected is null || expected == actual
            ? new ShardStatus(shard.Path, true, FormattableString.Invariant($"{shard.Length:N0} tokens, the largest {largest:N0}{(vocabulary is null ? " (no vocabulary is known to compare with)" : "")}, SHA-256 {(expected is null ? actual : "right")}."))
            : new ShardStatus(shard.Path, false, $"'{shard.Path}' has SHA-256 {Sha256.Short(actual)} where {ShardManifest.FileName} lists {Sha256.Short(expected)}: restore the file, or tokenize again into an empty folder.");
    }
}
