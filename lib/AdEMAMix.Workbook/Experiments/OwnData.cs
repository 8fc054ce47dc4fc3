using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>What a path of the reader's own holds: found out, read once, and described.</summary>
/// <param name="Kind">Text, shards or images.</param>
/// <param name="Config">How a run reads it.</param>
/// <param name="Vision">How a run reads images; null for text and shards.</param>
/// <param name="Samples">Tokens, or images, to train on.</param>
/// <param name="Held">Tokens, or images, to validate on.</param>
/// <param name="Vocabulary">Distinct tokens, or classes.</param>
/// <param name="Facts">What was found, in rows.</param>
/// <param name="Skipped">Files that were left out, a sentence each.</param>
sealed record OwnData(OwnKind Kind, DataConfig Config, VisionConfig? Vision, long Samples, long Held, int Vocabulary, IReadOnlyList<(string What, string Value)> Facts, IReadOnlyList<string> Skipped)
{
    const int MostListed = 5;
    const double ValidationFraction = 0.1;

    /// <summary>What one token or image is called.</summary>
    public string Unit => Kind switch { OwnKind.Text => "character", OwnKind.Shards => "token", _ => "image" };

    /// <summary>Finds out what a path holds.</summary>
    /// <param name="path">A file or folder; a relative one counts from the workbook's root.</param>
    /// <param name="options">The reader's wishes.</param>
    /// <param name="paths">The workbook.</param>
    /// <exception cref="DataException">There is nothing, several kinds of files, or files that cannot be used.</exception>
    public static OwnData Find(string path, OwnRunOptions options, WorkbookPaths paths)
    {
        if (string.IsNullOrWhiteSpace(path)) throw new DataException("The path is empty: name a text file, or a folder of texts, token files or images.");
        var full = TextFiles.Resolve(path, paths);
        var kind = options.Kind ?? KindOf(path, full);
        // Workers read the path again: what "~" means they are told.
        var config = new DataConfig { Path = path.StartsWith('~') ? full : path, ValidationFraction = ValidationFraction };
        return kind switch
        {
            OwnKind.Text => OfText(config with { Source = DataConfig.FileSource }, full, options, paths),
            OwnKind.Shards => OfShards(config with { Source = DataConfig.ShardsSource, Vocabulary = options.Vocabulary }, full, options, paths),
            _ => OfImages(config with { Source = DataSources.Images }, full, options, paths),
        };
    }

    static OwnKind KindOf(string path, string full)
    {
        if (File.Exists(full))
            return Path.GetExtension(full).Equals(".bin", StringComparison.OrdinalIgnoreCase) ? OwnKind.Shards
                : ImageDecoder.IsImage(full) ? throw new DataException($"'{path}' is one image: name a folder of images, one folder per class.") : OwnKind.Text;
        if (!Directory.Exists(full)) throw new DataException($"There is no file or folder '{path}': correct the path (a relative one counts from the workbook's root).");
        try
        {
            if (IdxImages.IsFolder(full)) return OwnKind.Images;
            if (File.Exists(Path.Combine(full, ShardManifest.FileName))) return OwnKind.Shards;
            var files = Directory.EnumerateFiles(full, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden, IgnoreInaccessible = false }).ToList();
            (OwnKind Kind, string Name, int Count)[] kinds =
            [
                (OwnKind.Text, ".txt files", files.Count(f => Has(f, ".txt"))),
                (OwnKind.Shards, ".bin files", files.Count(f => Has(f, ".bin"))),
                (OwnKind.Images, "images", files.Count(ImageDecoder.IsImage)),
            ];
            var found = kinds.Where(k => k.Count > 0).ToList();
            return found.Count switch
            {
                1 => found[0].Kind,
                0 => throw new DataException(files.Count == 0
                    ? $"The folder '{path}' is empty: put .txt files, .bin files of tokens, or .png and .jpg files (one folder per class) there."
                    : $"The folder '{path}' holds {Plural(files.Count, "file")}, but no .txt, .bin, .png or .jpg: name another one, or give the files these names."),
                _ => throw new DataException($"The folder '{path}' holds {string.Join(" and ", found.Select(k => string.Create(CultureInfo.InvariantCulture, $"{k.Count:N0} {k.Name}")))}: name a folder of one kind, or set Kind to {string.Join(" or ", found.Select(k => k.Kind))}."),
            };
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The folder '{path}' cannot be read ({problem.Message.TrimEnd('.')}): make it readable.", problem);
        }

