namespace Plotly.NET;

/// <summary>The words that plotly.js has for styles; this part is about axes and grids.</summary>
public static partial class StyleParam
{
    /// <summary>The scale of an axis.</summary>
    public sealed class AxisType : IPlotlyValue
    {
        readonly string value;

        AxisType(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static AxisType Auto { get; } = new("-");
        public static AxisType Linear { get; } = new("linear");
        public static AxisType Log { get; } = new("log");
        public static AxisType Date { get; } = new("date");
        public static AxisType Category { get; } = new("category");
        public static AxisType MultiCategory { get; } = new("multicategory");
    }

    /// <summary>Whether an axis is repeated on the far side.</summary>
    public sealed class Mirror : IPlotlyValue
    {
        readonly object value;

        Mirror(object value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static Mirror True { get; } = new(true);
        public static Mirror Ticks { get; } = new("ticks");
        public static Mirror False { get; } = new(false);
        public static Mirror All { get; } = new("all");
        public static Mirror AllTicks { get; } = new("allticks");
    }

    /// <summary>Which side an axis stands on.</summary>
    public sealed class Side : IPlotlyValue
    {
        readonly string value;

        Side(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static Side Top { get; } = new("top");
        public static Side TopLeft { get; } = new("top left");
        public static Side TopCenter { get; } = new("top center");
        public static Side TopRight { get; } = new("top right");
        public static Side Bottom { get; } = new("bottom");
        public static Side Left { get; } = new("left");
        public static Side Right { get; } = new("right");
    }

    /// <summary>The order of an axis's categories.</summary>
    public sealed class CategoryOrder : IPlotlyValue
    {
        readonly string value;

        CategoryOrder(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static CategoryOrder Trace { get; } = new("trace");
        public static CategoryOrder CategoryAscending { get; } = new("category ascending");
        public static CategoryOrder CategoryDescending { get; } = new("category descending");
        public static CategoryOrder Array { get; } = new("array");
        public static CategoryOrder TotalAscending { get; } = new("total ascending");
        public static CategoryOrder TotalDescending { get; } = new("total descending");
    }

    /// <summary>Which row of a grid is the first.</summary>
    public sealed class LayoutGridRowOrder : IPlotlyValue
    {
        readonly string value;

        LayoutGridRowOrder(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static LayoutGridRowOrder TopToBottom { get; } = new("top to bottom");
        public static LayoutGridRowOrder BottomToTop { get; } = new("bottom to top");
    }

    /// <summary>Whether the cells of a grid share axes.</summary>
    public sealed class LayoutGridPattern : IPlotlyValue
    {
        readonly string value;

        LayoutGridPattern(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static LayoutGridPattern Independent { get; } = new("independent");
        public static LayoutGridPattern Coupled { get; } = new("coupled");
    }

    /// <summary>Where a grid's horizontal axes are labelled.</summary>
    public sealed class LayoutGridXSide : IPlotlyValue
    {
        readonly string value;

        LayoutGridXSide(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static LayoutGridXSide Bottom { get; } = new("bottom");
        public static LayoutGridXSide BottomPlot { get; } = new("bottom plot");
        public static LayoutGridXSide Top { get; } = new("top");
        public static LayoutGridXSide TopPlot { get; } = new("top plot");
    }

    /// <summary>Where a grid's vertical axes are labelled.</summary>
    public sealed class LayoutGridYSide : IPlotlyValue
    {
        readonly string value;

        LayoutGridYSide(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static LayoutGridYSide Left { get; } = new("left");
        public static LayoutGridYSide LeftPlot { get; } = new("left plot");
        public static LayoutGridYSide Right { get; } = new("right");
        public static LayoutGridYSide RightPlot { get; } = new("right plot");
    }

    /// <summary>An axis as a trace or another axis names it: "x", "x2", "y3".</summary>
    public abstract class LinearAxisId : IPlotlyValue
    {
        internal LinearAxisId() { }

        object IPlotlyValue.Value => Name;

        internal abstract string Name { get; }

        public static LinearAxisId Free { get; } = new Named("free");

        public static LinearAxisId NewX(int item) => new Named(Numbered("x", item));

        public static LinearAxisId NewY(int item) => new Named(Numbered("y", item));

        sealed class Named(string name) : LinearAxisId
        {
            internal override string Name => name;
        }
    }

    /// <summary>An axis as the layout names it: "xaxis", "xaxis2", "yaxis3".</summary>
    public class SubPlotId : IPlotlyValue
    {
        readonly string value;

        SubPlotId(string value) => this.value = value;

        object IPlotlyValue.Value => value;

        public static SubPlotId NewXAxis(int item) => new(Numbered("xaxis", item));

        public static SubPlotId NewYAxis(int item) => new(Numbered("yaxis", item));
    }

    static string Numbered(string name, int number) => number < 2 ? name : name + number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
