using Plotly.NET.LayoutObjects;

namespace Plotly.NET.CSharp;

/// <summary>The charts of Plotly.NET.CSharp that the workbook uses; this part combines charts into one.</summary>
public static partial class Chart
{
    public static GenericChart Combine(IEnumerable<GenericChart> gCharts) => GenericChart.Combined(gCharts);

    public static GenericChart Grid(
        IEnumerable<GenericChart> gCharts,
        int nRows,
        int nCols,
        Optional<IEnumerable<string>> SubPlotTitles = default,
        Optional<Font> SubPlotTitleFont = default,
        Optional<double> SubPlotTitleOffset = default,
        Optional<Tuple<StyleParam.LinearAxisId, StyleParam.LinearAxisId>[][]> SubPlots = default,
        Optional<StyleParam.LinearAxisId[]> XAxes = default,
        Optional<StyleParam.LinearAxisId[]> YAxes = default,
        Optional<StyleParam.LayoutGridRowOrder> RowOrder = default,
        Optional<StyleParam.LayoutGridPattern> Pattern = default,
        Optional<double> XGap = default,
        Optional<double> YGap = default,
        Optional<Domain> Domain = default,
        Optional<StyleParam.LayoutGridXSide> XSide = default,
        Optional<StyleParam.LayoutGridYSide> YSide = default)
    {
        var coupled = Pattern is { IsSome: true, Value: var pattern } && pattern == StyleParam.LayoutGridPattern.Coupled;
        var upwards = RowOrder is { IsSome: true, Value: var order } && order == StyleParam.LayoutGridRowOrder.BottomToTop;
        // More charts than cells: the rest is left out.
        var cells = gCharts.Take(nRows * nCols).Select((chart, i) => Placed(chart, i, coupled ? i % nCols + 1 : i + 1, coupled ? i / nCols + 1 : i + 1));
        var grid = GenericChart.Combined([.. cells]);

        var titles = new List<PlotlyObject>();
        if (SubPlotTitles.IsSome)
        {
            var columns = Cells(nCols, XGap is { IsSome: true, Value: var x } ? x : coupled ? 0.1 : 0.2, forward: true);
            var rows = Cells(nRows, YGap is { IsSome: true, Value: var y } ? y : coupled ? 0.1 : 0.3, forward: upwards);
            var offset = SubPlotTitleOffset.IsSome ? SubPlotTitleOffset.Value : 0;
            titles.AddRange(SubPlotTitles.Value.Select((title, i) => new PlotlyObject()
                .With("x", (columns[i % nCols].From + columns[i % nCols].To) / 2).With("y", rows[i / nCols].To + offset)
                .With("showarrow", false).With("text", title).With("xanchor", "center").With("xref", "paper").With("yanchor", "bottom").With("yref", "paper")));
        }
        grid.Layout.Prepend("annotations", titles);
        grid.Layout.With("grid", new PlotlyObject()
            .With("rows", nRows).With("columns", nCols)
            .With("roworder", upwards ? "bottom to top" : "top to bottom").With("pattern", coupled ? "coupled" : "independent")
            .Set("subplots", SubPlots.IsSome ? new Optional<object>(SubPlots.Value.Select(row => row.Select(cell => Id(cell.Item1) + Id(cell.Item2))), true) : default)
            .Set("xaxes", XAxes).Set("yaxes", YAxes).Set("xgap", XGap).Set("ygap", YGap).Set("xside", XSide).Set("yside", YSide));
        return grid;

        static string Id(StyleParam.LinearAxisId id) => (string)((IPlotlyValue)id).Value;
    }

    /// <summary>A chart in its cell: its axes renamed, its traces anchored to them.</summary>
    static GenericChart Placed(GenericChart chart, int index, int xAnchor, int yAnchor)
    {
        var (x, y) = (chart.Layout.Get("xaxis") ?? new PlotlyObject(), chart.Layout.Get("yaxis") ?? new PlotlyObject());
        chart.Layout.RemoveWhere(name => name.StartsWith("xaxis", StringComparison.Ordinal) || name.StartsWith("yaxis", StringComparison.Ordinal));
        foreach (var trace in chart.Traces) trace.With("xaxis", StyleParam.LinearAxisId.NewX(xAnchor)).With("yaxis", StyleParam.LinearAxisId.NewY(yAnchor));
        chart.Layout.With((string)((IPlotlyValue)StyleParam.SubPlotId.NewXAxis(index + 1)).Value, x);
        chart.Layout.With((string)((IPlotlyValue)StyleParam.SubPlotId.NewYAxis(index + 1)).Value, y);
        return chart;
    }

    /// <summary>Where plotly.js puts the cells of a row or column, as fractions of the paper.</summary>
    static (double From, double To)[] Cells(int count, double gap, bool forward)
    {
        var step = 1 / (count - gap);
        var cells = Enumerable.Range(0, count).Select(i => (step * i, step * i + step * (1 - gap)));
        return [.. forward ? cells : cells.Reverse()];
    }

    /// <summary>A chart of one trace; without defaults its layout and config are empty.</summary>
    static GenericChart Drawn(Optional<bool> useDefaults, PlotlyObject trace)
    {
        var defaults = !useDefaults.IsSome || useDefaults.Value;
        return GenericChart.Of([trace],
            defaults ? new PlotlyObject().With("width", 600).With("height", 600) : new PlotlyObject(),
            defaults ? new PlotlyObject().With("responsive", true) : new PlotlyObject());
    }
}
