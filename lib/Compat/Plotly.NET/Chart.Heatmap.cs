using Plotly.NET.TraceObjects;

namespace Plotly.NET.CSharp;

/// <summary>Values over a plane: plotly.js "heatmap" and "contour" traces.</summary>
public static partial class Chart
{
    public static GenericChart Heatmap<ZType, XType, YType, TextType>(
        IEnumerable<IEnumerable<ZType>> zData,
        Optional<string> Name = default,
        Optional<bool> ShowLegend = default,
        Optional<double> Opacity = default,
        Optional<IEnumerable<XType>> X = default,
        Optional<int> XGap = default,
        Optional<IEnumerable<YType>> Y = default,
        Optional<int> YGap = default,
        Optional<TextType> Text = default,
        Optional<IEnumerable<TextType>> MultiText = default,
        Optional<ColorBar> ColorBar = default,
        Optional<StyleParam.Colorscale> ColorScale = default,
        Optional<bool> ShowScale = default,
        Optional<bool> ReverseScale = default,
        Optional<StyleParam.SmoothAlg> ZSmooth = default,
        Optional<bool> Transpose = default,
        Optional<bool> UseWebGL = default,
        Optional<bool> ReverseYAxis = default,
        Optional<bool> UseDefaults = default)
        where ZType : IConvertible
        where XType : IConvertible
        where YType : IConvertible
        where TextType : IConvertible
    {
        var chart = Drawn(UseDefaults, new PlotlyObject().With("type", UseWebGL is { IsSome: true, Value: true } ? "heatmapgl" : "heatmap")
            .Set("name", Name).Set("showlegend", ShowLegend).Set("opacity", Opacity)
            .Set("x", X).Set("xgap", XGap).Set("y", Y).Set("ygap", YGap).With("z", zData).Set("text", Text).Set("text", MultiText)
            .Set("colorscale", ColorScale).Set("showscale", ShowScale).Set("reversescale", ReverseScale).Set("zsmooth", ZSmooth).Set("transpose", Transpose));
        if (ReverseYAxis is { IsSome: true, Value: true }) chart.Layout.With("yaxis", new PlotlyObject().With("autorange", "reversed"));
        return chart;
    }

    public static GenericChart Contour<ZType, XType, YType, TextType>(
        IEnumerable<IEnumerable<ZType>> zData,
        Optional<string> Name = default,
        Optional<bool> ShowLegend = default,
        Optional<double> Opacity = default,
        Optional<IEnumerable<XType>> X = default,
        Optional<IEnumerable<YType>> Y = default,
        Optional<TextType> Text = default,
        Optional<IEnumerable<TextType>> MultiText = default,
        Optional<ColorBar> ColorBar = default,
        Optional<StyleParam.Colorscale> ColorScale = default,
        Optional<bool> ShowScale = default,
        Optional<bool> ReverseScale = default,
        Optional<bool> Transpose = default,
        Optional<Color> ContourLineColor = default,
        Optional<StyleParam.DrawingStyle> ContourLineDash = default,
        Optional<double> ContourLineSmoothing = default,
        Optional<Line> ContourLine = default,
        Optional<StyleParam.ContourColoring> ContoursColoring = default,
        Optional<StyleParam.ConstraintOperation> ContoursOperation = default,
        Optional<StyleParam.ContourType> ContoursType = default,
        Optional<bool> ShowContourLabels = default,
        Optional<Font> ContourLabelFont = default,
        Optional<Contours> Contours = default,
        Optional<Color> FillColor = default,
        Optional<int> NContours = default,
        Optional<bool> UseDefaults = default)
        where ZType : IConvertible
        where XType : IConvertible
        where YType : IConvertible
        where TextType : IConvertible =>
        Drawn(UseDefaults, new PlotlyObject().With("type", "contour")
            .Set("name", Name).Set("showlegend", ShowLegend).Set("opacity", Opacity)
            .Set("x", X).Set("y", Y).With("z", zData).Set("text", Text).Set("text", MultiText)
            .Set("colorscale", ColorScale).Set("showscale", ShowScale).Set("reversescale", ReverseScale).Set("transpose", Transpose)
            .Set("fillcolor", FillColor).Set("ncontours", NContours)
            .With("contours", new PlotlyObject().Set("coloring", ContoursColoring).Set("showlabels", ShowContourLabels))
            // The package draws no lines between the levels unless it is told their width, which this call cannot say.
            .With("line", new PlotlyObject().With("width", 0.0).Set("color", ContourLineColor).Set("dash", ContourLineDash).Set("smoothing", ContourLineSmoothing)));
}
