using System.Text;
using System.Text.Json;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class TokenizerTests : IDisposable
{
    const string Awkward = "Naïve café — “quotes”…\n\n  two  spaces\tand\ttabs\r\nit's I'll we've they're 'S I'M 100,000 ½ ²³ Ⅷ\n漢字とかな\u00A0\u2003x 🎉👩‍👩‍👧 𝐁𝐨𝐥𝐝 e\u0301 \uFEFF<|endoftext|> \x01\x7F end   ";

    readonly DataFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    static readonly WorkbookPaths Real = WorkbookPaths.Find(AppContext.BaseDirectory);

    static Gpt2Tokenizer Gpt2()
    {
        Assert.SkipUnless(new TokenizerFetcher(Real).IsReady(DataSources.Load(Real).Tokenizers.Single()), "GPT-2's vocabulary is not fetched: environment/workbook data fetch gpt2");
        return Gpt2Tokenizer.Load(Real, cancellation: TestContext.Current.CancellationToken);
    }

    /// <summary>All bytes, and merges such as a learner would find in "low lower lowest": what GPT-2's files hold, in small.</summary>
    static Gpt2Tokenizer Small()
    {
        var symbols = Enumerable.Range(0, 256).Select(value => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE).ToArray();
        var further = 256;
        var spellings = Enumerable.Range(0, 256).Select(value => ((char)(symbols[value] ? value : further++)).ToString()).ToList();
        string[] merges = ["l o", "lo w", "Ġ low", "e r", "a a", "aa aa", "Ġlow er"];
        spellings.AddRange(merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal)));
        spellings.Add("<|endoftext|>");
        return new Gpt2Tokenizer(JsonSerializer.SerializeToUtf8Bytes(spellings.Index().ToDictionary(s => s.Item, s => s.Index)), Encoding.UTF8.GetBytes("#version: 0.2\n" + string.Join('\n', merges) + "\n"));
    }

    static string Pieces(Gpt2Tokenizer tokenizer, string text) => string.Join('|', tokenizer.Encode(text).Select(token => tokenizer.Decode([token])));

    [Fact]
    public void The_known_example_of_GPT2_has_its_known_tokens()
    {
        var tokenizer = Gpt2();
        Assert.Equal([15496, 995], tokenizer.Encode("Hello world"));
        Assert.Equal((50_257, (ushort?)50_256), (tokenizer.VocabularySize, tokenizer.EndOfDocument));
        Assert.Equal("Hello world<|endoftext|>", tokenizer.Decode([15496, 995, 50256]));
        Assert.DoesNotContain((ushort)50_256, tokenizer.Encode("<|endoftext|>"));
        var json = tokenizer.ToJson();
        Assert.Equal(json, Tokenizers.FromJson(json, Real).ToJson());
        Assert.Throws<DataException>(() => Tokenizers.FromJson(json.Replace("\"sha256\":\"", "\"sha256\":\"0", StringComparison.Ordinal), Real));
    }

    [Fact]
    public void GPT2_gives_back_awkward_Unicode_and_any_bytes()
    {
        foreach (var tokenizer in new[] { Small(), Gpt2() })
        {
            Assert.Equal(Awkward, tokenizer.Decode(tokenizer.Encode(Awkward)));
            var random = new Random(5);
            for (var trial = 0; trial < 200; trial++)
            {
                var bytes = new byte[random.Next(200)];
                random.NextBytes(bytes);
                Assert.Equal(bytes, tokenizer.DecodeBytes(tokenizer.EncodeBytes(bytes)));
            }
        }
    }

    [Fact]
    public void Pairs_are_merged_in_the_order_in_which_they_were_learned()
    {
        var tokenizer = Small();
        Assert.Equal("low| lower| low|e|s|t", Pieces(tokenizer, "low lower lowest"));
        Assert.Equal("aaaa|a", Pieces(tokenizer, "aaaaa"));
        Assert.Equal("aaaa|aa|a", Pieces(tokenizer, "aaaaaaa"));
        var many = tokenizer.Encode(new string('a', 400_002));
        Assert.Equal(100_001, many.Length);
    }

    [Theory]
    [InlineData("a  b", "a| | |b")]
    [InlineData("a \n\nb", "a| |\n|\n|b")]
    [InlineData("it's", "i|t|'|s")]
    [InlineData("x1y", "x|1|y")]
    public void Merges_do_not_reach_over_words(string text, string pieces) => Assert.Equal(pieces, Pieces(Small(), text));

    [Theory]
    [InlineData("it's we're 'S", new[] { "it", "'s", " we", "'re", " '", "S" })]
    [InlineData("a  b \n\n c", new[] { "a", " ", " b", " \n\n", " c" })]
    [InlineData("x1 22!? ", new[] { "x", "1", " 22", "!?", " " })]
    [InlineData("é𝐁½² 漢字🎉", new[] { "é𝐁", "½²", " 漢字", "🎉" })]
    [InlineData("a\n", new[] { "a", "\n" })]
    public void Text_is_cut_into_the_words_of_the_published_expression(string text, string[] words)
    {
        var (bytes, found) = (Encoding.UTF8.GetBytes(text), new List<string>());
        for (var at = 0; at < bytes.Length;)
        {
            var length = Gpt2Words.First(bytes.AsSpan(at));
            found.Add(Encoding.UTF8.GetString(bytes, at, length));
            at += length;
        }
        Assert.Equal(words, found);
    }

    [Fact]
    public void A_text_may_be_cut_where_the_tokenizer_says_without_changing_a_token()
    {
        var text = File.ReadAllText(DataFixture.Fixture("prose.txt"))[..3000] + Awkward;
        ITokenizer[] tokenizers = [Small(), CharacterTokenizer.Of(text)];
        foreach (var tokenizer in tokenizers)
        {
            var whole = tokenizer.Encode(text);
            for (var end = 1; end < text.Length; end += 61)
            {
                var cut = tokenizer.LastCut(text.AsSpan(0, end));
                Assert.Equal(whole, tokenizer.Encode(text.AsSpan(0, cut)).Concat(tokenizer.Encode(text.AsSpan(cut))));
            }
        }
    }

    [Fact]
    public void The_State_of_the_Union_addresses_come_back_from_GPT2_tokens()
    {
        var file = new DataFetcher(Real).TextFile(DataSources.Load(Real).Find("state-of-the-union"));
        Assert.SkipUnless(File.Exists(file), "'state-of-the-union' is not fetched: environment/workbook data fetch state-of-the-union");
        var text = File.ReadAllText(file);
        var tokenizer = Gpt2();
        var tokens = tokenizer.Encode(text);
        Assert.Equal(text, tokenizer.Decode(tokens));
        Assert.InRange(tokens.Length, text.Length / 6, text.Length / 4);
    }

    [Fact]
    public void Files_of_GPT2s_form_that_do_not_fit_together_are_refused()
    {
        var vocabulary = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, int> { ["a"] = 0 });
        Assert.Throws<DataException>(() => new Gpt2Tokenizer(vocabulary, "#version\n"u8));
        Assert.Throws<DataException>(() => new Gpt2Tokenizer("[]"u8, "#version\n"u8));
        Assert.Throws<DataException>(() => Small().Decode([60_000]));
        Assert.Throws<DataException>(() => Small().Encode("half \ud800 pair"));
    }

    [Fact]
    public void A_SentencePiece_model_is_trained_and_gives_the_text_back()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/spm_train"), "SentencePiece is not installed: apt-get install sentencepiece");
        var text = File.ReadAllText(DataFixture.Fixture("prose.txt"));
        var file = Path.Combine(fixture.Paths.Root, SentencePieceTokenizer.ModelFile);
        SentencePieceTokenizer.Train(to => to.Write(Encoding.UTF8.GetBytes(text)), 320, file, cancellation: TestContext.Current.CancellationToken);
        var tokenizer = new SentencePieceTokenizer(file);
        Assert.Equal(320, tokenizer.VocabularySize);
        Assert.Equal((ushort?)2, tokenizer.EndOfDocument);
        foreach (var sample in new[] { text[..500], Awkward.Replace("\r\n", "\n", StringComparison.Ordinal), "\n\n a\n", "", "one line" })
        {
            var tokens = tokenizer.Encode(sample);
            Assert.Equal(sample, tokenizer.Decode(tokens));
            var cut = tokenizer.LastCut(sample);
            Assert.Equal(tokens, tokenizer.Encode(sample.AsSpan(0, cut)).Concat(tokenizer.Encode(sample.AsSpan(cut))));
        }
        Assert.Equal(tokenizer.ToJson(), Tokenizers.FromJson(tokenizer.ToJson(), fixture.Paths, fixture.Paths.Root).ToJson());
        Assert.Throws<DataException>(() => tokenizer.Decode([320]));

        var again = file + "2";
        SentencePieceTokenizer.Train(to => to.Write(Encoding.UTF8.GetBytes(text)), 320, again, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(tokenizer.Encode(text), new SentencePieceTokenizer(again).Encode(text));
        Assert.Contains("could not train a vocabulary of 60,000", Assert.Throws<DataException>(() => SentencePieceTokenizer.Train(to => to.Write(Encoding.UTF8.GetBytes(text)), 60_000, file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_model_and_a_missing_program_are_named()
    {
        Assert.Contains("There is no SentencePiece model", Assert.Throws<DataException>(() => new SentencePieceTokenizer("/nowhere/x.model")).Message, StringComparison.Ordinal);
        var model = fixture.Write("some.model", "no model");
        Assert.Contains("apt-get install sentencepiece", Assert.Throws<DataException>(() => new SentencePieceTokenizer(model, fixture.Tools)).Message, StringComparison.Ordinal);
        Assert.SkipUnless(File.Exists("/usr/bin/spm_export_vocab"), "SentencePiece is not installed: apt-get install sentencepiece");
        Assert.Contains("could not use the SentencePiece model", Assert.Throws<DataException>(() => new SentencePieceTokenizer(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tokenizer_of_an_unknown_kind_is_refused()
    {
        Assert.Contains("'words' is not known", Assert.Throws<DataException>(() => Tokenizers.FromJson("""{"kind":"words"}""", Real)).Message, StringComparison.Ordinal);
        Assert.Throws<DataException>(() => Tokenizers.FromJson("[1]", Real));
        Assert.Equal("ab", ((CharacterTokenizer)Tokenizers.FromJson(CharacterTokenizer.Of("ba").ToJson(), Real)).Symbols);
    }
}
