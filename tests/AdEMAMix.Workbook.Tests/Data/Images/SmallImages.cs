using System.Buffers.Binary;
using System.IO.Compression;

namespace AdEMAMix.Workbook.Tests;

/// <summary>Real images in small: tests/fixtures/images, and sets of bytes whose every pixel tells which image it belongs to.</summary>
static class SmallImages
{
    public static string Fixture(string name) => Path.Combine(WorkbookPaths.Find(AppContext.BaseDirectory).Root, "tests", "fixtures", "images", name);

    /// <summary>A set of grey images, image i with the class i % classes and the pixels i, i + 1, ... modulo 256.</summary>
    public static ImageSet Set(int count, int classes, ImageShape shape) =>
        new([.. Enumerable.Range(0, count).SelectMany(i => Enumerable.Range(0, shape.Length).Select(p => (byte)(i + p)))], [.. Enumerable.Range(0, count).Select(i => i % classes)]);

    public static ImageDataset Dataset(int training = 60, int test = 20, int classes = 3, ImageShape? shape = null) =>
        new("small", shape ?? new ImageShape(1, 4, 4), [.. Enumerable.Range(0, classes).Select(i => $"class {i}")], Set(training, classes, shape ?? new ImageShape(1, 4, 4)), Set(test, classes, shape ?? new ImageShape(1, 4, 4)));

    /// <summary>A folder of real images, one folder per class.</summary>
    public static void Place(string folder, params (string Class, string Fixture)[] images)
    {
        for (var i = 0; i < images.Length; i++)
        {
            var target = Path.Combine(folder, images[i].Class);
            Directory.CreateDirectory(target);
            File.Copy(Fixture(images[i].Fixture), Path.Combine(target, $"{i:00}-{images[i].Fixture}"));
        }
    }

    /// <summary>An IDX file.</summary>
    public static byte[] Idx(byte[] values, params int[] sizes)
    {
        var bytes = new byte[4 + 4 * sizes.Length + values.Length];
        (bytes[2], bytes[3]) = (0x08, (byte)sizes.Length);
        for (var i = 0; i < sizes.Length; i++) BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + 4 * i), sizes[i]);
        values.CopyTo(bytes, 4 + 4 * sizes.Length);
        return bytes;
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionMode.Compress)) gzip.Write(bytes);
        return result.ToArray();
    }
}
