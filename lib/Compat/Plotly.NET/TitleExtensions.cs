using Microsoft.FSharp.Core;

namespace Plotly.NET;

/// <summary>The part of Plotly.NET's own (F#) extensions that its C# layer lacks: titles.</summary>
public static class GenericChartExtensions
{
    public static GenericChart WithTitle(this GenericChart @this, string title, FSharpOption<Font>? TitleFont = null)
    {
        // A font cannot be made with this assembly, so there is none to set.
        @this.Layout.Combine(new PlotlyObject().With("title", new PlotlyObject().With("text", title)));
        return @this.Again();
    }
}
