namespace Plotly.NET;

/// <summary>The words that plotly.js has for styles; this part is about traces.</summary>
public static partial class StyleParam
{
    /// <summary>What a scatter trace shows.</summary>
    public sealed class Mode : IPlotlyValue
    {
        readonly string value;

        Mode(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static Mode None { get; } = new("none");
        public static Mode Lines { get; } = new("lines");
        public static Mode Lines_Markers { get; } = new("lines+markers");
        public static Mode Lines_Text { get; } = new("lines+text");
        public static Mode Lines_Markers_Text { get; } = new("lines+markers+text");
        public static Mode Markers { get; } = new("markers");
        public static Mode Markers_Text { get; } = new("markers+text");
        public static Mode Text { get; } = new("text");
    }

    /// <summary>How a line is dashed.</summary>
    public class DrawingStyle : IPlotlyValue
    {
        readonly string value;

        DrawingStyle(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static DrawingStyle Solid { get; } = new("solid");
        public static DrawingStyle Dash { get; } = new("dash");
        public static DrawingStyle Dot { get; } = new("dot");
        public static DrawingStyle DashDot { get; } = new("dashdot");
        public static DrawingStyle LongDash { get; } = new("longdash");
        public static DrawingStyle LongDashDot { get; } = new("longdashdot");
    }

    /// <summary>Where a label stands.</summary>
    public sealed class TextPosition : IPlotlyValue
    {
        readonly string value;

        TextPosition(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static TextPosition TopLeft { get; } = new("top left");
        public static TextPosition TopCenter { get; } = new("top center");
        public static TextPosition TopRight { get; } = new("top right");
        public static TextPosition MiddleLeft { get; } = new("middle left");
        public static TextPosition MiddleCenter { get; } = new("middle center");
        public static TextPosition MiddleRight { get; } = new("middle right");
        public static TextPosition BottomLeft { get; } = new("bottom left");
        public static TextPosition BottomCenter { get; } = new("bottom center");
        public static TextPosition BottomRight { get; } = new("bottom right");
        public static TextPosition Auto { get; } = new("auto");
        public static TextPosition Inside { get; } = new("inside");
        public static TextPosition Outside { get; } = new("outside");
        public static TextPosition None { get; } = new("none");
    }

    /// <summary>The shape of a point, by plotly.js's number.</summary>
    public class MarkerSymbol : IPlotlyValue
    {
        readonly string value;

        MarkerSymbol(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static MarkerSymbol Circle { get; } = new("0");
        public static MarkerSymbol Square { get; } = new("1");
        public static MarkerSymbol Diamond { get; } = new("2");
        public static MarkerSymbol Cross { get; } = new("3");
        public static MarkerSymbol X { get; } = new("4");
        public static MarkerSymbol TriangleUp { get; } = new("5");
    }

    /// <summary>From values to colours.</summary>
    public class Colorscale : IPlotlyValue
    {
        readonly string value;

        Colorscale(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static Colorscale RdBu { get; } = new("RdBu");
        public static Colorscale Jet { get; } = new("Jet");
        public static Colorscale Hot { get; } = new("Hot");
        public static Colorscale Greys { get; } = new("Greys");
        public static Colorscale Viridis { get; } = new("Viridis");
        public static Colorscale Cividis { get; } = new("Cividis");
    }

    /// <summary>Which area a line fills.</summary>
    public sealed class Fill : IPlotlyValue
    {
        readonly string value;

        Fill(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static Fill None { get; } = new("none");
        public static Fill ToZero_y { get; } = new("tozeroy");
        public static Fill ToZero_x { get; } = new("tozerox");
        public static Fill ToNext_y { get; } = new("tonexty");
        public static Fill ToNext_x { get; } = new("tonextx");
        public static Fill ToSelf { get; } = new("toself");
        public static Fill ToNext { get; } = new("tonext");
    }

    /// <summary>How stacked lines are scaled.</summary>
    public sealed class GroupNorm : IPlotlyValue
    {
        readonly string value;

        GroupNorm(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static GroupNorm None { get; } = new("");
        public static GroupNorm Fraction { get; } = new("fraction");
        public static GroupNorm Percent { get; } = new("percent");
    }

    /// <summary>Which way bars lie.</summary>
    public sealed class Orientation : IPlotlyValue
    {
        readonly string value;

        Orientation(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static Orientation Horizontal { get; } = new("h");
        public static Orientation Vertical { get; } = new("v");
    }

    /// <summary>The hatching of a bar.</summary>
    public sealed class PatternShape : IPlotlyValue
    {
        readonly string value;

        PatternShape(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static PatternShape None { get; } = new("");
        public static PatternShape DiagonalDescending { get; } = new("/");
        public static PatternShape DiagonalAscending { get; } = new("\\");
        public static PatternShape DiagonalChecked { get; } = new("x");
        public static PatternShape HorizontalLines { get; } = new("-");
        public static PatternShape VerticalLines { get; } = new("|");
        public static PatternShape Checked { get; } = new("+");
        public static PatternShape Dots { get; } = new(".");
    }

    /// <summary>What a bin shows of its values.</summary>
    public sealed class HistFunc : IPlotlyValue
    {
        readonly string value;

        HistFunc(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static HistFunc Count { get; } = new("count");
        public static HistFunc Sum { get; } = new("sum");
        public static HistFunc Avg { get; } = new("avg");
        public static HistFunc Min { get; } = new("min");
        public static HistFunc Max { get; } = new("max");
    }

    /// <summary>How bins are scaled.</summary>
    public sealed class HistNorm : IPlotlyValue
    {
        readonly string value;

        HistNorm(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static HistNorm None { get; } = new("");
        public static HistNorm Percent { get; } = new("percent");
        public static HistNorm Probability { get; } = new("probability");
        public static HistNorm Density { get; } = new("density");
        public static HistNorm ProbabilityDensity { get; } = new("probability density");
    }

    /// <summary>How a heatmap is smoothed.</summary>
    public sealed class SmoothAlg : IPlotlyValue
    {
        readonly object value;

        SmoothAlg(object value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static SmoothAlg False { get; } = new(false);
        public static SmoothAlg Best { get; } = new("best");
        public static SmoothAlg Fast { get; } = new("fast");
    }

    /// <summary>What a contour plot colours.</summary>
    public sealed class ContourColoring : IPlotlyValue
    {
        readonly string value;

        ContourColoring(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static ContourColoring Fill { get; } = new("fill");
        public static ContourColoring Heatmap { get; } = new("heatmap");
        public static ContourColoring Lines { get; } = new("lines");
        public static ContourColoring NoColoring { get; } = new("none");
    }

    /// <summary>Which values a contour holds back.</summary>
    public sealed class ConstraintOperation : IPlotlyValue
    {
        readonly string value;

        ConstraintOperation(string value) => this.value = value;

        object IPlotlyValue.Value => value;
    }

    /// <summary>Whether contours are levels or a constraint.</summary>
    public sealed class ContourType : IPlotlyValue
    {
        readonly string value;

        ContourType(string value) => this.value = value;

        object IPlotlyValue.Value => value;
    }
}
