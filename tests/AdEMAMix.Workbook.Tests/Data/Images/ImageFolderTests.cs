using System.Text.Json;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class ImageFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    ImageDataset Load(int? size = null, bool skipBroken = false, Action<string>? report = null) => ImageDataset.Load(
        new RunConfig { Data = new DataConfig { Source = DataSources.Images, Path = folder.Path }, Vision = new VisionConfig { Size = size, SkipBroken = skipBroken } }.Validate(), new WorkbookPaths(folder.Path), report, TestContext.Current.CancellationToken);

    string Refusal(int? size = null, bool skipBroken = false) => Assert.Throws<DataException>(() => Load(size, skipBroken)).Message;

    [Theory]
    [InlineData("grey.png", 1)]
    [InlineData("colour.png", 3)]
    [InlineData("palette.png", 3)]
    [InlineData("alpha.png", 3)]
    [InlineData("sixteen-bit.png", 1)]
    [InlineData("grey.jpg", 1)]
    [InlineData("colour.jpg", 3)]
    [InlineData("progressive.jpg", 3)]
    public void A_decoded_image_has_the_pixels_that_Pillow_reads(string name, int channels)
    {
        var image = ImageDecoder.Decode(File.ReadAllBytes(SmallImages.Fixture(name)));
        Assert.Equal((channels, 28, 28), (image.Channels, image.Height, image.Width));
        var expected = JsonDocument.Parse(File.ReadAllText(SmallImages.Fixture("pixels.json"))).RootElement.GetProperty(name).EnumerateArray().Select(v => (int)v.GetByte()).ToArray();
        // PNG is exact; versions of libjpeg may round the colours differently by one.
        var tolerance = name.EndsWith(".jpg", StringComparison.Ordinal) ? 1 : 0;
        Assert.Equal(expected.Length, image.Pixels.Length);
        Assert.All(expected.Zip(image.Pixels), pair => Assert.InRange(pair.Second - pair.First, -tolerance, tolerance));
    }

    [Fact]
    public void Folders_are_classes_in_the_order_of_their_names_and_grey_joins_colour()
    {
        SmallImages.Place(folder.Path, ("shoe", "colour.png"), ("bag", "grey.png"), ("bag", "grey.jpg"));
        var data = Load();
        Assert.Equal(["bag", "shoe"], data.Classes);
        Assert.Equal([0, 0, 1], data.Training.Labels);
        Assert.Equal(0, data.Test.Count);
        Assert.Equal(new ImageShape(3, 28, 28), data.Shape);
        var grey = ImageDecoder.Decode(File.ReadAllBytes(SmallImages.Fixture("grey.png"))).Pixels;
        var colour = ImageDecoder.Decode(File.ReadAllBytes(SmallImages.Fixture("colour.png"))).Pixels;
        for (var channel = 0; channel < 3; channel++)
        {
            Assert.Equal(grey, data.Training.Pixels[((3 * 0 + channel) * 784)..((3 * 0 + channel + 1) * 784)]);
            Assert.Equal(colour.Where((_, i) => i % 3 == channel), data.Training.Pixels[((3 * 2 + channel) * 784)..((3 * 2 + channel + 1) * 784)]);
        }
    }

    [Theory]
    [InlineData("test")]
    [InlineData("val")]
    public void Folders_train_and_test_are_kept_apart(string test)
    {
        SmallImages.Place(folder["train"], ("a", "grey.png"), ("b", "grey.jpg"));
        SmallImages.Place(folder[test], ("b", "grey.png"));
        var data = Load();
        Assert.Equal(([0, 1], [1]), (data.Training.Labels.ToList(), data.Test.Labels.ToList()), EqualLists);
    }

    [Fact]
    public void Equal_images_have_equal_hashes_wherever_they_lie_and_others_do_not()
    {
        SmallImages.Place(folder.Path, ("a", "grey.png"), ("b", "grey.jpg"));
        var hash = Load().ContentHash;
        Assert.Equal(hash, Load().ContentHash);
        File.Copy(SmallImages.Fixture("sixteen-bit.png"), Path.Combine(folder["a"], "more.png"));
        Assert.NotEqual(hash, Load().ContentHash);
    }

    [Fact]
    public void An_empty_folder_is_refused()
    {
        Assert.Contains("holds no image", Refusal(), StringComparison.Ordinal);
        Directory.CreateDirectory(folder["a"]);
        Assert.Contains("holds no image", Refusal(), StringComparison.Ordinal);
        SmallImages.Place(folder.Path, ("b", "grey.png"));
        Assert.Contains("has folders without an image (a)", Refusal(), StringComparison.Ordinal);
        Directory.Delete(folder.Path, recursive: true);
        Assert.Contains("There is no folder", Refusal(), StringComparison.Ordinal);
        Directory.CreateDirectory(folder.Path);
    }

    [Fact]
    public void One_class_only_is_refused()
    {
        SmallImages.Place(folder.Path, ("shoe", "grey.png"), ("shoe", "grey.jpg"));
        Assert.Contains("All 2 images", Refusal(), StringComparison.Ordinal);
        Assert.Contains("of one class, 'shoe'", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Images_without_a_folder_have_no_class()
    {
        File.Copy(SmallImages.Fixture("grey.png"), folder["grey.png"]);
        Assert.Contains("The 1 images", Refusal(), StringComparison.Ordinal);
        Assert.Contains("one folder per class", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_that_only_the_test_folder_has_is_refused()
    {
        SmallImages.Place(folder["train"], ("a", "grey.png"), ("b", "grey.png"));
        SmallImages.Place(folder["test"], ("c", "grey.png"));
        Assert.Contains("lacks (c)", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Mixed_sizes_are_listed_and_scaled_on_request_only()
    {
        SmallImages.Place(folder.Path, ("a", "grey.png"), ("a", "grey.jpg"), ("b", "grey.png"));
        // A PNG says its size in bytes 16 to 24; the smaller one is decoded from a real file that is cut by hand.
        File.WriteAllBytes(Path.Combine(folder["b"], "tall.png"), Png.Grey(14, 20));
        var message = Refusal();
        Assert.Contains("have 2 sizes (3 of 28 x 28, such as 'a/00-grey.png'; 1 of 14 x 20, such as 'b/tall.png')", message, StringComparison.Ordinal);
        Assert.Contains("vision.size", message, StringComparison.Ordinal);
        var data = Load(size: 14);
        Assert.Equal(new ImageShape(1, 14, 14), data.Shape);
        Assert.Equal(4, data.Training.Count);
        // The middle fourteen of twenty rows, each row of its own grey, as they are.
        Assert.Equal(Enumerable.Range(3, 14).SelectMany(row => Enumerable.Repeat((byte)(row * 10), 14)), data.Training.Pixels[^(14 * 14)..]);
    }

    [Fact]
    public void Broken_files_are_listed_and_skipped_on_request_only()
    {
        SmallImages.Place(folder.Path, ("a", "grey.png"), ("a", "grey.jpg"), ("b", "grey.png"), ("b", "grey.jpg"));
        var jpeg = File.ReadAllBytes(SmallImages.Fixture("grey.jpg"));
        File.WriteAllBytes(Path.Combine(folder["a"], "cut.jpg"), jpeg[..^20]);
        Assert.Contains("holds 1 broken file ('a/cut.jpg' is not a whole JPEG", Refusal(), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder["a"], "text.png"), "no image");
        File.WriteAllBytes(Path.Combine(folder["b"], "none.jpg"), []);
        var png = File.ReadAllBytes(SmallImages.Fixture("grey.png"));
        File.WriteAllBytes(Path.Combine(folder["b"], "cut.png"), png[..(png.Length / 2)]);
        var message = Refusal();
        // Heads are read first, and both cut files have whole ones.
        Assert.Contains("holds 2 broken files ('a/text.png' is neither PNG nor JPEG; 'b/none.jpg' is empty)", message, StringComparison.Ordinal);
        Assert.Contains("vision.skipBroken", message, StringComparison.Ordinal);

        var lines = new List<string>();
        var data = Load(skipBroken: true, report: lines.Add);
        Assert.Equal([0, 0, 1, 1], data.Training.Labels);
        Assert.Equal(4, lines.Count);
        Assert.All(lines, line => Assert.StartsWith("Skipped: '", line, StringComparison.Ordinal));
    }

    static bool EqualLists((List<int> A, List<int> B) x, (List<int> A, List<int> B) y) => x.A.SequenceEqual(y.A) && x.B.SequenceEqual(y.B);
}
