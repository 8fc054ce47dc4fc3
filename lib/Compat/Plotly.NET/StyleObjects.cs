// Types that the signatures of Plotly.NET.CSharp name and the workbook never makes: what they would hold is said by other
// arguments (LineWidth, MarkerColor, TitleText). None can be constructed, so none can be passed.

namespace Plotly.NET
{
    /// <summary>Plotly.NET's F# entry points. Empty here; it exists so that "using Plotly.NET" beside "using Plotly.NET.CSharp"
    /// makes the name Chart ambiguous here as it does there: say using Chart = Plotly.NET.CSharp.Chart.</summary>
    public class Chart
    {
        internal Chart() { }
    }

    public class Line
    {
        internal Line() { }
    }

    public class Font
    {
        internal Font() { }
    }

    public class Title
    {
        internal Title() { }
    }

    public class ColorBar
    {
        internal ColorBar() { }
    }
}

namespace Plotly.NET.TraceObjects
{
    public class Marker
    {
        internal Marker() { }
    }

    public class Pattern
    {
        internal Pattern() { }
    }

    public class Bins
    {
        internal Bins() { }
    }

    public class Error
    {
        internal Error() { }
    }

    public class Cumulative
    {
        internal Cumulative() { }
    }

    public class Contours
    {
        internal Contours() { }
    }
}

namespace Plotly.NET.LayoutObjects
{
    public class Hoverlabel
    {
        internal Hoverlabel() { }
    }

    public class Domain
    {
        internal Domain() { }
    }

    public class RangeSlider
    {
        internal RangeSlider() { }
    }

    public class RangeSelector
    {
        internal RangeSelector() { }
    }
}
