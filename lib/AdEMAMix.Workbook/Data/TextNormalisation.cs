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
        var start = MarkLength(bytes);
        return LineEnds(DecodeBlock(bytes[start..], name, start));
    }

    /// <summary>Bytes of a byte order mark at the beginning.</summary>
    public static int MarkLength(ReadOnlySpan<byte> bytes) => bytes.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;

    /// <summary>A text whose lines end in U+000A.</summary>
    public static string LineEnds(string text) => text.Contains('\r', StringComparison.Ordinal) ? text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n') : text;

    /// <summary>A part of a file as it stands there.</summary>
    /// <param name="bytes">Whole characters.</param>
    /// <param name="name">What an error calls the file.</param>
    /// <param name="offset">Where the part starts in the file.</param>
    /// <exception cref="DataException">The bytes are not UTF-8, or hold a zero byte.</exception>
    public static string DecodeBlock(ReadOnlySpan<byte> bytes, string name, long offset)
    {
        var zero = bytes.IndexOf((byte)0);
        var characters = ArrayPool<char>.Shared.Rent(bytes.Length);
        try
        {
            var status = Utf8Decode(bytes, characters, out var read, out var written);
            if (zero >= 0 && zero <= read) throw NotText(bytes, zero, name, offset);
            if (status != OperationStatus.Done) throw NotText(bytes, read, name, offset);
            return new string(characters, 0, written);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }

    static DataException NotText(ReadOnlySpan<byte> bytes, int at, string name, long offset) =>
        new($"'{name}' is not UTF-8 text (byte 0x{bytes[at]:X2} at offset {offset + at}): save it as UTF-8, or remove it.");

    static OperationStatus Utf8Decode(ReadOnlySpan<byte> source, Span<char> target, out int read, out int written) =>
        System.Text.Unicode.Utf8.ToUtf16(source, target, out read, out written, replaceInvalidSequences: false);

    /// <summary>Several texts as one: white space at the end of each is dropped, a blank line separates them, one line end closes.</summary>
    public static string Join(IEnumerable<string> texts) => string.Join("\n\n", texts.Select(text => text.TrimEnd()).Where(text => text.Length > 0)) + "\n";
}
