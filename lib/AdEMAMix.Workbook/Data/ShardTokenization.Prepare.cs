namespace AdEMAMix.Workbook;

// From the options of the command to texts and a tokenizer, which may have to be made first.
public sealed partial class ShardTokenization
{
    // More text makes the training of a tokenizer slower and hardly better.
    const long TrainingBytes = 200_000_000;

    /// <summary>Finds the texts, and the tokenizer or trains it.</summary>
    /// <param name="options">What is asked for; relative paths count from the workbook's root.</param>
    /// <param name="paths">The workbook.</param>
    /// <param name="report">Receives one line per stage that takes a while.</param>
    /// <param name="progress">Receives the progress after every block.</param>
    /// <param name="cancellation">Stops downloads and training.</param>
    /// <exception cref="ConfigException">An option is outside its range or does not go with another.</exception>
    /// <exception cref="DataException">A text or the tokenizer's model is missing or cannot be read.</exception>
    public static ShardTokenization Prepare(TokenizingOptions options, WorkbookPaths paths, Action<string>? report = null, Action<TokenizingProgress>? progress = null, CancellationToken cancellation = default)
    {
        var settings = options.Validate();
        var folder = TextFiles.Resolve(options.Folder, paths);
        var source = DataSources.Load(paths).All.FirstOrDefault(source => source.Name == options.Source);
        if (source is { HoldsImages: true }) throw new ConfigException($"The source '{source.Name}' holds images: name one of texts, a text file or a folder of .txt files.");
        var inputs = TextInputs.Of(source is null ? TextFiles.Resolve(options.Source, paths) : new DataFetcher(paths) { Report = report }.Fetch(source, cancellation));
        var tokenizer = options.Tokenizer switch
        {
            Gpt2Tokenizer.Name => Gpt2Tokenizer.Load(paths, report, cancellation),
            "characters" => Characters(inputs, folder, paths, report, cancellation),
            SentencePieceTokenizer.Kind => Trained(inputs, options.Vocabulary!.Value, folder, report, cancellation),
            _ when options.Tokenizer.StartsWith(SentencePieceTokenizer.Kind + ":", StringComparison.Ordinal) => new SentencePieceTokenizer(TextFiles.Resolve(options.Tokenizer[(SentencePieceTokenizer.Kind.Length + 1)..], paths)),
            _ => throw new ConfigException($"There is no tokenizer '{options.Tokenizer}': use gpt2, characters, sentencepiece (with --vocabulary N) or sentencepiece:MODEL."),
        };
        return new ShardTokenization(inputs, tokenizer, settings, folder) { Report = progress };
    }

    static ITokenizer Characters(TextInputs inputs, string folder, WorkbookPaths paths, Action<string>? report, CancellationToken cancellation)
    {
        // An interrupted tokenization has seen all texts once already.
        if (TokenizingJournal.Read(folder) is { } journal && journal.Inputs.SequenceEqual(inputs.Files)) return Tokenizers.FromJson(journal.Tokenizer, paths, folder);
        report?.Invoke("Collecting the characters of the texts.");
        var symbols = new SortedSet<System.Text.Rune>();
        if (inputs.Files.Count > 1) symbols.Add(new System.Text.Rune('\n')); // what parts two texts
        foreach (var text in Blocks(inputs, text => text.Length, cancellation))
            foreach (var rune in text.EnumerateRunes()) symbols.Add(rune);
        return CharacterTokenizer.Of(string.Concat(symbols));
    }

    static SentencePieceTokenizer Trained(TextInputs inputs, int vocabulary, string folder, Action<string>? report, CancellationToken cancellation)
    {
        var model = Path.Combine(folder, SentencePieceTokenizer.ModelFile);
        if (!File.Exists(model))
        {
            Directory.CreateDirectory(folder);
            report?.Invoke(FormattableString.Invariant($"Training a SentencePiece model of {vocabulary:N0} tokens."));
            SentencePieceTokenizer.Train(to => Sample(inputs, to, cancellation), vocabulary, model, cancellation: cancellation);
        }
        var tokenizer = new SentencePieceTokenizer(model);
        return tokenizer.VocabularySize == vocabulary ? tokenizer
            : throw new DataException(FormattableString.Invariant($"The model '{model}' from before has {tokenizer.VocabularySize:N0} tokens, not {vocabulary:N0}: choose another folder with --out, or remove the model."));
    }

    // Blocks spread evenly over the texts, as many as the trainer takes.
    static void Sample(TextInputs inputs, Stream to, CancellationToken cancellation)
    {
        var every = Math.Max(1, (inputs.Bytes + TrainingBytes - 1) / TrainingBytes);
        foreach (var (index, text) in Blocks(inputs, text => text.LastIndexOf('\n') + 1, cancellation).Index())
            if (index % every == 0) to.Write(TextNormalisation.Utf8.GetBytes(text));
    }

    static IEnumerable<string> Blocks(TextInputs inputs, Func<string, int> lastCut, CancellationToken cancellation)
    {
        foreach (var (index, file) in inputs.Files.Index())
        {
            using var stream = file.Open();
            for (var offset = 0L; offset < file.Bytes;)
            {
                cancellation.ThrowIfCancellationRequested();
                var block = inputs.Read(index, stream, offset, file.Bytes, BlockBytes, lastCut);
                offset += block.Bytes;
                yield return block.Text;
            }
        }
    }
}
