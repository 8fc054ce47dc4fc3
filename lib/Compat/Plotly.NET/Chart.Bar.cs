using Plotly.NET.LayoutObjects;
using Plotly.NET.TraceObjects;

namespace Plotly.NET.CSharp;

/// <summary>Bars and counts: plotly.js "bar" and "histogram" traces.</summary>
public static partial class Chart
{
    public static GenericChart Bar<ValuesType, KeysType, TextType>(
        IEnumerable<ValuesType> values,
        Optional<IEnumerable<KeysType>> Keys = default,
        Optional<string> Name = default,
        Optional<bool> ShowLegend = default,
        Optional<double> Opacity = default,
        Optional<IEnumerable<double>> MultiOpacity = default,
        Optional<TextType> Text = default,
        Optional<IEnumerable<TextType>> MultiText = default,
        Optional<Color> MarkerColor = default,
        Optional<StyleParam.Colorscale> MarkerColorScale = default,
        Optional<Line> MarkerOutline = default,
        Optional<StyleParam.PatternShape> MarkerPatternShape = default,
        Optional<IEnumerable<StyleParam.PatternShape>> MultiMarkerPatternShape = default,
        Optional<Pattern> MarkerPattern = default,
        Optional<Marker> Marker = default,
        Optional<StyleParam.TextPosition> TextPosition = default,
        Optional<IEnumerable<StyleParam.TextPosition>> MultiTextPosition = default,
        Optional<IEnumerable<ValuesType>> MultiWidth = default,
        Optional<bool> UseDefaults = default,
        Optional<ValuesType> Base = default,
        Optional<ValuesType> Width = default)
        where ValuesType : IConvertible
        where KeysType : IConvertible
        where TextType : IConvertible =>
        Drawn(UseDefaults, new PlotlyObject().With("type", "bar").With("x", values).Set("y", Keys).With("orientation", "h")
            .Set("name", Name).Set("showlegend", ShowLegend).Set("opacity", Opacity)
            .Set("text", Text).Set("text", MultiText).Set("textposition", TextPosition).Set("textposition", MultiTextPosition)
            .Set("base", Base).Set("width", Width).Set("width", MultiWidth)
            .With("marker", BarMarker(MarkerColor, MarkerColorScale, MultiOpacity, MarkerPatternShape, MultiMarkerPatternShape)));

    public static GenericChart Column<ValuesType, KeysType, TextType>(
        IEnumerable<ValuesType> values,
        Optional<IEnumerable<KeysType>> Keys = default,
        Optional<string> Name = default,
        Optional<bool> ShowLegend = default,
        Optional<double> Opacity = default,
        Optional<IEnumerable<double>> MultiOpacity = default,
        Optional<TextType> Text = default,
        Optional<IEnumerable<TextType>> MultiText = default,
        Optional<Color> MarkerColor = default,
        Optional<StyleParam.Colorscale> MarkerColorScale = default,
        Optional<Line> MarkerOutline = default,
        Optional<StyleParam.PatternShape> MarkerPatternShape = default,
        Optional<IEnumerable<StyleParam.PatternShape>> MultiMarkerPatternShape = default,
        Optional<Pattern> MarkerPattern = default,
        Optional<Marker> Marker = default,
        Optional<StyleParam.TextPosition> TextPosition = default,
        Optional<IEnumerable<StyleParam.TextPosition>> MultiTextPosition = default,
        Optional<IEnumerable<ValuesType>> MultiWidth = default,
        Optional<bool> UseDefaults = default,
        Optional<ValuesType> Base = default,
        Optional<ValuesType> Width = default)
        where ValuesType : IConvertible
        where KeysType : IConvertible
        where TextType : IConvertible =>
        Drawn(UseDefaults, new PlotlyObject().With("type", "bar").Set("x", Keys).With("y", values).With("orientation", "v")
            .Set("name", Name).Set("showlegend", ShowLegend).Set("opacity", Opacity)
            .Set("text", Text).Set("text", MultiText).Set("textposition", TextPosition).Set("textposition", MultiTextPosition)
            .Set("base", Base).Set("width", Width).Set("width", MultiWidth)
            .With("marker", BarMarker(MarkerColor, MarkerColorScale, MultiOpacity, MarkerPatternShape, MultiMarkerPatternShape)));

    public static GenericChart Histogram<XType, YType, TextType>(
        Optional<IEnumerable<XType>> X = default,
        Optional<IEnumerable<YType>> Y = default,
        Optional<StyleParam.Orientation> Orientation = default,
        Optional<string> Name = default,
        Optional<bool> ShowLegend = default,
        Optional<double> Opacity = default,
        Optional<TextType> Text = default,
        Optional<IEnumerable<TextType>> MultiText = default,
        Optional<StyleParam.HistFunc> HistFunc = default,
        Optional<StyleParam.HistNorm> HistNorm = default,
        Optional<string> AlignmentGroup = default,
        Optional<string> OffsetGroup = default,
        Optional<int> NBinsX = default,
        Optional<int> NBinsY = default,
        Optional<string> BinGroup = default,
        Optional<Bins> XBins = default,
        Optional<Bins> YBins = default,
        Optional<Color> MarkerColor = default,
        Optional<Marker> Marker = default,
        Optional<Line> Line = default,
        Optional<Error> XError = default,
        Optional<Error> YError = default,
        Optional<Cumulative> Cumulative = default,
        Optional<Hoverlabel> HoverLabel = default,
        Optional<bool> UseDefaults = default)
        where XType : IConvertible
        where YType : IConvertible
        where TextType : IConvertible =>
        Drawn(UseDefaults, new PlotlyObject().With("type", "histogram").Set("x", X).Set("y", Y).Set("orientation", Orientation)
            .Set("name", Name).Set("showlegend", ShowLegend).Set("opacity", Opacity).Set("text", Text).Set("text", MultiText)
            .Set("histfunc", HistFunc).Set("histnorm", HistNorm).Set("alignmentgroup", AlignmentGroup).Set("offsetgroup", OffsetGroup)
            .Set("nbinsx", NBinsX).Set("nbinsy", NBinsY).Set("bingroup", BinGroup)
            .With("marker", BarMarker(MarkerColor, default, default, default, default)));

    static PlotlyObject BarMarker(
        Optional<Color> color,
        Optional<StyleParam.Colorscale> scale,
        Optional<IEnumerable<double>> opacity,
        Optional<StyleParam.PatternShape> shape,
        Optional<IEnumerable<StyleParam.PatternShape>> shapes) =>
        new PlotlyObject().Set("color", color).Set("colorscale", scale).Set("opacity", opacity)
            .With("pattern", new PlotlyObject().Set("shape", shape).Set("shape", shapes));
}
