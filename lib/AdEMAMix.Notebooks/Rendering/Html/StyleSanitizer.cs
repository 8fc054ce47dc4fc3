// The style attribute of foreign HTML: colours, type, spacing and tables stay; what fetches, moves or covers goes.
using System.Text;
using System.Text.RegularExpressions;

namespace AdEMAMix.Notebooks;

/// <summary>Keeps the declarations of a style attribute whose property is listed and whose value is made of plain words, numbers, colours and listed functions.</summary>
static partial class StyleSanitizer
{
    static readonly HashSet<string> Properties = [.. (
        "align-items align-content align-self background background-color border border-bottom border-bottom-color border-bottom-style border-bottom-width border-collapse border-color border-left border-left-color "
        + "border-left-style border-left-width border-radius border-right border-right-color border-right-style border-right-width border-spacing border-style border-top border-top-color border-top-style border-top-width "
        + "border-width box-sizing break-inside caption-side clear color column-gap display empty-cells flex flex-basis flex-direction flex-flow flex-grow flex-shrink flex-wrap float font font-family font-size font-style "
        + "font-variant font-variant-numeric font-weight gap grid-template-columns height justify-content letter-spacing line-height list-style list-style-position list-style-type margin margin-bottom margin-left "
        + "margin-right margin-top max-height max-width min-height min-width opacity overflow overflow-wrap overflow-x overflow-y padding padding-bottom padding-left padding-right padding-top row-gap tab-size table-layout "
        + "text-align text-decoration text-indent text-overflow text-transform vertical-align white-space width word-break word-spacing word-wrap").Split(' ')];

    static readonly HashSet<string> Functions = ["rgb", "rgba", "hsl", "hsla", "calc", "min", "max", "clamp", "linear-gradient", "repeat", "minmax"];

    public static string? Clean(string style)
    {
        // Escapes and comments can hide anything; no honest style attribute of an output has them.
        if (style.Length > 4000 || style.Contains('\\', StringComparison.Ordinal) || style.Contains("/*", StringComparison.Ordinal)) return null;
        var kept = new StringBuilder();
        foreach (var declaration in Split(style))
        {
            var colon = declaration.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0) continue;
            var property = declaration[..colon].Trim().ToLowerInvariant();
            var value = declaration[(colon + 1)..].Trim();
            if (!Properties.Contains(property) || !Value().IsMatch(value)) continue;
            if (Function().Matches(value).Any(call => !Functions.Contains(call.Groups[1].Value.ToLowerInvariant()))) continue;
            // A negative margin would lay the output over its neighbours.
            if (property.StartsWith("margin", StringComparison.Ordinal) && Negative().IsMatch(value)) continue;
            kept.Append(kept.Length > 0 ? ";" : "").Append(property).Append(':').Append(value);
        }
        return kept.Length > 0 ? kept.ToString() : null;
    }

    static IEnumerable<string> Split(string style)
    {
        var (start, depth, quote) = (0, 0, '\0');
        for (var i = 0; i < style.Length; i++)
        {
            var c = style[i];
            if (quote != '\0') quote = c == quote ? '\0' : quote;
            else if (c is '"' or '\'') quote = c;
            else if (c == '(') depth++;
            else if (c == ')') depth--;
            else if (c == ';' && depth <= 0)
            {
                yield return style[start..i];
                start = i + 1;
            }
        }
        yield return style[start..];
    }

    [GeneratedRegex("""^[\w\s#%.,()+*/!'"-]+$""")]
    private static partial Regex Value();

    [GeneratedRegex(@"([\w-]*)\s*\(")]
    private static partial Regex Function();

    [GeneratedRegex(@"(^|\s)-")]
    private static partial Regex Negative();
}
