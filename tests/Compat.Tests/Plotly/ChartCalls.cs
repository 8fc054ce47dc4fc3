using Plotly.NET;
using Plotly.NET.CSharp;
using Chart = Plotly.NET.CSharp.Chart;

namespace Compat.Tests;

/// <summary>Calls of Plotly.NET.CSharp that compile unchanged against the real package; what they gave there is in tests/fixtures/compat.</summary>
static class ChartCalls
{
    static readonly double[] X = [1, 2, 3];
    static readonly double[] Y = [4.5, 2, 8.25];
    static readonly string[] Names = ["a", "b", "c"];
    static readonly double[][] Z = [[1, 2], [3, 4.5]];
    static readonly Color Orange = Color.fromHex("#D55E00");

    /// <summary>Each call's name and the JSON of its chart.</summary>
    public static IEnumerable<(string Name, string Json)> Run()
    {
        foreach (var (name, chart) in Single().Concat(Shared())) yield return (name, GenericChart.toJson(chart));
    }

    static GenericChart Simple() => Chart.Line<double, double, string>(X, Y);

    static IEnumerable<(string, GenericChart)> Single()
    {
        yield return ("line", Chart.Line<double, double, string>(X, Y));
        yield return ("line2", Chart.Line<double, double, string>(x: X, y: Y, ShowMarkers: true, Name: "AdamW", ShowLegend: false, Opacity: 0.5, LineColor: Orange, LineWidth: 2.5, LineDash: StyleParam.DrawingStyle.Dash));
        yield return ("line3", Chart.Line<int, float, string>([1, 2], [1.5f, float.NaN], Text: "t", TextPosition: StyleParam.TextPosition.TopRight, Fill: StyleParam.Fill.ToZero_y, FillColor: Color.fromString("rgba(1,2,3,0.5)"), MultiText: Names));
        yield return ("point", Chart.Point<double, double, string>(X, Y, Name: "p", MarkerColor: Color.fromRGB(1, 2, 3), MarkerSymbol: StyleParam.MarkerSymbol.Circle, MultiText: Names, MultiOpacity: new[] { 0.1, 0.2, 0.3 }));
        yield return ("scatter", Chart.Scatter<string, double, string>(Names, Y, StyleParam.Mode.Lines_Markers, Name: "s", LineColor: Orange));
        yield return ("scatter2", Chart.Scatter<DateTime, decimal, string>([new DateTime(2024, 1, 2, 3, 4, 5)], [1.5m], StyleParam.Mode.Markers));
        yield return ("hist", Chart.Histogram<double, double, string>(X: X, NBinsX: 10, Name: "h", MarkerColor: Orange, HistNorm: StyleParam.HistNorm.Probability));
        yield return ("histy", Chart.Histogram<double, double, string>(Y: Y, Orientation: StyleParam.Orientation.Horizontal, Opacity: 0.5));
        yield return ("heat", Chart.Heatmap<double, string, string, string>(Z, X: new[] { "p", "q" }, Y: new[] { "r", "s" }, Name: "hm", ColorScale: StyleParam.Colorscale.Viridis, ShowScale: true, ReverseScale: true, XGap: 1, YGap: 2));
        yield return ("heat2", Chart.Heatmap<double, string, string, string>(Z, ReverseYAxis: true, ZSmooth: StyleParam.SmoothAlg.Best, Transpose: true));
        yield return ("contour", Chart.Contour<double, double, double, string>(Z, X: new[] { 0.0, 1 }, Y: new[] { 0.0, 1 }, NContours: 5, ShowContourLabels: true, ContoursColoring: StyleParam.ContourColoring.Lines, ColorScale: StyleParam.Colorscale.Viridis, ContourLineColor: Orange, ShowScale: false));
        yield return ("bar", Chart.Bar<double, string, string>(Y, Keys: Names, Name: "b", MarkerColor: Orange, Width: 0.5, Base: 1.0, MultiText: Names, TextPosition: StyleParam.TextPosition.Outside));
        yield return ("bar2", Chart.Bar<double, string, string>(Y));
        yield return ("column", Chart.Column<double, string, string>(Y, Keys: Names, Opacity: 0.7, MultiWidth: new[] { 0.1, 0.2, 0.3 }));
        yield return ("combine", Chart.Combine([Chart.Line<double, double, string>(X, Y, Name: "one"), Chart.Point<double, double, string>(X, Y).WithSize(Width: 500)]));
        yield return ("grid", Chart.Grid([Chart.Line<double, double, string>(X, Y).WithXAxisStyle<double, double, string>(TitleText: "first"), Chart.Point<double, double, string>(X, Y), Chart.Line<double, double, string>(X, Y).WithYAxisStyle<double, double, string>(TitleText: "third")], 2, 2));
        yield return ("grid2", Chart.Grid([Chart.Line<double, double, string>(X, Y), Chart.Point<double, double, string>(X, Y)], 1, 2, SubPlotTitles: new[] { "left", "right" }, Pattern: StyleParam.LayoutGridPattern.Coupled, XGap: 0.1, YGap: 0.2, RowOrder: StyleParam.LayoutGridRowOrder.BottomToTop));
        yield return ("title", Chart.Line<double, double, string>(X, Y).WithTitle("Loss & <i>more</i>"));
        yield return ("axes", Chart.Line<double, double, string>(X, Y).WithXAxisStyle<double, double, string>(TitleText: "tokens", AxisType: StyleParam.AxisType.Log, MinMax: Tuple.Create(1.0, 2.0), ShowGrid: true, ShowLine: true, ZeroLine: false, GridColor: Orange).WithYAxisStyle<double, double, string>(TitleText: "loss", TitleStandoff: 5, Side: StyleParam.Side.Right).WithSize(Width: 900, Height: 480));
        yield return ("axestwice", Chart.Line<double, double, string>(X, Y).WithXAxisStyle<double, double, string>(TitleText: "tokens", ShowGrid: true).WithXAxisStyle<double, double, string>(TitleText: "steps").WithSize(Height: 300));
        yield return ("axis2", Chart.Line<double, double, string>(X, Y).WithYAxisStyle<double, double, string>(TitleText: "second", Id: StyleParam.SubPlotId.NewYAxis(2), Domain: Tuple.Create(0.5, 1.0), Position: 0.5, Overlaying: StyleParam.LinearAxisId.NewY(1)));
        yield return ("cat", Chart.Line<double, double, string>(X, Y).WithXAxisStyle<double, double, string>(CategoryArray: Names, CategoryOrder: StyleParam.CategoryOrder.Array, Mirror: StyleParam.Mirror.All, Color: Orange, ShowSpikes: true, LineColor: Orange, ZeroLineColor: Orange, Anchor: StyleParam.LinearAxisId.Free));
    }

