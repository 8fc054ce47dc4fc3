using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class IdxTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(folder[name], bytes);
        return folder[name];
    }

    string Refusal(byte[] bytes, int dimensions = 1) => Assert.Throws<DataException>(() => IdxFile.Read(Write("file", bytes), dimensions)).Message;

    [Fact]
    public void Plain_and_zipped_files_read_alike()
    {
        var idx = SmallImages.Idx([1, 2, 3, 4, 5, 6], 3, 2, 1);
        var (sizes, values) = IdxFile.Read(Write("plain", idx), 3);
        Assert.Equal([3, 2, 1], sizes);
        Assert.Equal([1, 2, 3, 4, 5, 6], values);
        Assert.Equal(values, IdxFile.Read(Write("zipped", SmallImages.Gzip(idx)), 3).Values);
    }

    [Fact]
    public void Every_way_of_being_no_idx_file_is_named()
    {
        var whole = SmallImages.Idx([7, 8], 2);
        Assert.Contains("ends before its last value", Refusal(whole[..^1]), StringComparison.Ordinal);
        Assert.Contains("ends before its last value", Refusal([]), StringComparison.Ordinal);
        Assert.Contains("goes on after its last value", Refusal([.. whole, 0]), StringComparison.Ordinal);
        Assert.Contains("begins with 0x504b0304", Refusal([0x50, 0x4b, 3, 4]), StringComparison.Ordinal);
        Assert.Contains("values of type 0x0d", Refusal([0, 0, 0x0d, 1, 0, 0, 0, 0]), StringComparison.Ordinal);
        Assert.Contains("has 1 dimensions where 3 are expected", Refusal(whole, 3), StringComparison.Ordinal);
        Assert.Contains("dimension 1 has -1 elements", Refusal([0, 0, 8, 1, 255, 255, 255, 255]), StringComparison.Ordinal);
        Assert.Contains("more than fits into memory", Refusal([0, 0, 8, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0], 3), StringComparison.Ordinal);
        var zipped = SmallImages.Gzip(SmallImages.Idx([.. Enumerable.Range(0, 200).Select(i => (byte)(i * i))], 200));
        Assert.Contains("'" + folder["file"] + "'", Refusal(zipped[..^20]), StringComparison.Ordinal);
        zipped[20] ^= 0xff;
        Assert.Contains("fetch it again", Refusal(zipped), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<DataException>(() => IdxFile.Read(folder["none"], 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Four_files_under_the_usual_names_are_a_dataset()
    {
        Place();
        var data = Load();
        Assert.Equal(new ImageShape(1, 1, 2), data.Shape);
        Assert.Equal(["0", "1", "2"], data.Classes);
        Assert.Equal([0, 2, 1], data.Training.Labels);
        Assert.Equal([9, 9], data.Test.Pixels);
    }

    [Fact]
    public void A_label_out_of_range_is_told_with_file_and_position()
    {
        Place();
        Write("t10k-labels-idx1-ubyte", SmallImages.Idx([3], 1));
        var problem = Assert.Throws<DataException>(Load);
        Assert.Contains($"'{folder["t10k-labels-idx1-ubyte"]}' holds the label 3 at position 0, but the 3 classes are 0 to 2", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_do_not_belong_together_are_refused()
    {
        Place();
        Write("t10k-labels-idx1-ubyte", SmallImages.Idx([1, 1], 2));
        Assert.Contains("has 2 labels for 1 images", Assert.Throws<DataException>(Load).Message, StringComparison.Ordinal);
        Write("t10k-images-idx3-ubyte", SmallImages.Idx([9], 1, 1, 1));
        Assert.Contains("are 2 x 1 and its test images 1 x 1", Assert.Throws<DataException>(Load).Message, StringComparison.Ordinal);
        File.Delete(folder["train-labels-idx1-ubyte"]);
        Write("t10k-images-idx3-ubyte", SmallImages.Idx([9, 9], 1, 1, 2));
        Assert.Contains("lacks 'train-labels-idx1-ubyte'", Assert.Throws<DataException>(Load).Message, StringComparison.Ordinal);
    }

    void Place()
    {
        Write("train-images-idx3-ubyte", SmallImages.Gzip(SmallImages.Idx([1, 2, 3, 4, 5, 6], 3, 1, 2)));
        Write("train-labels-idx1-ubyte", SmallImages.Idx([0, 2, 1], 3));
        Write("t10k-images-idx3-ubyte", SmallImages.Idx([9, 9], 1, 1, 2));
        Write("t10k-labels-idx1-ubyte", SmallImages.Idx([1], 1));
    }

    ImageDataset Load() => ImageDataset.Load(
        new RunConfig { Data = new DataConfig { Source = DataSources.Images, Path = folder.Path }, Vision = new VisionConfig { Patch = 1 } }.Validate(), new WorkbookPaths(folder.Path), cancellation: TestContext.Current.CancellationToken);
}
