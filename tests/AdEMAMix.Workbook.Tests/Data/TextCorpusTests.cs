using System.Text;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class TextCorpusTests : IDisposable
{
    readonly DataFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    TextCorpus Load(string path) => TextCorpus.Load(new DataConfig { Source = "file", Path = path }, fixture.Paths, cancellation: TestContext.Current.CancellationToken);

    string Fails(string path) => Assert.Throws<DataException>(() => Load(path)).Message;

    [Fact]
    public void A_named_source_is_its_fetched_text()
    {
        fixture.Write("data/cache/letters/text.txt", File.ReadAllBytes(DataFixture.Fixture("prose.txt")));
        var corpus = TextCorpus.Load(new DataConfig { Source = "letters" }, fixture.Paths, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(fixture.Letters.Text!.Sha256, corpus.Sha256);
        Assert.Equal(fixture.Letters.Text!.Characters, corpus.Text.Length);
    }

    [Theory]
    [InlineData("one\ntwo\n\nthree\n")]
    [InlineData("one\r\ntwo\r\n\r\nthree\r\n")]
    [InlineData("one\rtwo\r\rthree")]
    [InlineData("\uFEFFone\ntwo\n\nthree \n\n")]
    public void Byte_order_mark_and_line_ends_do_not_change_a_text(string text)
    {
        var corpus = Load(fixture.Write("own.txt", text));
        Assert.Equal("one\ntwo\n\nthree\n", corpus.Text);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("one\ntwo\n\nthree\n"u8)), corpus.Sha256);
    }

    [Fact]
    public void A_folder_is_its_text_files_in_ordinal_order_of_their_paths()
    {
        fixture.Write("own/b.txt", "b");
        fixture.Write("own/B.TXT", "B\n");
        fixture.Write("own/a/z.txt", "a/z");
        fixture.Write("own/empty.txt", "");
        fixture.Write("own/.hidden.txt", "no");
        fixture.Write("own/notes.md", "no");
        Assert.Equal("B\n\na/z\n\nb\n", Load("own").Text);
    }

    [Fact]
    public void A_link_to_the_folder_above_is_not_followed()
    {
        fixture.Write("own/a.txt", "a");
        Directory.CreateSymbolicLink(Path.Combine(fixture.Paths.Root, "own", "up"), fixture.Paths.Root);
        Assert.Equal("a\n", Load("own").Text);
    }

    [Fact]
    public void A_relative_path_counts_from_the_workbook()
    {
        var absolute = fixture.Write("texts/own.txt", "the same text");
        Assert.Equal(Load(absolute).Sha256, Load("texts/own.txt").Sha256);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_named_with_file_and_offset()
    {
        var latin = fixture.Write("own/latin.txt", [.. "caf"u8, 0xE9, .. " noir"u8]);
        Assert.Equal($"'{latin}' is not UTF-8 text (byte 0xE9 at offset 3): save it as UTF-8, or remove it.", Fails("own"));
    }

    [Fact]
    public void A_binary_file_is_refused_at_its_first_zero_byte() =>
        Assert.Contains("byte 0x00 at offset 6", Fails(fixture.Write("own.txt", [0xEF, 0xBB, 0xBF, .. "abc"u8, 0, 1, 2, 0xFF])), StringComparison.Ordinal);

    [Fact]
    public void UTF16_is_refused() =>
        Assert.Contains("byte 0xFF at offset 0", Fails(fixture.Write("own.txt", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("text")])), StringComparison.Ordinal);

    [Fact]
    public void An_empty_folder_is_told()
    {
        Directory.CreateDirectory(Path.Combine(fixture.Paths.Root, "own"));
        Assert.Contains("holds no .txt file", Fails("own"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n\n")]
    public void A_file_without_text_is_told(string text) => Assert.Contains("holds no text", Fails(fixture.Write("own.txt", text)), StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_told_with_its_full_path() =>
        Assert.StartsWith($"There is no file or folder '{Path.Combine(fixture.Paths.Root, "texts/nothing.txt")}'", Fails("texts/nothing.txt"), StringComparison.Ordinal);

    [Theory]
    [InlineData("file", null, "needs a path")]
    [InlineData("letters", "own.txt", "goes with source 'file'")]
    [InlineData("lettres", null, "There is no data source")]
    public void Source_and_path_must_go_together(string source, string? path, string expected) =>
        Assert.Contains(expected, Assert.Throws<ConfigException>(() => TextCorpus.Load(new DataConfig { Source = source, Path = path }, fixture.Paths, cancellation: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);

    [Fact]
    public void Half_a_surrogate_pair_is_not_text() =>
        Assert.Contains("at index 1", Assert.Throws<DataException>(() => TextCorpus.OfText("test", "a\uD83D b")).Message, StringComparison.Ordinal);
}
