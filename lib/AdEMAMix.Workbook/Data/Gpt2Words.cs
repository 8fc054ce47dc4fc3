using System.Buffers;
using System.Globalization;
using System.Text;

namespace AdEMAMix.Workbook;

/// <summary>
/// Cuts UTF-8 text into the words that GPT-2 encodes one by one. Its regular expression (Radford et al. 2019, encoder.py):
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.
/// </summary>
/// <remarks>Written out instead of compiled: .NET's expressions see halves of a surrogate pair where \p{L} means a letter. Bytes that are not UTF-8 count as signs.</remarks>
static class Gpt2Words
{
    enum Kind : byte
    {
        Sign,
        Letter,
        Number,
        Space,
    }

    static readonly Kind[] ascii = [.. Enumerable.Range(0, 128).Select(value => KindOf(new Rune(value)))];

    /// <summary>Bytes of the first word of a text that is not empty.</summary>
    public static int First(ReadOnlySpan<byte> text)
    {
        if (text[0] == '\'' && Contraction(text) is var contraction and > 0) return contraction;
        // One space belongs to the word after it.
        var start = text[0] == ' ' && text.Length > 1 ? 1 : 0;
        var kind = KindAt(text, start, out _);
        return kind == Kind.Space ? Spaces(text) : start + Run(text[start..], kind);
    }

    static int Contraction(ReadOnlySpan<byte> text)
    {
        var rest = text[1..];
        if (rest.StartsWith("re"u8) || rest.StartsWith("ve"u8) || rest.StartsWith("ll"u8)) return 3;
        return !rest.IsEmpty && rest[0] is (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d' ? 2 : 0;
    }

    // A run of spaces leaves its last one to the word that follows.
    static int Spaces(ReadOnlySpan<byte> text)
    {
        var (end, last) = (0, 0);
        while (end < text.Length && KindAt(text, end, out var length) == Kind.Space) (last, end) = (end, end + length);
        return end == text.Length || last == 0 ? end : last;
    }

    static int Run(ReadOnlySpan<byte> text, Kind kind)
    {
        var end = 0;
        while (end < text.Length && KindAt(text, end, out var length) == kind) end += length;
        return end;
    }

    static Kind KindAt(ReadOnlySpan<byte> text, int at, out int length)
    {
        if (text[at] < 128)
        {
            length = 1;
            return ascii[text[at]];
        }
        var valid = Rune.DecodeFromUtf8(text[at..], out var rune, out length) == OperationStatus.Done;
        return valid ? KindOf(rune) : Kind.Sign;
    }

    static Kind KindOf(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        _ when Rune.IsWhiteSpace(rune) => Kind.Space,
        <= UnicodeCategory.OtherLetter => Kind.Letter, // the five kinds of letters come first
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
        _ => Kind.Sign,
    };
}
