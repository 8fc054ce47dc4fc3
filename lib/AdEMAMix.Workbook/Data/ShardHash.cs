using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AdEMAMix.Workbook;

/// <summary>The content hash of token files: their names, lengths, beginnings and ends, and blocks spread evenly over all of them.</summary>
/// <remarks>
/// At most a few MiB are read whatever the files' size, so that a run starts at once. It detects files that were added, removed, renamed,
/// cut, extended, made anew from other text or with another tokenizer, and nearly every larger edit; a change of a few tokens between two blocks it
/// misses, and `workbook data verify` finds it where shards.json lists the full hashes. It does not depend on where the files lie or on their times.
/// </remarks>
static class ShardHash
{
    const int BlockBytes = 4096;
    const int Blocks = 512;

    public static string Of(ShardSet set)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var total = set.All.Sum(shard => shard.Bytes);
        foreach (var (part, shards) in new[] { ("training", set.Training), ("validation", set.Validation) })
        {
            Append(hash, part);
            foreach (var shard in shards)
            {
                Append(hash, Path.GetFileName(shard.Path));
                Append(hash, shard.Bytes);
                AppendBlocks(hash, shard, (int)Math.Max(2, Blocks * shard.Bytes / total));
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    static void AppendBlocks(IncrementalHash hash, TokenShard shard, int blocks)
    {
        Span<byte> block = stackalloc byte[BlockBytes];
        var last = Math.Max(0, shard.Bytes - BlockBytes);
        var previous = -1L;
        for (var i = 0; i < blocks; i++)
        {
            var offset = (long)((Int128)i * last / (blocks - 1));
            if (offset == previous) continue;
            previous = offset;
            hash.AppendData(block[..shard.Read(block, offset)]);
        }
    }

    static void Append(IncrementalHash hash, string text)
    {
        var bytes = TextNormalisation.Utf8.GetBytes(text);
        Append(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    static void Append(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
