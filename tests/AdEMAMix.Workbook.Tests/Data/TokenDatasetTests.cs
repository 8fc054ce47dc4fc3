using System.Buffers.Binary;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class TokenDatasetTests : IDisposable
{
    readonly DataFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    static TokenDataset Dataset(string text, double fraction = 0.1) => new(TextCorpus.OfText("test", text), fraction);

    TokenDataset Prose => TokenDataset.Load(new DataConfig { Source = "file", Path = DataFixture.Fixture("prose.txt") }, fixture.Paths);

    [Fact]
    public void The_end_of_the_text_is_for_validation_and_nothing_is_lost()
    {
        var data = Dataset("abcdefghij", 0.25);
        Assert.Equal("abcdefgh", data.Tokenizer.Decode(data.Training.Window(0, 8)));
        Assert.Equal("ij", data.Tokenizer.Decode(data.Validation.Window(0, 2)));
        Assert.Equal((8, 2), (data.Training.Length, data.Validation.Length));
        Assert.Equal("abcdefghij", Assert.IsType<CharacterTokenizer>(data.Tokenizer).Symbols);
    }

    [Fact]
    public void A_configuration_is_loaded_split_and_encoded()
    {
        var data = Prose;
        Assert.Equal(fixture.Letters.Text!.Sha256, data.ContentHash);
        Assert.Equal(fixture.Letters.Text!.Symbols, data.Tokenizer.VocabularySize);
        Assert.Equal(fixture.Letters.Text!.Characters, data.Training.Length + data.Validation.Length);
        Assert.Equal(224, data.Validation.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.1)]
    [InlineData(0.51)]
    [InlineData(double.NaN)]
    public void A_fraction_outside_its_range_is_refused(double fraction) => Assert.Throws<ConfigException>(() => Dataset("some text", fraction));

    [Fact]
    public void A_text_too_short_for_the_context_is_told_with_both_numbers()
    {
        var data = Dataset(new string('a', 50) + new string('b', 50), 0.1);
        data.RequireContext(9);
        Assert.StartsWith("The validation text of 'test' has 10 tokens, but a context of 10 needs at least 11: use a longer text, a larger validation fraction",
            Assert.Throws<DataException>(() => data.RequireContext(10)).Message, StringComparison.Ordinal);
        Assert.StartsWith("The training text of 'test' has 90 tokens, but a context of 90 needs at least 91",
            Assert.Throws<DataException>(() => data.RequireContext(90)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Written_tokens_are_little_endian_words_that_decode_to_the_text()
    {
        var folder = Path.Combine(fixture.Paths.Root, "out");
        Prose.Write(folder);
        Assert.Equal(["tokenizer.json", "train.bin", "val.bin"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        var tokenizer = CharacterTokenizer.FromJson(File.ReadAllText(Path.Combine(folder, "tokenizer.json")));
        var bytes = File.ReadAllBytes(Path.Combine(folder, "train.bin")).Concat(File.ReadAllBytes(Path.Combine(folder, "val.bin"))).ToArray();
        var tokens = bytes.Chunk(2).Select(word => BinaryPrimitives.ReadUInt16LittleEndian(word)).ToArray();
        Assert.Equal(File.ReadAllText(DataFixture.Fixture("prose.txt")), tokenizer.Decode(tokens));
    }

    [Fact]
    public void A_full_disk_leaves_the_tokens_that_were_there()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full, which fails as a full disk does.");
        var old = fixture.Write("out/train.bin", "old");
        File.CreateSymbolicLink(old + ".partial", "/dev/full");
        Assert.Contains("is full: free some space", Assert.Throws<DataException>(() => Prose.Write(Path.GetDirectoryName(old)!)).Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(old));
    }
}
