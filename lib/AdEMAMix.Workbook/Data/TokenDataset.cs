using System.Buffers.Binary;

namespace AdEMAMix.Workbook;

/// <summary>A text as tokens: the beginning to train on, the end to validate on.</summary>
/// <remarks>
/// Tokens of a text are not cached on disk: encoding ten million characters takes less time than checking a cache would. Token files are
/// mapped and read window by window.
/// </remarks>
public sealed class TokenDataset
{
    readonly ITokenSource whole;
    readonly ITokenSource? separate;
    readonly double validationFraction;

    /// <summary>Splits and encodes a text.</summary>
    /// <param name="corpus">The text.</param>
    /// <param name="validationFraction">The share at its end that is kept for validation: in (0, 0.5].</param>
    /// <exception cref="ConfigException">The fraction is out of range.</exception>
    /// <exception cref="DataException">The text has too many distinct characters.</exception>
    public TokenDataset(TextCorpus corpus, double validationFraction)
        : this(corpus.Name, corpus.Sha256, CharacterTokenizer.Of(corpus.Text), corpus.Text, validationFraction)
    {
    }

    TokenDataset(string name, string hash, CharacterTokenizer tokenizer, string text, double validationFraction)
        : this(name, hash, tokenizer, new MemoryTokens(tokenizer.Encode(text)), null, 0, 1, validationFraction)
    {
    }

    TokenDataset(string name, string hash, ITokenizer tokenizer, ITokenSource whole, ITokenSource? separate, double start, double end, double validationFraction)
    {
        if (!(validationFraction > 0 && validationFraction <= 0.5))
            throw new ConfigException(FormattableString.Invariant($"A validation fraction of {validationFraction} is outside (0, 0.5]: choose for example 0.05."));
        if (!(start >= 0 && start < end && end <= 1))
            throw new ConfigException(FormattableString.Invariant($"The part of the text from {start} to {end} is none: choose shares with 0 <= start < end <= 1."));
        (Name, ContentHash, Tokenizer, this.whole, this.separate, this.validationFraction) = (name, hash, tokenizer, whole, separate, validationFraction);
        var part = PartOf(whole, start, end);
        var training = separate is null ? part.Length - (long)(part.Length * validationFraction) : part.Length;
        Training = part.Slice(0, training);
        Validation = separate is null ? part.Slice(training, part.Length - training) : PartOf(separate, start, end);
    }

    static ITokenSource PartOf(ITokenSource tokens, double start, double end)
    {
        var first = (long)(tokens.Length * start);
        return tokens.Slice(first, (long)(tokens.Length * end) - first);
    }

    /// <summary>Another part of the same text, in the same tokens, split in the same way; of files for validation the same part.</summary>
    /// <param name="start">Where it starts, as a share of the whole text.</param>
    /// <param name="end">Where it ends.</param>
    /// <exception cref="ConfigException">The part is empty or outside the text.</exception>
    public TokenDataset Part(double start, double end) => new(Name, ContentHash, Tokenizer, whole, separate, start, end, validationFraction);

    /// <summary>The source's name, or the reader's path.</summary>
    public string Name { get; }

    /// <summary>
    /// SHA-256 of the text: two runs with the same hash and <see cref="DataConfig.ValidationFraction"/> saw the same tokens. Of token files: of their
    /// names and lengths and of blocks spread over them, which shows any other set of files but not every edit of a few tokens.
    /// </summary>
    public string ContentHash { get; }

    /// <summary>Its vocabulary covers both parts.</summary>
    public ITokenizer Tokenizer { get; }

    /// <summary>The tokens to train on.</summary>
    public ITokenSource Training { get; }

    /// <summary>The tokens to validate on; they follow the training tokens in the text, or are files of their own.</summary>
    public ITokenSource Validation { get; }

    /// <summary>Whether tokens are read from disk as they are needed: then a <see cref="BatchPrefetcher"/> hides the waiting.</summary>
    public bool IsOnDisk => whole is ShardTokens;

