using Xunit;

namespace AdEMAMix.Workbook.Tests;

/// <summary>The images of data/sources.json themselves, where they have been fetched: no test waits for a network.</summary>
public sealed class FashionMnistTests
{
    static readonly WorkbookPaths Paths = WorkbookPaths.Find(AppContext.BaseDirectory);

    static readonly RunConfig Config = new() { Data = new DataConfig { Source = ImageDataset.FashionMnist }, Vision = new VisionConfig() };

    [Fact]
    public void It_has_as_many_images_of_each_class_and_the_known_mean_and_deviation()
    {
        var source = DataSources.Load(Paths).Find(ImageDataset.FashionMnist);
        Assert.SkipUnless(new DataFetcher(Paths).Verify(source).State == DataState.Ready, "Fashion-MNIST is not fetched: environment/workbook data fetch fashion-mnist");
        var data = ImageDataset.Load(Config, Paths, cancellation: TestContext.Current.CancellationToken);
        var listed = source.Images!;
        Assert.Equal((listed.Training, listed.Test, listed.Classes), (data.Training.Count, data.Test.Count, data.Classes.Count));
        Assert.Equal(new ImageShape(listed.Channels, listed.Height, listed.Width), data.Shape);
        Assert.All(data.Training.Labels.CountBy(label => label), count => Assert.Equal(6000, count.Value));
        Assert.All(data.Test.Labels.CountBy(label => label), count => Assert.Equal(1000, count.Value));
        Assert.Equal("Ankle boot", data.Classes[data.Test.Labels[0]]);
        Assert.Equal(0.28604, data.Mean[0], 1e-5);
        Assert.Equal(0.35302, data.Deviation[0], 1e-5);
        Assert.Equal("1ab011eee470", data.ContentHash[..12]);
    }

    [Fact]
    public void Its_listed_files_come_out_of_the_archive_without_network()
    {
        var source = DataSources.Load(Paths).Find(ImageDataset.FashionMnist);
        var archive = Path.Combine(Paths.Cache, "archives", source.Archive.File);
        Assert.SkipUnless(File.Exists(archive), $"'{source.Archive.File}' is not in data/cache/archives: environment/workbook data fetch fashion-mnist");
        Assert.SkipUnless(File.Exists("/usr/bin/dpkg-deb"), "dpkg-deb is not installed.");
        using var fixture = new DataFixture();
        File.Copy(Path.Combine(Paths.Data, "sources.json"), Path.Combine(fixture.Paths.Data, "sources.json"), overwrite: true);
        Directory.CreateDirectory(fixture.Archives);
        File.CreateSymbolicLink(Path.Combine(fixture.Archives, source.Archive.File), archive);
        var fetcher = new DataFetcher(fixture.Paths);
        Assert.Equal(DataState.Missing, fetcher.Verify(source).State);
        var folder = fetcher.Fetch(ImageDataset.FashionMnist, TestContext.Current.CancellationToken);
        Assert.Equal(source.Files!.Select(file => (file.Name, file.Bytes)), Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(file => (Path.GetFileName(file), new FileInfo(file).Length)));
        Assert.Equal(DataState.Ready, fetcher.Verify(source).State);

        File.WriteAllBytes(Path.Combine(folder, source.Files![1].Name), [0]);
        Assert.Equal(DataState.Damaged, fetcher.Verify(source).State);
        fetcher.Fetch(source, TestContext.Current.CancellationToken);
        Assert.Equal(DataState.Ready, fetcher.Verify(source).State);
    }

    [Fact]
    public void Images_are_no_text_and_a_text_no_images()
    {
        Assert.Contains("holds images, not a text", Assert.Throws<ConfigException>(() => TextCorpus.Load(Config.Data, Paths, cancellation: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Contains("holds a text, not images", Assert.Throws<ConfigException>(() => ImageDataset.Load(Config with { Data = new DataConfig() }, Paths, cancellation: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }
}
