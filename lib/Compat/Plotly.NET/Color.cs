using System.Globalization;

namespace Plotly.NET;

/// <summary>A colour, written as CSS does.</summary>
public class Color : IPlotlyValue
{
    readonly string value;

    Color(string value) => this.value = value;

    object IPlotlyValue.Value => value;

    /// <summary>From six hexadecimal digits, with or without "#".</summary>
    public static Color fromHex(string s)
    {
        var digits = s.TrimStart('#');
        return digits.Length == 6 && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var rgb)
            ? fromRGB(rgb >> 16, (rgb >> 8) & 255, rgb & 255)
            : throw new ArgumentException($"'{s}' is no colour: give six hexadecimal digits, such as #0072B2.", nameof(s));
    }

    /// <summary>From red, green and blue, each 0 to 255.</summary>
    public static Color fromRGB(int r, int g, int b) => fromARGB(255, r, g, b);

    /// <summary>From opacity, red, green and blue, each 0 to 255.</summary>
    public static Color fromARGB(int a, int r, int g, int b)
    {
        foreach (var part in new[] { a, r, g, b })
            if (part is < 0 or > 255) throw new ArgumentException($"{part} is no part of a colour: give 0 to 255.");
        return new(string.Create(CultureInfo.InvariantCulture, $"rgba({r}, {g}, {b}, {a / 255.0:0.0})"));
    }

    /// <summary>From any CSS colour.</summary>
    public static Color fromString(string c) => new(c);
}
