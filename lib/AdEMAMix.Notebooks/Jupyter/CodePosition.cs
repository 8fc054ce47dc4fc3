// Places in a cell's text: Jupyter counts characters (code points), .NET counts UTF-16 units.
namespace AdEMAMix.Notebooks;

static class CodePosition
{
    /// <summary>The index of the unit at a code point; the end where there are fewer.</summary>
    public static int ToUtf16(string code, int codePoints)
    {
        var index = 0;
        for (; codePoints > 0 && index < code.Length; codePoints--) index += char.IsSurrogatePair(code, index) ? 2 : 1;
        return index;
    }

    /// <summary>The number of code points before an index.</summary>
    public static int FromUtf16(string code, int index)
    {
        var codePoints = 0;
        for (var i = 0; i < Math.Min(index, code.Length); codePoints++) i += char.IsSurrogatePair(code, i) ? 2 : 1;
        return codePoints;
    }
}
