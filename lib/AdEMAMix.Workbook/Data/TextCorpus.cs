namespace AdEMAMix.Workbook;

/// <summary>The text that a run reads, in memory and normalised: no byte order mark, lines ended by U+000A.</summary>
/// <param name="Name">The source's name, or the reader's path.</param>
/// <param name="Text">The text.</param>
/// <param name="Sha256">SHA-256 of its UTF-8 bytes, lower-case hexadecimal: the same text has the same hash wherever it came from.</param>
public sealed record TextCorpus(string Name, string Text, string Sha256)
{
    /// <summary>Loads the text that a configuration names: a source of data/sources.json, fetched if missing, or the reader's own file or folder.</summary>
    /// <param name="config">A relative <see cref="DataConfig.Path"/> counts from the workbook's root, so that a notebook and its workers mean the same file.</param>
    /// <param name="paths">The workbook.</param>
    /// <param name="report">Receives one line per stage of a download.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="ConfigException">The source does not exist, or source and path do not go together.</exception>
    /// <exception cref="DataException">The text cannot be had or is not text.</exception>
    public static TextCorpus Load(DataConfig config, WorkbookPaths paths, Action<string>? report = null, CancellationToken cancellation = default)
    {
        if (config.Source != DataSources.File)
        {
            if (config.Path is not null) throw new ConfigException($"The path '{config.Path}' goes with source '{DataSources.File}', not with '{config.Source}': change one of the two.");
            var source = DataSources.Load(paths).Find(config.Source);
            if (source.HoldsImages) throw new ConfigException($"data.source '{config.Source}' holds images, not a text: add a vision section to the configuration, or choose a text.");
            var file = new DataFetcher(paths) { Report = report }.Fetch(source, cancellation);
            return OfText(config.Source, TextNormalisation.Decode(TextFiles.Read(file), file));
        }
        if (string.IsNullOrWhiteSpace(config.Path)) throw new ConfigException($"Source '{DataSources.File}' needs a path: name a text file or a folder of .txt files.");
        return OfText(config.Path, TextFiles.ReadAll(TextFiles.Resolve(config.Path, paths)));
    }

    /// <summary>A text that is in memory already.</summary>
    /// <exception cref="DataException">It is empty, or not valid Unicode.</exception>
    public static TextCorpus OfText(string name, string text)
    {
        if (string.IsNullOrWhiteSpace(text)) throw new DataException($"'{name}' holds no text: choose a longer one.");
        try
        {
            return new TextCorpus(name, text, global::AdEMAMix.Workbook.Sha256.Of(TextNormalisation.Utf8.GetBytes(text)));
        }
        catch (System.Text.EncoderFallbackException problem)
        {
            throw new DataException($"'{name}' holds half a surrogate pair at index {problem.Index}: repair the text.", problem);
        }
    }
}
