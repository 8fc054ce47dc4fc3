using System.Collections.Concurrent;

namespace AdEMAMix.Workbook;

/// <summary>
/// A folder of PNG and JPEG files as a dataset: one folder per class, named by it, or folders train and test (or val) with such folders.
/// Without a folder to test with, some of the training images are held out instead.
/// </summary>
/// <param name="name">What messages call the dataset.</param>
/// <param name="folder">The folder; sub-folders of a class are read too, hidden files are not.</param>
sealed class ImageFolder(string name, string folder)
{
    const int MostListed = 5;

    static readonly EnumerationOptions deep = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden };
    static readonly EnumerationOptions flat = new() { AttributesToSkip = FileAttributes.Hidden };

    /// <summary>Receives a line about every file that is skipped.</summary>
    public Action<string>? Report { get; init; }

    /// <summary>Reads every image.</summary>
    /// <param name="size">Side of a square that images are scaled and cut to; null where all must have one size.</param>
    /// <param name="skipBroken">Whether broken files are left out.</param>
    /// <param name="cancellation">Stops reading.</param>
    /// <exception cref="DataException">There are no images, or of one class only, or of mixed sizes, or broken ones.</exception>
    public ImageDataset Load(int? size, bool skipBroken, CancellationToken cancellation)
    {
        try
        {
            return Read(size, skipBroken, cancellation);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The images of '{name}' cannot be read ({problem.Message.TrimEnd('.')}): name a folder that is there and readable.", problem);
        }
        catch (AggregateException problem) when (problem.GetBaseException() is DataException or OperationCanceledException)
        {
            throw problem.GetBaseException() is DataException cause ? cause : new OperationCanceledException(cancellation);
        }
    }

    /// <summary>What a folder holds by its names and its first image, for an estimate; null where that cannot be told.</summary>
    public static DataImages? Survey(string folder, int? size)
    {
        try
        {
            if (IdxImages.IsFolder(folder)) return new DataImages(60_000, 10_000, 1, 28, 28, 10); // MNIST's, as its kin have it
            var files = Directory.EnumerateFiles(folder, "*", deep).Where(ImageDecoder.IsImage).Order(StringComparer.Ordinal).ToList();
            if (files.Count == 0) return null;
            var shape = ImageDecoder.ReadShape(File.ReadAllBytes(files[0]));
            var classes = files.Select(file => Path.GetFileName(Path.GetDirectoryName(file))).Distinct(StringComparer.Ordinal).Count();
            return new DataImages(files.Count, 0, shape.Channels, size ?? shape.Height, size ?? shape.Width, classes);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or InvalidDataException or DataException)
        {
            return null;
        }
    }

    ImageDataset Read(int? size, bool skipBroken, CancellationToken cancellation)
    {
        if (!Directory.Exists(folder)) throw new DataException($"There is no folder '{folder}': name a folder of images in data.path, one folder per class.");
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var path in Directory.GetDirectories(folder, "*", flat)) parts[Path.GetFileName(path)] = path;
        var train = parts.GetValueOrDefault("train");
        var test = new[] { "test", "val", "validation" }.Select(part => parts.GetValueOrDefault(part)).FirstOrDefault(path => path is not null);
        if (train is null) test = null;
        var classes = ClassesOf(train ?? folder);
        var unknown = test is null ? [] : ClassesOf(test).Except(classes, StringComparer.Ordinal).ToList();
        if (unknown.Count > 0) throw new DataException($"'{test}' has classes that '{train}' lacks ({Listed(unknown)}): give both the same folders.");

        var training = FilesOf(train ?? folder, classes);
        var testing = test is null ? [] : FilesOf(test, classes);
        if (training.Count == 0) throw new DataException($"'{train ?? folder}' holds no image: put .png, .jpg or .jpeg files into one folder per class.");
        var empty = classes.Where((_, label) => training.TrueForAll(file => file.Label != label)).ToList();
        if (empty.Count > 0) throw new DataException($"'{train ?? folder}' has folders without an image ({Listed(empty)}): fill or remove them.");
        if (classes.Count == 1) throw new DataException($"All {training.Count} images of '{name}' are of one class, '{classes[0]}': to classify there must be two folders or more.");

        var shapes = Shapes([.. training, .. testing], skipBroken, cancellation);
        training.RemoveAll(file => !shapes.ContainsKey(file.Path));
        testing.RemoveAll(file => !shapes.ContainsKey(file.Path));
        if (training.Count == 0) throw new DataException($"No file of '{name}' could be decoded: give PNG or JPEG files.");
        var shape = ShapeOf(shapes, size);
        return new ImageDataset(name, shape, classes, Decode(training, shape, skipBroken, cancellation), Decode(testing, shape, skipBroken, cancellation));
    }

    List<string> ClassesOf(string part)
    {
        var classes = Directory.GetDirectories(part, "*", flat).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).ToList();
        if (classes.Count > 0) return classes;
        var loose = Directory.EnumerateFiles(part, "*", flat).Count(ImageDecoder.IsImage);
        throw new DataException(loose > 0
            ? $"The {loose} images in '{part}' have no class: put them into one folder per class, named by it."
            : $"'{part}' holds no image: put .png, .jpg or .jpeg files into one folder per class.");
    }

    static List<(string Path, int Label)> FilesOf(string part, List<string> classes) =>
        [.. classes.SelectMany((label, index) => Directory.Exists(Path.Combine(part, label))
            ? Directory.EnumerateFiles(Path.Combine(part, label), "*", deep).Where(ImageDecoder.IsImage).Order(StringComparer.Ordinal).Select(path => (path, index))
            : [])];

    // Heads first: a folder that cannot be used is refused before anything large is read.
    ConcurrentDictionary<string, ImageShape> Shapes(List<(string Path, int Label)> files, bool skipBroken, CancellationToken cancellation)
    {
        var shapes = new ConcurrentDictionary<string, ImageShape>(StringComparer.Ordinal);
        var broken = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        Parallel.ForEach(files, new ParallelOptions { CancellationToken = cancellation }, file =>
        {
            try
            {
                shapes[file.Path] = ImageDecoder.ReadShape(File.ReadAllBytes(file.Path));
            }
            catch (InvalidDataException problem)
            {
                broken[file.Path] = problem.Message;
            }
        });
        Refuse(broken, skipBroken);
        return shapes;
    }

    ImageShape ShapeOf(IReadOnlyDictionary<string, ImageShape> shapes, int? size)
    {
        var channels = shapes.Values.Any(shape => shape.Channels == 3) ? 3 : 1;
        if (size is { } side) return new ImageShape(channels, side, side);
        var sizes = shapes.GroupBy(s => (s.Value.Width, s.Value.Height)).OrderByDescending(g => g.Count()).ToList();
        var (width, height) = sizes[0].Key;
        if (sizes.Count == 1) return new ImageShape(channels, height, width);
        var listed = sizes.Take(MostListed).Select(g => FormattableString.Invariant($"{g.Count()} of {g.Key.Width} x {g.Key.Height}, such as '{Path.GetRelativePath(folder, g.Select(s => s.Key).Min(StringComparer.Ordinal)!)}'"));
        throw new DataException($"The images of '{name}' have {sizes.Count} sizes ({string.Join("; ", listed)}{(sizes.Count > MostListed ? "; ..." : "")}): set vision.size to scale and cut all to squares, or give images of one size.");
    }

    ImageSet Decode(List<(string Path, int Label)> files, ImageShape shape, bool skipBroken, CancellationToken cancellation)
    {
        var bytes = (long)files.Count * shape.Length;
        if (bytes > Array.MaxLength)
            throw new DataException($"The {files.Count} images of '{name}' take {RunEstimate.Text(bytes)}, but images are held in memory, {RunEstimate.Text(Array.MaxLength)} at most: set vision.size to a smaller one, or use fewer.");
        var pixels = new byte[bytes];
        var broken = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        Parallel.For(0, files.Count, new ParallelOptions { CancellationToken = cancellation }, i =>
        {
            try
            {
                var image = ImageDecoder.Decode(File.ReadAllBytes(files[i].Path));
                Planes(shape.Height == image.Height && shape.Width == image.Width ? image : ImageResize.ToSquare(image, shape.Height), shape, pixels.AsSpan(i * shape.Length, shape.Length));
            }
            catch (InvalidDataException problem)
            {
                broken[files[i].Path] = problem.Message;
            }
        });
        Refuse(broken, skipBroken);
        if (broken.IsEmpty) return new ImageSet(pixels, [.. files.Select(file => file.Label)]);
        var whole = Enumerable.Range(0, files.Count).Where(i => !broken.ContainsKey(files[i].Path)).ToList();
        return new ImageSet([.. whole.SelectMany(i => pixels.AsSpan(i * shape.Length, shape.Length).ToArray())], [.. whole.Select(i => files[i].Label)]);
    }

    // [row, column, channel] -> [channel, row, column]; grey stands for all three.
    static void Planes(DecodedImage image, ImageShape shape, Span<byte> target)
    {
        var plane = shape.Height * shape.Width;
        for (var channel = 0; channel < shape.Channels; channel++)
            for (var i = 0; i < plane; i++) target[channel * plane + i] = image.Pixels[i * image.Channels + (image.Channels == 1 ? 0 : channel)];
    }

    void Refuse(ConcurrentDictionary<string, string> broken, bool skip)
    {
        if (broken.IsEmpty) return;
        var listed = broken.OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => $"'{Path.GetRelativePath(folder, b.Key)}' {b.Value}").ToList();
        if (!skip)
            throw new DataException($"'{name}' holds {broken.Count} broken {(broken.Count == 1 ? "file" : "files")} ({Listed(listed, "; ")}): repair or remove {(broken.Count == 1 ? "it" : "them")}, or set vision.skipBroken to leave such files out.");
        foreach (var line in listed) Report?.Invoke($"Skipped: {line}.");
    }

    static string Listed(IReadOnlyList<string> all, string separator = ", ") => string.Join(separator, all.Take(MostListed)) + (all.Count > MostListed ? FormattableString.Invariant($"{separator}and {all.Count - MostListed:N0} more") : "");
}
