using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace AdEMAMix.Workbook;

/// <summary>How far a tokenization is.</summary>
/// <param name="Bytes">Bytes of text done.</param>
/// <param name="TotalBytes">Bytes of text.</param>
/// <param name="Tokens">Tokens written.</param>
public readonly record struct TokenizingProgress(long Bytes, long TotalBytes, long Tokens);

/// <summary>What `workbook data tokenize` does: reads texts of any length block by block and writes them as token files.</summary>
/// <remarks>
/// A file of text is a document. It is followed by the tokenizer's end of document, or where there is none and another follows by a blank line.
/// Memory does not depend on the texts' length. Stopped or killed at any point, the same call goes on, and the files it leaves are byte for
/// byte those of a call that was never stopped. shards.json is written last: a folder that has it is complete.
/// </remarks>
public sealed partial class ShardTokenization
{
    const int BlockBytes = 1 << 20;
    const int SentencePieceBlockBytes = 1 << 22; // each block starts a program

    const string LockFile = ".lock";

    readonly TextInputs inputs;
    readonly ITokenizer tokenizer;
    readonly ShardSettings settings;
    readonly string folder;
    readonly string tokenizerJson;
    readonly int blockBytes;

    internal ShardTokenization(TextInputs inputs, ITokenizer tokenizer, ShardSettings settings, string folder)
    {
        (this.inputs, this.tokenizer, this.settings, this.folder) = (inputs, tokenizer, settings, folder);
        tokenizerJson = tokenizer.ToJson();
        blockBytes = tokenizer is SentencePieceTokenizer ? SentencePieceBlockBytes : BlockBytes;
    }

    /// <summary>Receives the progress after every block.</summary>
    public Action<TokenizingProgress>? Report { get; init; }

    internal TimeSpan BetweenJournals { get; init; } = TimeSpan.FromSeconds(2);

    internal int? BlockSize { get; init; }

    /// <summary>Writes the token files, or the rest of them.</summary>
    /// <returns>What stands in shards.json.</returns>
    /// <exception cref="DataException">A text is none or was changed in between, the folder holds something else, or the disk is full.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; the same call goes on.</exception>
    public ShardManifest Run(CancellationToken cancellation = default)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var turn = CacheLock.Acquire(Path.Combine(folder, LockFile), null, cancellation);
            if (ShardManifest.Read(folder) is { } done) return Compare(done);
            var journal = TokenizingJournal.Read(folder);
            if (journal is not null) Compare(journal);
            else if (Directory.EnumerateFiles(folder, "*.bin").FirstOrDefault() is { } foreign) throw new DataException($"'{foreign}' is not of this tokenization: choose an empty folder with --out.");
            return Write(journal, cancellation);
        }
        catch (IOException problem) when (DiskFull.Is(problem))
        {
            throw new DataException($"The disk that holds '{folder}' is full: free some space there and run the same command again, it goes on where it stopped.", problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The token files could not be written to '{folder}' ({problem.Message.TrimEnd('.')}): make it writable, or choose another folder with --out.", problem);
        }
    }

    ShardManifest Write(TokenizingJournal? journal, CancellationToken cancellation)
    {
        using var writer = new ShardWriter(folder, settings);
        if (journal is not null) writer.Resume(journal);
        var finished = journal?.Finished.ToList() ?? [];
        var (file, offset) = (journal?.File ?? 0, journal?.Offset ?? 0);
        var total = inputs.Bytes;
        var split = settings.Validation > 0 ? (long)(total * (1 - settings.Validation)) : total;
        var before = inputs.Files.Take(file).Sum(f => f.Bytes);
        if (tokenizer is SentencePieceTokenizer model) model.CopyTo(folder);
        var separator = tokenizer.EndOfDocument is null ? tokenizer.Encode("\n\n") : [];
        Save();
        var saved = Stopwatch.GetTimestamp();
        for (; file < inputs.Files.Count; file++, offset = 0)
        {
            var input = inputs.Files[file];
            if (input.Bytes == 0) continue;
            using var stream = input.Open();
            using var hash = TextInputs.Hash(stream, offset);
            while (offset < input.Bytes)
            {
                cancellation.ThrowIfCancellationRequested();
                if (!writer.Validation && before + offset >= split) writer.BeginValidation();
                var limit = writer.Validation ? input.Bytes : Math.Min(input.Bytes, split - before);
                var block = inputs.Read(file, stream, offset, limit, BlockSize ?? blockBytes, text => tokenizer.LastCut(text));
                if (block.Bytes == 0) writer.BeginValidation();
                else Append(block, stream, hash);
                Report?.Invoke(new TokenizingProgress(before + offset, total, writer.Total));
                if (Stopwatch.GetElapsedTime(saved) < BetweenJournals) continue;
                Save();
                saved = Stopwatch.GetTimestamp();
            }
            finished.Add(new ShardInput(input.Name, input.Bytes, Convert.ToHexStringLower(hash.GetHashAndReset())));
            before += input.Bytes;
        }
        writer.Close();
        var manifest = new ShardManifest(tokenizer.VocabularySize, JsonDocument.Parse(tokenizerJson).RootElement, settings, finished, writer.Shards);
        DurableFile.Replace(Path.Combine(folder, ShardManifest.FileName), to => to.Write(manifest.ToBytes()));
        File.Delete(Path.Combine(folder, TokenizingJournal.FileName));
        File.Delete(Path.Combine(folder, LockFile));
        return manifest;

        void Append(TextBlock block, FileStream stream, IncrementalHash hash)
        {
            var bytes = new byte[block.Bytes];
            stream.Position = offset;
            stream.ReadExactly(bytes);
            hash.AppendData(bytes);
            writer.Append(tokenizer.Encode(block.Text));
            offset += block.Bytes;
            if (!block.EndsFile) return;
            if (tokenizer.EndOfDocument is { } end) writer.Append([end]);
            else if (file < inputs.Files.Count - 1) writer.Append(separator);
        }

        // The tokens reach the disk before the journal that counts on them.
        void Save()
        {
            writer.Flush();
            new TokenizingJournal(tokenizerJson, settings, inputs.Files, file, offset, writer.Validation, writer.Index, writer.Tokens, finished, writer.Shards).Write(folder);
        }
    }

    void Compare(TokenizingJournal journal)
    {
        if (journal.Tokenizer != tokenizerJson || journal.Settings != settings)
            throw new DataException($"'{folder}' holds an unfinished tokenization with other options: give the same as before, or another folder with --out.");
        if (!journal.Inputs.SequenceEqual(inputs.Files))
            throw new DataException($"The texts are not those that the unfinished tokenization in '{folder}' began with: restore them, or remove the folder and begin again.");
    }

    ShardManifest Compare(ShardManifest done)
    {
        var same = done.Settings == settings && JsonSerializer.Serialize(done.Tokenizer) == tokenizerJson
            && done.Inputs.Select(input => (input.File, input.Bytes)).SequenceEqual(inputs.Files.Where(file => file.Bytes > 0).Select(file => (file.Name, file.Bytes)));
        return same ? done : throw new DataException($"'{folder}' holds the token files of other texts or options: choose another folder with --out.");
    }
}
