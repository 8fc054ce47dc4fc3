using System.Buffers;
using System.Text;

namespace AdEMAMix.Workbook;

/// <summary>The one form in which every text is trained on: Unicode without byte order mark, lines ended by U+000A.</summary>
static class TextNormalisation
{
    /// <summary>UTF-8 without byte order mark.</summary>
    public static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>UTF-8 bytes as text; <paramref name="name"/> is what an error calls them.</summary>
    /// <exception cref="DataException">They are not UTF-8, or hold a zero byte, as no text does.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes, string name)
    {
        var start = bytes.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        var content = bytes[start..];
        var zero = content.IndexOf((byte)0);
        var characters = ArrayPool<char>.Shared.Rent(content.Length);
        try
        {
            var status = Utf8Decode(content, characters, out var read, out var written);
            if (zero >= 0 && zero <= read) throw NotText(bytes, start + zero, name);
            if (status != OperationStatus.Done) throw NotText(bytes, start + read, name);
            var text = new string(characters, 0, written);
            return text.Contains('\r', StringComparison.Ordinal) ? text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n') : text;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }

    static DataException NotText(ReadOnlySpan<byte> bytes, int at, string name) =>
        new($"'{name}' is not UTF-8 text (byte 0x{bytes[at]:X2} at offset {at}): save it as UTF-8, or remove it.");

    static OperationStatus Utf8Decode(ReadOnlySpan<byte> source, Span<char> target, out int read, out int written) =>
        System.Text.Unicode.Utf8.ToUtf16(source, target, out read, out written, replaceInvalidSequences: false);

    /// <summary>Several texts as one: white space at the end of each is dropped, a blank line separates them, one line end closes.</summary>
    public static string Join(IEnumerable<string> texts) => string.Join("\n\n", texts.Select(text => text.TrimEnd()).Where(text => text.Length > 0)) + "\n";
}
