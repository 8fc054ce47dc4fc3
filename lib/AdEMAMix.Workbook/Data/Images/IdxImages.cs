namespace AdEMAMix.Workbook;

/// <summary>A dataset in four IDX files under the names that MNIST gave them, each plain or with .gz.</summary>
static class IdxImages
{
    /// <summary>Whether a folder holds such a dataset.</summary>
    public static bool IsFolder(string folder) => Locate(folder, "train-images-idx3-ubyte") is not null;

    /// <summary>Reads the four files.</summary>
    /// <param name="name">What messages call the dataset.</param>
    /// <param name="folder">Where the files are.</param>
    /// <param name="classes">Names of the classes; null to number them as far as the training labels go.</param>
    public static ImageDataset Load(string name, string folder, IReadOnlyList<string>? classes = null)
    {
        var (trainingSizes, trainingPixels) = IdxFile.Read(Find(folder, "train-images-idx3-ubyte"), 3);
        var (testSizes, testPixels) = IdxFile.Read(Find(folder, "t10k-images-idx3-ubyte"), 3);
        if (trainingSizes[1] != testSizes[1] || trainingSizes[2] != testSizes[2])
            throw new DataException(FormattableString.Invariant($"The training images of '{name}' are {trainingSizes[2]} x {trainingSizes[1]} and its test images {testSizes[2]} x {testSizes[1]}: give files that belong together."));
        var labels = IdxFile.Read(Find(folder, "train-labels-idx1-ubyte"), 1).Values;
        classes ??= [.. Enumerable.Range(0, labels.Max() + 1).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];
        return new ImageDataset(name, new ImageShape(1, trainingSizes[1], trainingSizes[2]), classes,
            new ImageSet(trainingPixels, Labels("train-labels-idx1-ubyte", labels, trainingSizes[0])),
            new ImageSet(testPixels, Labels("t10k-labels-idx1-ubyte", IdxFile.Read(Find(folder, "t10k-labels-idx1-ubyte"), 1).Values, testSizes[0])));

        int[] Labels(string file, byte[] values, int images)
        {
            var path = Find(folder, file);
            if (values.Length != images)
                throw new DataException(FormattableString.Invariant($"'{path}' has {values.Length:N0} labels for {images:N0} images: give files that belong together."));
            var wrong = values.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(classes.Count - 1));
            if (wrong >= 0)
                throw new DataException($"'{path}' holds the label {values[wrong]} at position {wrong}, but the {classes.Count} classes are 0 to {classes.Count - 1}: repair or replace the file.");
            return [.. values.Select(value => (int)value)];
        }
    }

    static string Find(string folder, string name) => Locate(folder, name)
        ?? throw new DataException($"'{folder}' lacks '{name}' (or '{name}.gz'): a dataset in IDX files has images and labels to train and to test.");

    static string? Locate(string folder, string name) => new[] { name, name + ".gz" }.Select(file => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
}
