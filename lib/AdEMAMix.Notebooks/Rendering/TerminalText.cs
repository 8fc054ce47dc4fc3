// Console text as a terminal would show it in the end: lines overwritten by \r, colours dropped.
using System.Text;
using System.Text.RegularExpressions;

namespace AdEMAMix.Notebooks;

static partial class TerminalText
{
    public static string Final(string text)
    {
        if (text.AsSpan().IndexOfAny('\r', '\u001b', '\b') < 0) return text;
        var plain = Escape().Replace(text, "").Replace("\r\n", "\n", StringComparison.Ordinal);
        return string.Join('\n', plain.Split('\n').Select(Line));
    }

    static string Line(string line)
    {
        if (line.AsSpan().IndexOfAny('\r', '\b') < 0) return line;
        var cells = new StringBuilder();
        var column = 0;
        foreach (var c in line)
        {
            if (c == '\r') column = 0;
            else if (c == '\b') column = Math.Max(0, column - 1);
            else
            {
                if (column < cells.Length) cells[column] = c;
                else cells.Append(c);
                column++;
            }
        }
        return cells.ToString().TrimEnd();
    }

    [GeneratedRegex(@"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-_])")]
    private static partial Regex Escape();
}
