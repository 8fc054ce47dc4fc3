using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class ImageDatasetTests
{
    static readonly ImageShape Shape = new(1, 1, 2);

    static string Refusal(ImageSet training, ImageSet? test = null, params string[] classes) =>
        Assert.Throws<DataException>(() => new ImageDataset("mine", Shape, classes.Length == 0 ? ["a", "b"] : classes, training, test ?? new ImageSet([], []))).Message;

    [Fact]
    public void What_cannot_be_classified_is_refused_with_the_remedy()
    {
        Assert.Contains("labels of 'mine' hold 2 at position 1, but the 2 classes are 0 to 1", Refusal(new ImageSet([1, 2, 3, 4], [0, 2])), StringComparison.Ordinal);
        Assert.Contains("test labels of 'mine' hold -1 at position 0", Refusal(new ImageSet([1, 2, 3, 4], [0, 1]), new ImageSet([1, 2], [-1])), StringComparison.Ordinal);
        Assert.Contains("All 2 training images of 'mine' are of class 'b'", Refusal(new ImageSet([1, 2, 3, 4], [1, 1])), StringComparison.Ordinal);
        Assert.Contains("has 1 class, 'b'", Refusal(new ImageSet([1, 2], [0]), null, "b"), StringComparison.Ordinal);
        Assert.Contains("are 3 bytes where 2 labels of 1 x 1 x 2 need 4", Refusal(new ImageSet([1, 2, 3], [0, 1])), StringComparison.Ordinal);
        Assert.Contains("no image to train on", Refusal(new ImageSet([], [])), StringComparison.Ordinal);
    }

    [Fact]
    public void Mean_and_deviation_are_per_channel_and_a_flat_channel_divides_by_one()
    {
        var data = new ImageDataset("mine", new ImageShape(3, 1, 1), ["a", "b"], new ImageSet([0, 51, 7, 255, 153, 7], [0, 1]), new ImageSet([], []));
        Assert.Equal([0.5, 0.4, 7 / 255.0], data.Mean.Select(x => Math.Round(x, 12)), (x, y) => Math.Abs(x - y) < 1e-9);
        Assert.Equal([0.5, 0.2, 1], data.Deviation, (x, y) => Math.Abs(x - y) < 1e-9);
    }

    [Fact]
    public void Scaling_to_half_averages_and_keeps_a_flat_image_flat()
    {
        var flat = ImageResize.ToSquare(new DecodedImage(3, 9, 13, [.. Enumerable.Repeat((byte)77, 9 * 13 * 3)]), 5);
        Assert.All(flat.Pixels, value => Assert.Equal(77, value));
        // A ramp stays a ramp: the middle of every target pixel is the mean of the two it covers.
        var ramp = ImageResize.ToSquare(new DecodedImage(1, 8, 8, [.. Enumerable.Range(0, 64).Select(i => (byte)(20 * (i % 8)))]), 4);
        Assert.Equal([50, 90], ramp.Pixels[5..7].Select(value => (int)value));
        Assert.Equal(ramp.Pixels[..4], ramp.Pixels[12..]);
    }
}
