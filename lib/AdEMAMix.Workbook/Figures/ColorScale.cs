using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>The colour scale of heatmaps: viridis, even to the eye and readable in grey.</summary>
static class ColorScale
{
    static readonly (int R, int G, int B)[] Stops = [(68, 1, 84), (71, 44, 122), (59, 81, 139), (44, 113, 142), (33, 144, 141), (39, 173, 129), (92, 200, 99), (170, 220, 50), (253, 231, 37)];

    /// <summary>The colour at a place between 0 and 1.</summary>
    public static string Viridis(double place)
    {
        var at = place * (Stops.Length - 1);
        var i = Math.Min((int)at, Stops.Length - 2);
        var (a, b, t) = (Stops[i], Stops[i + 1], at - i);
        return string.Create(CultureInfo.InvariantCulture, $"#{Mix(a.R, b.R):x2}{Mix(a.G, b.G):x2}{Mix(a.B, b.B):x2}");

        int Mix(int from, int to) => (int)Math.Round(from + (to - from) * t);
    }
}