    /// <summary>Loads, splits and encodes the text that a configuration names (see <see cref="TextCorpus.Load"/>), or opens its token files (see <see cref="ShardSet"/>).</summary>
    /// <exception cref="ConfigException">The configuration is wrong.</exception>
    /// <exception cref="DataException">The text cannot be had or encoded, or a token file is not as it must be.</exception>
    public static TokenDataset Load(DataConfig config, WorkbookPaths paths, Action<string>? report = null, CancellationToken cancellation = default)
    {
        var all = config.Source == DataConfig.ShardsSource ? OfShards(config, paths) : new TokenDataset(TextCorpus.Load(config, paths, report, cancellation), config.ValidationFraction);
        return config is { Start: null, End: null } ? all : all.Part(config.Start ?? 0, config.End ?? 1);
    }

    static TokenDataset OfShards(DataConfig config, WorkbookPaths paths)
    {
        if (string.IsNullOrWhiteSpace(config.Path)) throw new ConfigException($"Source '{DataConfig.ShardsSource}' needs a path: name a token file or a folder of them.");
        var set = ShardSet.Open(TextFiles.Resolve(config.Path, paths));
        var tokenizer = set.Tokenizer(config.Vocabulary, paths);
        var validation = set.Validation.Count > 0 ? new ShardTokens(set.Validation, tokenizer.VocabularySize) : null;
        return new TokenDataset(config.Path, ShardHash.Of(set), tokenizer, new ShardTokens(set.Training, tokenizer.VocabularySize), validation, 0, 1, config.ValidationFraction);
    }

    /// <summary>Makes sure that both parts hold at least one window and its last target.</summary>
    /// <param name="context">Tokens per window.</param>
    /// <exception cref="DataException">One does not.</exception>
    public void RequireContext(int context)
    {
        Require(Training, "training", "use a longer text or a shorter context");
        Require(Validation, "validation", "use a longer text, a larger validation fraction or a shorter context");

        void Require(ITokenSource part, string name, string remedy)
        {
            if (part.Length <= context)
                throw new DataException(FormattableString.Invariant($"The {name} text of '{Name}' has {part.Length:N0} tokens, but a context of {context:N0} needs at least {context + 1L:N0}: {remedy}."));
        }
    }

    /// <summary>Writes the tokens as other trainers read them: train.bin and val.bin (16-bit little-endian, no header; nanoGPT's layout) and tokenizer.json.</summary>
    /// <param name="folder">Made if missing; files of these names are replaced.</param>
    /// <exception cref="DataException">They could not be written; files that were there before are untouched.</exception>
    public void Write(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            Replace("train.bin", stream => WriteTokens(stream, Training));
            Replace("val.bin", stream => WriteTokens(stream, Validation));
            Replace("tokenizer.json", stream => stream.Write(TextNormalisation.Utf8.GetBytes(Tokenizer.ToJson() + "\n")));
        }
        catch (IOException problem) when (DiskFull.Is(problem))
        {
            throw DiskFull.At(folder, problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The tokens could not be written to '{folder}' ({problem.Message.TrimEnd('.')}): choose a folder that is writable.", problem);
        }

        void Replace(string name, Action<Stream> write)
        {
            var file = Path.Combine(folder, name);
            var partial = file + ".partial";
            try
            {
                using (var stream = File.Create(partial)) write(stream);
                File.Move(partial, file, overwrite: true);
            }
            finally
            {
                File.Delete(partial);
            }
        }
    }

    static void WriteTokens(Stream stream, ITokenSource tokens)
    {
        var buffer = new byte[64 * 1024];
        for (var written = 0L; written < tokens.Length;)
        {
            var part = tokens.Window(written, (int)Math.Min(tokens.Length - written, buffer.Length / 2));
            for (var i = 0; i < part.Length; i++) BinaryPrimitives.WriteUInt16LittleEndian(buffer.AsSpan(2 * i), part[i]);
            stream.Write(buffer, 0, 2 * part.Length);
            written += part.Length;
        }
    }
}
