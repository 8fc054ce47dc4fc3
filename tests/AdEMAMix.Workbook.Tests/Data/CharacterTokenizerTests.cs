using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class CharacterTokenizerTests
{
    static string Prose => File.ReadAllText(DataFixture.Fixture("prose.txt"));

    [Fact]
    public void Tokens_are_the_sorted_distinct_characters()
    {
        var tokenizer = CharacterTokenizer.Of("banana\n£");
        Assert.Equal("\nabn£", tokenizer.Symbols);
        Assert.Equal(5, tokenizer.VocabularySize);
        Assert.Equal([2, 1, 3, 1, 3, 1, 0, 4], tokenizer.Encode("banana\n£").Select(token => (int)token));
    }

    [Fact]
    public void Prose_survives_encoding_and_decoding()
    {
        var tokenizer = CharacterTokenizer.Of(Prose);
        var tokens = tokenizer.Encode(Prose);
        Assert.Equal(Prose.Length, tokens.Length);
        Assert.Equal(Prose, tokenizer.Decode(tokens));
    }

    [Fact]
    public void A_character_beyond_the_basic_plane_is_one_token()
    {
        const string Text = "a\U0001F600\U00010000\uFFFDb";
        var tokenizer = CharacterTokenizer.Of(Text);
        Assert.Equal("ab\uFFFD\U00010000\U0001F600", tokenizer.Symbols); // by code point; UTF-16 units would sort U+FFFD last
        Assert.Equal([0, 4, 3, 2, 1], tokenizer.Encode(Text).Select(token => (int)token));
        Assert.Equal(Text, tokenizer.Decode(tokenizer.Encode(Text)));
    }

    [Theory]
    [InlineData("ab\nab£", "The character '£' (U+00A3) at position 5 (line 2, column 3)")]
    [InlineData("\U0001F600", "The character '\U0001F600' (U+1F600) at position 0 (line 1, column 1)")]
    [InlineData("a\0", "The character (U+0000) at position 1 (line 1, column 2)")]
    public void An_unknown_character_is_named_with_its_place(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<DataException>(() => CharacterTokenizer.Of("ab\n").Encode(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Half_a_surrogate_pair_is_named_with_its_place() =>
        Assert.Contains("half a surrogate pair (U+D83D) at index 1", Assert.Throws<DataException>(() => CharacterTokenizer.Of("ab").Encode("a\uD83D")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_token_outside_the_vocabulary_is_named() =>
        Assert.Contains("Token 3 at position 1", Assert.Throws<DataException>(() => CharacterTokenizer.Of("abc").Decode([0, 3])).Message, StringComparison.Ordinal);

    [Fact]
    public void The_vocabulary_may_fill_sixteen_bits_but_not_more()
    {
        static string Characters(int count) => string.Concat(Enumerable.Range(0x10000, count).Select(char.ConvertFromUtf32));
        var text = Characters(CharacterTokenizer.MaximumVocabulary);
        var tokenizer = CharacterTokenizer.Of(text);
        Assert.Equal(ushort.MaxValue, tokenizer.Encode(text)[^1]);
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        var problem = Assert.Throws<DataException>(() => CharacterTokenizer.Of(Characters(CharacterTokenizer.MaximumVocabulary + 1)));
        Assert.Contains("65,537 distinct characters", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\0\t\n \"'\\ab\u2028\uFFFD\U0001F600")]
    [InlineData("x")]
    public void Json_brings_the_same_tokenizer_back(string symbols)
    {
        var json = CharacterTokenizer.Of(symbols).ToJson();
        var tokenizer = CharacterTokenizer.FromJson(json);
        Assert.Equal(symbols, tokenizer.Symbols);
        Assert.Equal(json, tokenizer.ToJson());
    }

    [Theory]
    [InlineData("""{"kind":"characters","symbols":"ba"}""")]
    [InlineData("""{"kind":"characters","symbols":"aa"}""")]
    [InlineData("""{"kind":"characters","symbols":""}""")]
    [InlineData("""{"kind":"bpe","symbols":"ab"}""")]
    [InlineData("""{"kind":"characters"}""")]
    [InlineData("""{"kind":"characters","symbols":"ab","more":1}""")]
    [InlineData("""{"kind":"characters","symb""")]
    [InlineData("null")]
    public void Other_json_is_refused(string json) => Assert.Throws<DataException>(() => CharacterTokenizer.FromJson(json));
}
