using System.Runtime.InteropServices;

namespace AdEMAMix.Workbook;

/// <summary>Writes tokens into files of a given size, first those for training, then those for validation.</summary>
/// <remarks>A file has its name only when it is complete; until then ".partial" follows it.</remarks>
sealed class ShardWriter(string folder, ShardSettings settings) : IDisposable
{
    readonly List<ShardEntry> shards = [];
    FileStream? stream;

    public IReadOnlyList<ShardEntry> Shards => shards;

    public bool Validation { get; private set; }

    public int Index { get; private set; }

    /// <summary>Tokens in the file being written.</summary>
    public long Tokens { get; private set; }

    /// <summary>Tokens in all files.</summary>
    public long Total => shards.Sum(shard => shard.Tokens) + Tokens;

    int HeaderBytes => settings.Format == TokenFormat.LlmC ? TokenFile.HeaderBytes : 0;

    string Name => (Validation ? "val" : "train") + (settings.ShardTokens is null ? "" : FormattableString.Invariant($"_{Index:D6}")) + ".bin";

    string Partial => Path.Combine(folder, Name + ".partial");

    /// <summary>Goes on where a journal says; what was written after it is dropped.</summary>
    public void Resume(TokenizingJournal journal)
    {
        shards.AddRange(journal.Shards);
        (Validation, Index, Tokens) = (journal.Validation, journal.Index, journal.Tokens);
        // A file that was completed after the journal was written is taken up again.
        if (Tokens > 0 && !File.Exists(Partial) && File.Exists(Path.Combine(folder, Name))) File.Move(Path.Combine(folder, Name), Partial);
        if (Tokens == 0) return;
        var bytes = HeaderBytes + Tokens * sizeof(ushort);
        if (!File.Exists(Partial) || new FileInfo(Partial).Length < bytes)
            throw new DataException($"'{Partial}' is shorter than {TokenizingJournal.FileName} beside it says: remove the folder and tokenize again.");
        stream = new FileStream(Partial, FileMode.Open, FileAccess.Write, FileShare.Read, 1 << 16);
        stream.SetLength(bytes);
        stream.Position = bytes;
    }

    public void Append(ReadOnlySpan<ushort> tokens)
    {
        while (!tokens.IsEmpty)
        {
            var room = settings.ShardTokens is { } most ? most - Tokens : long.MaxValue;
            if (room == 0)
            {
                Close();
                Index++;
                continue;
            }
            var part = tokens[..(int)Math.Min(tokens.Length, room)];
            if (stream is null)
            {
                stream = new FileStream(Partial, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
                stream.Write(new byte[HeaderBytes]);
            }
            stream.Write(MemoryMarshal.AsBytes(part));
            Tokens += part.Length;
            tokens = tokens[part.Length..];
        }
    }

    /// <summary>From here on tokens are for validation.</summary>
    public void BeginValidation()
    {
        Close();
        (Validation, Index) = (true, 0);
    }

    /// <summary>Brings what was written to the disk.</summary>
    public void Flush() => stream?.Flush(flushToDisk: true);

    /// <summary>Completes the file being written.</summary>
    public void Close()
    {
        if (stream is null) return;
        if (settings.Format == TokenFormat.LlmC)
        {
            stream.Position = 0;
            stream.Write(TokenFile.Header(Tokens));
        }
        stream.Flush(flushToDisk: true);
        stream.Dispose();
        stream = null;
        var file = Path.Combine(folder, Name);
        File.Move(Partial, file, overwrite: true);
        shards.Add(new ShardEntry(Name, Tokens, Sha256.OfFile(file)));
        Tokens = 0;
    }

    public void Dispose()
    {
        try
        {
            stream?.Dispose();
        }
        catch (IOException)
        {
            // The disk is full, which has been said; the journal knows what is there.
        }
    }
}
