using System.Security.Cryptography;

namespace AdEMAMix.Workbook;

/// <summary>A text file to be tokenized.</summary>
/// <param name="Name">Its name within the folder.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Modified">When it was written last: an interrupted tokenization does not go on with another text.</param>
sealed record TextInput(string Name, string Path, long Bytes, DateTime Modified)
{
    public FileStream Open()
    {
        try
        {
            return new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"'{Path}' cannot be read ({problem.Message.TrimEnd('.')}): make it readable.", problem);
        }
    }
}

/// <summary>A piece of a text that may be encoded by itself.</summary>
/// <param name="Text">Normalised; empty where the piece after the split must begin here.</param>
/// <param name="Bytes">Bytes of the file that it takes.</param>
/// <param name="EndsFile">Whether it is the file's last.</param>
readonly record struct TextBlock(string Text, int Bytes, bool EndsFile);

/// <summary>Text files read block by block, so that memory does not depend on their length.</summary>
sealed class TextInputs
{
    // Text without a place to cut at, such as one line of a gigabyte, is cut anyway at this size.
    const int LargestBlock = 1 << 24;

    TextInputs(IReadOnlyList<TextInput> files) => Files = files;

    public IReadOnlyList<TextInput> Files { get; }

    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>A file, or the .txt files of a folder in ordinal order of their paths.</summary>
    public static TextInputs Of(string path)
    {
        var folder = Directory.Exists(path);
        var files = (folder ? TextFiles.FilesOf(path) : [path]).Select(file =>
        {
            var info = new FileInfo(file);
            if (!info.Exists) throw new DataException($"There is no file or folder '{file}': correct the path (a relative one counts from the workbook's root).");
            return new TextInput(folder ? Path.GetRelativePath(path, file) : info.Name, file, info.Length, info.LastWriteTimeUtc);
        }).ToList();
        return files.Any(file => file.Bytes > 0) ? new TextInputs(files) : throw new DataException($"'{path}' holds no text: choose a longer one.");
    }

    /// <summary>The next block of a file.</summary>
    /// <param name="index">The file.</param>
    /// <param name="stream">Its bytes; stands at <paramref name="offset"/> and afterwards behind the block.</param>
    /// <param name="offset">Where the block begins.</param>
    /// <param name="limit">Where it must end at the latest.</param>
    /// <param name="size">Bytes to aim at.</param>
    /// <param name="lastCut">Where a text may be cut, <see cref="ITokenizer.LastCut"/>.</param>
    public TextBlock Read(int index, Stream stream, long offset, long limit, int size, Func<string, int> lastCut)
    {
        var file = Files[index];
        for (; ; size = Math.Min(4 * size, LargestBlock))
        {
            var bytes = new byte[Math.Min(size, limit - offset)];
            stream.Position = offset;
            try
            {
                stream.ReadExactly(bytes);
            }
            catch (EndOfStreamException problem)
            {
                throw new DataException($"'{file.Path}' became shorter while it was read: leave the texts alone until they are tokenized.", problem);
            }
            var end = offset + bytes.Length;
            var mark = offset == 0 ? TextNormalisation.MarkLength(bytes) : 0;
            if (end == file.Bytes) return new TextBlock(TextNormalisation.LineEnds(TextNormalisation.DecodeBlock(bytes.AsSpan(mark), file.Path, mark)), bytes.Length, true);

            var raw = TextNormalisation.DecodeBlock(bytes.AsSpan(mark, WholeCharacters(bytes) - mark), file.Path, offset + mark);
            if (raw.EndsWith('\r')) raw = raw[..^1]; // the second half of its line end may be in the next block
            var text = TextNormalisation.LineEnds(raw);
            var cut = lastCut(text);
            if (cut == 0)
            {
                if (end == limit) return new TextBlock("", 0, false);
                if (size < LargestBlock) continue;
                cut = text.Length;
            }
            return new TextBlock(text[..cut], mark + TextNormalisation.Utf8.GetByteCount(raw.AsSpan(0, RawIndex(raw, cut))), false);
        }
    }

    /// <summary>The hash of a file's first bytes, to be continued.</summary>
    public static IncrementalHash Hash(Stream stream, long bytes)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        stream.Position = 0;
        while (bytes > 0)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(bytes, buffer.Length));
            stream.ReadExactly(part);
            hash.AppendData(part);
            bytes -= part.Length;
        }
        return hash;
    }

    // A sequence of UTF-8 that the end of the block cuts is left to the next one.
    static int WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(4, bytes.Length); back++)
        {
            var value = bytes[^back];
            if ((value & 0xC0) == 0x80) continue;
            var needed = value >= 0xF0 ? 4 : value >= 0xE0 ? 3 : value >= 0xC0 ? 2 : 1;
            return needed > back ? bytes.Length - back : bytes.Length;
        }
        return bytes.Length;
    }

    // Where an index of the text with normalised line ends is in the raw text.
    static int RawIndex(string raw, int index)
    {
        var at = raw.IndexOf('\r', StringComparison.Ordinal);
        if (at < 0 || at >= index) return index;
        for (var normalised = at; normalised < index; normalised++) at += raw[at] == '\r' && at + 1 < raw.Length && raw[at + 1] == '\n' ? 2 : 1;
        return at;
    }
}
