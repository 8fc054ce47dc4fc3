using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AdEMAMix.Workbook;

/// <summary>Labelled images of one size: some to train on, some to test with.</summary>
public sealed class ImageDataset
{
    // More is refused as a likely mistake: labels that are identities, or one folder per image.
    const int MostClasses = 65_536;

    /// <summary>A dataset over images in memory.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="shape">Size of every image.</param>
    /// <param name="classes">Names of the classes in the order of their labels, at least two.</param>
    /// <param name="training">Images to train on.</param>
    /// <param name="test">Images to test with; may be empty.</param>
    /// <exception cref="DataException">A set does not fit the shape, a label is none of the classes, or all images are of one class.</exception>
    public ImageDataset(string name, ImageShape shape, IReadOnlyList<string> classes, ImageSet training, ImageSet test)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(classes);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(test);
        (Name, Shape, Classes, Training, Test) = (name, shape, classes, training, test);
        if (classes.Count is < 2 or > MostClasses)
            throw new DataException(FormattableString.Invariant($"'{name}' has {Count(classes.Count, "class", "classes")}{(classes.Count == 1 ? $", '{classes[0]}'" : "")}: to classify it must have from 2 to {MostClasses:N0}, one folder or label each."));
        Check(training, "training");
        Check(test, "test");
        if (training.Count == 0) throw new DataException($"'{name}' has no image to train on: add some.");
        if (training.Labels.AsSpan().IndexOfAnyExcept(training.Labels[0]) < 0)
            throw new DataException($"All {training.Count} training images of '{name}' are of class '{classes[training.Labels[0]]}': add images of another.");
        ContentHash = Hash();
        (Mean, Deviation) = ImageStatistics.Of(training, shape);
    }

    /// <summary>The source's name, or the reader's path.</summary>
    public string Name { get; }

    /// <summary>Size of every image.</summary>
    public ImageShape Shape { get; }

    /// <summary>Names of the classes in the order of their labels.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Images to train on.</summary>
    public ImageSet Training { get; }

    /// <summary>Images to test with; none where the reader's folder does not set some apart.</summary>
    public ImageSet Test { get; }

    /// <summary>SHA-256 over shape, classes, labels and pixels: equal for equal datasets wherever they came from.</summary>
    public string ContentHash { get; }

    /// <summary>Mean of each channel over the training images, in [0, 1].</summary>
    public IReadOnlyList<double> Mean { get; }

    /// <summary>Standard deviation of each channel over the training images, in the same unit.</summary>
    public IReadOnlyList<double> Deviation { get; }

    /// <summary>Loads the images that a configuration names: a source of data/sources.json, fetched if missing, or the reader's own folder.</summary>
    /// <param name="config">A configuration with <see cref="RunConfig.Vision"/>; a relative path counts from the workbook's root.</param>
    /// <param name="paths">The workbook.</param>
    /// <param name="report">Receives one line per stage of a download, and what was skipped.</param>
    /// <param name="cancellation">Stops a download.</param>
    /// <exception cref="ConfigException">The source does not exist or holds a text.</exception>
    /// <exception cref="DataException">The images cannot be had or used.</exception>
    public static ImageDataset Load(RunConfig config, WorkbookPaths paths, Action<string>? report = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(paths);
        var vision = config.Vision ?? throw new ConfigException($"The configuration '{config.Name}' has no vision section: add one to train on images.");
        if (config.Data.Source == DataSources.Images)
        {
            var folder = Path.GetFullPath(config.Data.Path ?? "", paths.Root);
            return IdxImages.IsFolder(folder) ? IdxImages.Load(config.Data.Path!, folder) : new ImageFolder(config.Data.Path!, folder) { Report = report }.Load(vision.Size, vision.SkipBroken, cancellation);
        }
        var source = DataSources.Load(paths).Find(config.Data.Source);
        if (!source.HoldsImages)
            throw new ConfigException($"data.source '{source.Name}' holds a text, not images: set data.source to 'fashion-mnist', or remove the vision section.");
        var files = new DataFetcher(paths) { Report = report }.Fetch(source, cancellation);
        return IdxImages.Load(source.Name, files, source.Name == FashionMnist ? fashionClasses : null);
    }

    /// <summary>The source of data/sources.json that comes with class names.</summary>
    public const string FashionMnist = "fashion-mnist";

    static readonly string[] fashionClasses = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    static string Count(int number, string one, string many) => FormattableString.Invariant($"{number:N0} {(number == 1 ? one : many)}");

    void Check(ImageSet set, string part)
    {
        if (set.Pixels.LongLength != (long)set.Count * Shape.Length)
            throw new DataException(FormattableString.Invariant($"The {part} images of '{Name}' are {set.Pixels.LongLength:N0} bytes where {set.Count:N0} labels of {Shape.Channels} x {Shape.Height} x {Shape.Width} need {(long)set.Count * Shape.Length:N0}: images and labels must belong together."));
        var wrong = set.Labels.AsSpan().IndexOfAnyExceptInRange(0, Classes.Count - 1);
        if (wrong >= 0)
            throw new DataException($"The {part} labels of '{Name}' hold {set.Labels[wrong]} at position {wrong}, but the {Classes.Count} classes are 0 to {Classes.Count - 1}: repair the labels.");
    }

    string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(TextNormalisation.Utf8.GetBytes(FormattableString.Invariant($"{Shape.Channels} {Shape.Height} {Shape.Width}\n{string.Join('\n', Classes)}\n")));
        foreach (var set in new[] { Training, Test })
        {
            hash.AppendData(MemoryMarshal.AsBytes(set.Labels.AsSpan()));
            hash.AppendData(set.Pixels);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