        static bool Has(string file, string extension) => Path.GetExtension(file).Equals(extension, StringComparison.OrdinalIgnoreCase);
    }

    static OwnData OfText(DataConfig config, string full, OwnRunOptions options, WorkbookPaths paths)
    {
        var files = Directory.Exists(full) ? TextFiles.FilesOf(full) : [full];
        var (texts, broken) = (new List<string>(), new List<string>());
        foreach (var file in files)
        {
            try
            {
                texts.Add(TextNormalisation.Decode(TextFiles.Read(file), file));
            }
            catch (DataException problem) when (files.Count > 1)
            {
                // The sentence without its remedy; names within the folder are enough.
                broken.Add(problem.Message.Replace(file, Path.GetRelativePath(full, file), StringComparison.Ordinal).Split(": ")[0]);
            }
        }
        if (broken.Count > 0 && (!options.SkipBroken || texts.Count == 0))
            throw new DataException($"{Plural(broken.Count, "file")} of {files.Count} in '{config.Path}' cannot be read as text ({Listed(broken)}): repair or remove {(broken.Count == 1 ? "it" : "them")}{(texts.Count == 0 ? "" : ", or set SkipBroken to leave such files out")}.");
        var text = TextNormalisation.Join(texts);
        var corpus = TextCorpus.OfText(config.Path!, text);
        // Workers read what is named: a folder with broken files stands there once more without them, under the hash of what is left.
        if (broken.Count > 0) config = config with { Path = Save(text, corpus.Sha256, paths) };
        var data = new TokenDataset(corpus, config.ValidationFraction);
        data.RequireContext(ContextOf(options));
        return new(OwnKind.Text, config with { Sha256 = data.ContentHash }, null, data.Training.Length, data.Validation.Length, data.Tokenizer.VocabularySize,
            [
                ("it is", "text, read character by character"),
                ("files", string.Create(CultureInfo.InvariantCulture, $"{texts.Count:N0}{(broken.Count > 0 ? $" of {files.Count}" : "")}")),
                ("characters", Number(text.Length)),
                ("different characters", Number(data.Tokenizer.VocabularySize)),
                ("to train on", Number(data.Training.Length)),
                ("to validate on", Number(data.Validation.Length)),
            ], [.. broken.Select(b => $"Skipped: {b}.")]);
    }

    static OwnData OfShards(DataConfig config, string full, OwnRunOptions options, WorkbookPaths paths)
    {
        var set = ShardSet.Open(full);
        var data = TokenDataset.Load(config, paths);
        data.RequireContext(ContextOf(options));
        config = config with { Vocabulary = data.Tokenizer.VocabularySize, Sha256 = data.ContentHash };
        return new(OwnKind.Shards, config, null, data.Training.Length, data.Validation.Length, data.Tokenizer.VocabularySize,
            [
                ("it is", $"tokens of 16 bits, {string.Join(" and ", set.All.Select(s => s.Layout.Format == TokenFormat.LlmC ? "llm.c's format" : "nanoGPT's format").Distinct())}"),
                ("files", string.Create(CultureInfo.InvariantCulture, $"{set.Training.Count} to train on, {set.Validation.Count} to validate on")),
                ("vocabulary", Number(data.Tokenizer.VocabularySize)),
                ("to train on", $"{Number(data.Training.Length)} tokens"),
                ("to validate on", $"{Number(data.Validation.Length)} tokens{(set.Validation.Count == 0 ? ", the end of the files" : "")}"),
            ], []);
    }

    static OwnData OfImages(DataConfig config, string full, OwnRunOptions options, WorkbookPaths paths)
    {
        if (!Directory.Exists(full)) throw new DataException($"'{config.Path}' is no folder: name a folder of images, one folder per class.");
        var skipped = new List<string>();
        var vision = new VisionConfig { Patch = 1, Size = options.Size, SkipBroken = options.SkipBroken };
        var data = Load(new RunConfig { Data = config, Vision = vision });
        vision = vision with { Patch = options.Patch ?? PatchFor(data.Shape), CropPadding = Math.Min(data.Shape.Height, data.Shape.Width) >= 16 ? 2 : 0 };
        var sampler = new ImageSampler(data, vision, config.ValidationFraction, 1, 0);
        var largest = data.Training.Labels.CountBy(label => label).OrderByDescending(c => c.Value).ToList();
        return new(OwnKind.Images, config with { Sha256 = data.ContentHash }, vision, sampler.ImagesPerEpoch, sampler.EvaluationCapacity, data.Classes.Count,
            [
                ("it is", "images by class"),
                ("images", string.Create(CultureInfo.InvariantCulture, $"{data.Training.Count + data.Test.Count:N0} of {data.Shape}")),
                ("classes", string.Create(CultureInfo.InvariantCulture, $"{data.Classes.Count:N0}: {Listed(data.Classes)}")),
                ("images of a class", string.Create(CultureInfo.InvariantCulture, $"{largest[^1].Value:N0} ('{data.Classes[largest[^1].Key]}') to {largest[0].Value:N0} ('{data.Classes[largest[0].Key]}')")),
                ("to train on", Number(sampler.ImagesPerEpoch)),
                ("to validate on", $"{Number(sampler.EvaluationCapacity)}{(data.Test.Count == 0 ? ", held out of the training images" : "")}"),
                ("patches", string.Create(CultureInfo.InvariantCulture, $"{vision.Patch} x {vision.Patch} pixels, {Vit.TokensOf(data.Shape, vision.Patch) - 1} an image")),
                ("varied in training by", vision.CropPadding > 0 ? string.Create(CultureInfo.InvariantCulture, $"shifts of up to {vision.CropPadding} pixels") : "nothing"),
            ], skipped);

        // The remedies of the loader are fields of a configuration; here they are options.
        ImageDataset Load(RunConfig images)
        {
            try
            {
                return ImageDataset.Load(images, paths, skipped.Add);
            }
            catch (DataException problem) when (problem.Message.Contains("vision.", StringComparison.Ordinal))
            {
                throw new DataException(problem.Message.Replace("vision.size", nameof(options.Size), StringComparison.Ordinal).Replace("vision.skipBroken", nameof(options.SkipBroken), StringComparison.Ordinal), problem);
            }
        }
    }

    // As many patches as attention can afford on a processor, of those that divide the image.
    static int PatchFor(ImageShape shape)
    {
        const int MostPatches = 64;
        var sides = Enumerable.Range(1, Math.Min(shape.Height, shape.Width)).Where(side => shape.Height % side == 0 && shape.Width % side == 0).ToList();
        return sides.Where(side => shape.Height / side * (shape.Width / side) <= MostPatches).DefaultIfEmpty(sides[^1]).Min();
    }

    static int ContextOf(OwnRunOptions options) => (options.Model ?? new ModelConfig()).Context;

    static string Save(string text, string hash, WorkbookPaths paths)
    {
        var file = Path.Combine("data", "cache", "own", $"{hash[..12]}.txt");
        var full = Path.Combine(paths.Root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text, TextNormalisation.Utf8);
        return file;
    }

    static string Listed(IReadOnlyList<string> all) => string.Join(", ", all.Take(MostListed)) + (all.Count > MostListed ? string.Create(CultureInfo.InvariantCulture, $" and {all.Count - MostListed:N0} more") : "");

    static string Plural(int count, string one) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {one}{(count == 1 ? "" : "s")}");

    static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
