using System.Text;
using System.Text.Json;

namespace Plotly.NET;

/// <summary>A chart: traces, layout and config. Charts made from another share its layout, as in Plotly.NET.</summary>
public abstract class GenericChart
{
    internal GenericChart() { }

    internal abstract IReadOnlyList<PlotlyObject> Traces { get; }

    internal abstract PlotlyObject Layout { get; }

    internal abstract PlotlyObject Config { get; }

    /// <summary>The chart as plotly.js takes it: {"data": [...], "layout": {...}, "config": {...}}.</summary>
    public static string toJson(GenericChart gChart)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            new PlotlyObject().With("data", gChart.Traces).With("layout", gChart.Layout).With("config", gChart.Config).Write(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    internal static GenericChart Of(IReadOnlyList<PlotlyObject> traces, PlotlyObject layout, PlotlyObject config) => new TracedChart(traces, layout, config);

    internal GenericChart Again() => Of(Traces, Layout, Config);

    /// <summary>All traces under the first chart's layout, into which the others' are merged; later ones win.</summary>
    internal static GenericChart Combined(IEnumerable<GenericChart> charts) => charts.Aggregate((all, next) =>
    {
        all.Layout.Combine(next.Layout, "annotations");
        all.Config.Combine(next.Config);
        return Of([.. all.Traces, .. next.Traces], all.Layout, all.Config);
    });

    sealed class TracedChart(IReadOnlyList<PlotlyObject> traces, PlotlyObject layout, PlotlyObject config) : GenericChart
    {
        internal override IReadOnlyList<PlotlyObject> Traces => traces;

        internal override PlotlyObject Layout => layout;

        internal override PlotlyObject Config => config;
    }
}