    /// <summary>Charts that share a layout or data with others: what changes in one and shows in another.</summary>
    static IEnumerable<(string, GenericChart)> Shared()
    {
        var a1 = Simple();
        var b1 = a1.WithSize(Width: 300);
        yield return ("alias-size", a1);
        b1.WithXAxisStyle<double, double, string>(TitleText: "late");
        yield return ("alias-axis", a1);
        var a2 = Simple().WithXAxisStyle<double, double, string>(TitleText: "ax", TitleStandoff: 5, ShowLine: true);
        var b2 = Simple().WithSize(Width: 100).WithXAxisStyle<double, double, string>(TitleText: "bx", ShowGrid: true);
        var c2 = Chart.Combine([a2, b2]);
        yield return ("combine-a", a2);
        yield return ("combine-b", b2);
        yield return ("combine-c", c2);
        b2.WithXAxisStyle<double, double, string>(TitleText: "later");
        yield return ("combine-c2", c2);
        var a3 = Simple().WithXAxisStyle<double, double, string>(TitleText: "ax");
        var b3 = Simple();
        var g3 = Chart.Grid([a3, b3, Simple()], 1, 2);
        yield return ("grid-a", a3);
        yield return ("grid-b", b3);
        yield return ("grid-g", g3);
        yield return ("combine-one", Chart.Combine([Simple()]));
        yield return ("grid-multi", Chart.Grid([Chart.Combine([Simple(), Simple()]), Simple()], 2, 1, SubPlotTitles: new[] { "p", "q" }, SubPlotTitleOffset: 0.1));
        yield return ("grid-up", Chart.Grid([Simple(), Simple(), Simple(), Simple()], 2, 2, SubPlotTitles: new[] { "a", "b", "c", "d" }, RowOrder: StyleParam.LayoutGridRowOrder.BottomToTop, XSide: StyleParam.LayoutGridXSide.Top, YSide: StyleParam.LayoutGridYSide.RightPlot));
        yield return ("grid-sub", Chart.Grid([Simple(), Simple()], 1, 2, SubPlots: new[] { new[] { Tuple.Create(StyleParam.LinearAxisId.NewX(1), StyleParam.LinearAxisId.NewY(1)), Tuple.Create(StyleParam.LinearAxisId.NewX(2), StyleParam.LinearAxisId.NewY(1)) } }));
        yield return ("grid-axes", Chart.Grid([Simple(), Simple()], 1, 2, XAxes: new[] { StyleParam.LinearAxisId.NewX(1), StyleParam.LinearAxisId.NewX(2) }, YAxes: new[] { StyleParam.LinearAxisId.NewY(1) }));
        yield return ("grid-grid", Chart.Grid([Chart.Grid([Simple().WithTitle("in"), Simple()], 1, 2, SubPlotTitles: new[] { "i", "j" }), Simple()], 1, 2, SubPlotTitles: new[] { "o", "p" }));
        yield return ("title2", Simple().WithTitle("one").WithTitle("two"));
        yield return ("nodefaults", Chart.Line<double, double, string>(X, Y, UseDefaults: false, UseWebGL: true, Text: "x", MarkerSymbol: StyleParam.MarkerSymbol.Square, StackGroup: "s", Orientation: StyleParam.Orientation.Vertical, GroupNorm: StyleParam.GroupNorm.Percent, MarkerColorScale: StyleParam.Colorscale.Viridis, LineColorScale: StyleParam.Colorscale.Hot));
        yield return ("multi", Chart.Line<double, double, string>(X, Y, MultiTextPosition: new[] { StyleParam.TextPosition.TopLeft, StyleParam.TextPosition.BottomRight }, MultiMarkerSymbol: new[] { StyleParam.MarkerSymbol.X, StyleParam.MarkerSymbol.TriangleUp }, ShowMarkers: true));
        var list = new List<double> { 1 };
        var late = Chart.Point<double, double, string>(list, list);
        list.Add(2);
        yield return ("late", late);
        yield return ("odd", Chart.Line<double, long, string>(new[] { 1e-7, 1e20, 123456789.123, double.PositiveInfinity }, new long[] { 2, 3, 4, 5 }));
        yield return ("pattern", Chart.Column<double, string, string>(Y, MarkerPatternShape: StyleParam.PatternShape.DiagonalAscending, MarkerColorScale: StyleParam.Colorscale.Jet, MultiMarkerPatternShape: new[] { StyleParam.PatternShape.Dots }));
        yield return ("hist2", Chart.Histogram<int, int, string>(X: new[] { 1, 2 }, HistFunc: StyleParam.HistFunc.Avg, BinGroup: "g", AlignmentGroup: "a", OffsetGroup: "o", NBinsY: 3, Text: "t"));
        yield return ("smooth", Chart.Heatmap<double, int, int, string>(Z, ZSmooth: StyleParam.SmoothAlg.False, Text: "t", Opacity: 0.5, ShowLegend: true));
        yield return ("contour2", Chart.Contour<double, double, double, string>(Z, ContourLineDash: StyleParam.DrawingStyle.Dot, ContourLineSmoothing: 0.5, FillColor: Orange, Opacity: 0.3, Transpose: true, ReverseScale: true));
        yield return ("mirror", Simple().WithXAxisStyle<double, double, string>(Mirror: StyleParam.Mirror.True).WithYAxisStyle<int, int, string>(MinMax: Tuple.Create(1, 2), BackgroundColor: Orange, ShowBackground: true, SpikeColor: Orange, SpikeThickness: 2));
        yield return ("argb", Chart.Line<double, double, string>(X, Y, LineColor: Color.fromARGB(128, 2, 3, 4)));
        yield return ("heatgl", Chart.Heatmap<double, int, int, string>(Z, UseWebGL: true, ReverseYAxis: true).WithYAxisStyle<double, double, string>(TitleText: "y"));
    }
}
