using System.Text;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class ShardTokenizationTests : IDisposable
{
    readonly DataFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    static readonly string Prose = File.ReadAllText(DataFixture.Fixture("prose.txt"));

    string Out(string name = "out") => Path.Combine(fixture.Paths.Root, name);

    /// <summary>Three documents with what texts have in practice: a byte order mark, line ends of Windows, a file without a word.</summary>
    string Texts()
    {
        fixture.Write("texts/a.txt", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Prose.Replace("\n", "\r\n", StringComparison.Ordinal))]);
        fixture.Write("texts/b.txt", "");
        fixture.Write("texts/c/d.txt", "日本語 and 🎉 " + Prose);
        return Path.Combine(fixture.Paths.Root, "texts");
    }

    ShardTokenization Make(string texts, string folder, TokenFormat format = TokenFormat.NanoGpt, long? shardTokens = null, double validation = 0.1, int block = 256, Action<TokenizingProgress>? report = null)
    {
        var inputs = TextInputs.Of(texts);
        var tokenizer = CharacterTokenizer.Of(Prose + "日本語🎉\n");
        return new(inputs, tokenizer, new ShardSettings(format, validation, shardTokens), folder) { BlockSize = block, Report = report, BetweenJournals = TimeSpan.Zero };
    }

    static Dictionary<string, byte[]> Files(string folder) => Directory.GetFiles(folder).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);

    TokenDataset Load(string folder) => TokenDataset.Load(new DataConfig { Source = DataConfig.ShardsSource, Path = folder, ValidationFraction = 0.1 }, fixture.Paths);

    static string TextOf(TokenDataset data) => data.Tokenizer.Decode([.. data.Training.Window(0, (int)data.Training.Length), .. data.Validation.Window(0, (int)data.Validation.Length)]);

    [Theory]
    [InlineData(64)]
    [InlineData(257)]
    [InlineData(1 << 20)]
    public void Texts_become_tokens_whatever_the_size_of_the_blocks(int block)
    {
        var manifest = Make(Texts(), Out(), block: block).Run(TestContext.Current.CancellationToken);
        var data = Load(Out());
        Assert.Equal(Prose + "\n\n" + "日本語 and 🎉 " + Prose, TextOf(data));
        Assert.Equal(["a.txt", Path.Combine("c", "d.txt")], manifest.Inputs.Select(input => input.File));
        Assert.InRange((double)data.Validation.Length / (data.Validation.Length + data.Training.Length), 0.05, 0.15);
        Assert.Equal(["shards.json", "train.bin", "val.bin"], Directory.GetFiles(Out()).Select(Path.GetFileName).Order());
        Assert.All(ShardVerification.Verify(Out()), status => Assert.True(status.IsRight, status.Message));
    }

    [Fact]
    public void Tokens_of_characters_are_those_that_a_run_makes_of_the_text()
    {
        var file = fixture.Write("prose.txt", Prose);
        ShardTokenization.Prepare(new TokenizingOptions(file, "characters", Out(), Validation: 0), fixture.Paths, cancellation: TestContext.Current.CancellationToken).Run(TestContext.Current.CancellationToken);
        var (text, shards) = (TokenDataset.Load(new DataConfig { Source = "file", Path = file, ValidationFraction = 0.1 }, fixture.Paths), Load(Out()));
        Assert.Equal(text.Tokenizer.ToJson(), shards.Tokenizer.ToJson());
        Assert.Equal(text.Training.Window(0, (int)text.Training.Length), shards.Training.Window(0, (int)shards.Training.Length));
        Assert.Equal(text.Validation.Length, shards.Validation.Length);
    }

    [Theory]
    [InlineData(TokenFormat.NanoGpt, null)]
    [InlineData(TokenFormat.LlmC, 1000L)]
    [InlineData(TokenFormat.NanoGpt, 256L)]
    public void Killed_anywhere_it_goes_on_and_leaves_what_an_undisturbed_one_leaves(TokenFormat format, long? shardTokens)
    {
        var texts = Texts();
        var blocks = 0;
        Make(texts, Out(), format, shardTokens, report: _ => blocks++).Run(TestContext.Current.CancellationToken);
        var expected = Files(Out());
        Assert.True(blocks > 15);
        foreach (var stopAt in new[] { 3, 7, blocks - 2 })
        {
            var folder = Out($"stopped-{stopAt}");
            for (var ended = false; !ended;)
            {
                var seen = 0;
                using var stop = new CancellationTokenSource();
                try
                {
                    Make(texts, folder, format, shardTokens, report: _ =>
                    {
                        if (++seen == stopAt) stop.Cancel();
                    }).Run(stop.Token);
                    ended = true;
                }
                catch (OperationCanceledException)
                {
                    Assert.Throws<DataException>(() => Load(folder));
                    // What a killed process had written after its last journal is there too.
                    foreach (var partial in Directory.GetFiles(folder, "*.partial")) File.AppendAllText(partial, "beyond the journal");
                }
            }
            var actual = Files(folder);
            Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
            foreach (var (name, bytes) in expected) Assert.Equal(bytes, actual[name]);
        }
    }

    [Fact]
    public void A_file_that_was_completed_after_the_journal_is_taken_up_again()
    {
        var texts = Texts();
        Make(texts, Out()).Run(TestContext.Current.CancellationToken);
        var expected = Files(Out());
        var folder = Out("again");
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Make(texts, folder, report: progress =>
        {
            if (progress.Bytes > progress.TotalBytes / 2) stop.Cancel();
        }).Run(stop.Token));
        var partial = Path.Combine(folder, "train.bin.partial");
        File.AppendAllText(partial, "the rest of the file");
        File.Move(partial, Path.Combine(folder, "train.bin"));
        Make(texts, folder).Run(TestContext.Current.CancellationToken);
        Assert.Equal(expected["train.bin"], Files(folder)["train.bin"]);
        Assert.Equal(expected["shards.json"], Files(folder)["shards.json"]);
    }

    [Fact]
    public void What_is_done_is_left_alone_and_other_options_are_refused()
    {
        var texts = Texts();
        Make(texts, Out()).Run(TestContext.Current.CancellationToken);
        var before = File.GetLastWriteTimeUtc(Path.Combine(Out(), "train.bin"));
        Make(texts, Out(), report: _ => Assert.Fail("nothing is to be done")).Run(TestContext.Current.CancellationToken);
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(Out(), "train.bin")));
        Assert.Contains("other texts or options", Assert.Throws<DataException>(() => Make(texts, Out(), validation: 0.2).Run()).Message, StringComparison.Ordinal);

        fixture.Write("foreign/x.bin", "ab");
        Assert.Contains("choose an empty folder", Assert.Throws<DataException>(() => Make(texts, Out("foreign")).Run()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Texts_that_changed_in_between_are_refused()
    {
        var texts = Texts();
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Make(texts, Out(), report: _ => stop.Cancel()).Run(stop.Token));
        Assert.Contains("with other options", Assert.Throws<DataException>(() => Make(texts, Out(), validation: 0.2).Run()).Message, StringComparison.Ordinal);
        fixture.Write("texts/b.txt", "more");
        Assert.Contains("are not those that the unfinished", Assert.Throws<DataException>(() => Make(texts, Out()).Run()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_loses_nothing()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "There is no /dev/full, which fails as a full disk does.");
        var texts = Texts();
        Make(texts, Out("expected")).Run(TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Make(texts, Out(), report: progress =>
        {
            if (progress.Bytes > progress.TotalBytes / 2) stop.Cancel();
        }).Run(stop.Token));
        File.CreateSymbolicLink(Path.Combine(Out(), "val.bin.partial"), "/dev/full");
        Assert.Contains("is full: free some space there and run the same command again", Assert.Throws<DataException>(() => Make(texts, Out()).Run()).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(Out(), "val.bin.partial"));
        Make(texts, Out()).Run(TestContext.Current.CancellationToken);
        Assert.Equal(Files(Out("expected"))["train.bin"], Files(Out())["train.bin"]);
        Assert.Equal(Files(Out("expected"))["val.bin"], Files(Out())["val.bin"]);
    }

    [Fact]
    public void A_full_verification_finds_what_the_content_hash_may_miss()
    {
        Make(Texts(), Out(), TokenFormat.LlmC, 1000).Run(TestContext.Current.CancellationToken);
        var file = Path.Combine(Out(), "train_000001.bin");
        var bytes = File.ReadAllBytes(file);
        bytes[1500] ^= 1;
        File.WriteAllBytes(file, bytes);
        var wrong = Assert.Single(ShardVerification.Verify(Out()), status => !status.IsRight);
        Assert.Contains("train_000001.bin' has SHA-256", wrong.Message, StringComparison.Ordinal);
        bytes[1501] = 0xFF;
        File.WriteAllBytes(file, bytes);
        Assert.Contains(ShardVerification.Verify(Out()), status => status.Message.Contains("at position 238 of '", StringComparison.Ordinal));
        File.WriteAllBytes(file, bytes[..^2]);
        Assert.Contains("is cut short", Assert.Throws<DataException>(() => ShardVerification.Verify(Out()).ToList()).Message, StringComparison.Ordinal);
        File.Delete(file);
        Assert.Contains("'train_000001.bin', which shards.json lists, is missing", Assert.Throws<DataException>(() => Load(Out())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_text_is_named_with_the_place()
    {
        var file = fixture.Write("bad.txt", [.. Encoding.UTF8.GetBytes(Prose), 0xFF, .. Encoding.UTF8.GetBytes(Prose)]);
        var at = Encoding.UTF8.GetByteCount(Prose);
        Assert.Contains(FormattableString.Invariant($"byte 0xFF at offset {at}"), Assert.Throws<DataException>(() => Make(file, Out()).Run()).Message, StringComparison.Ordinal);
        Assert.Throws<DataException>(() => TextInputs.Of(Path.Combine(fixture.Paths.Root, "none.txt")));
        Assert.Contains("holds no text", Assert.Throws<DataException>(() => TextInputs.Of(fixture.Write("empty.txt", ""))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("words", null, 0.1, null)]
    [InlineData("sentencepiece", null, 0.1, null)]
    [InlineData("gpt2", 500, 0.1, null)]
    [InlineData("sentencepiece", 70_000, 0.1, null)]
    [InlineData("gpt2", null, 0.6, null)]
    [InlineData("gpt2", null, double.NaN, null)]
    [InlineData("gpt2", null, 0.1, 0L)]
    public void Options_outside_their_range_are_refused(string tokenizer, int? vocabulary, double validation, long? shardTokens)
    {
        var options = new TokenizingOptions(fixture.Write("prose.txt", Prose), tokenizer, Out(), ShardTokens: shardTokens, Validation: validation, Vocabulary: vocabulary);
        Assert.Throws<ConfigException>(() => ShardTokenization.Prepare(options, fixture.Paths));
        Assert.False(Directory.Exists(Out()));
    }
}
