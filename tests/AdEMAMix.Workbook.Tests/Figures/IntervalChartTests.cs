using System.Text.Json.Nodes;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class IntervalChartTests
{
    static readonly Figure Chart = IntervalChart.Draw("AdamW needs 1.2 times the tokens", "five seeds", "factor", 1,
    [
        new IntervalRow("small", "#D55E00", new Interval(1.2, 1.1, 1.3), [1.15, 1.25]),
        new IntervalRow("large & slow", "#D55E00", new Interval(1.1, double.NaN, double.NaN), [1.1]),
    ]);

    static JsonObject[] Traces => [.. JsonNode.Parse(Chart.Json)!["data"]!.AsArray().OfType<JsonObject>()];

    [Fact]
    public void Rows_stand_in_their_order_with_the_line_of_no_effect_through_all_of_them()
    {
        Assert.Equal([" ", "small", "large &amp; slow", "  "], Traces[0]["y"]!.AsArray().Select(y => (string)y!));
        Assert.All(Traces[0]["x"]!.AsArray(), x => Assert.Equal(1, (double)x!));
        Assert.Equal("reversed", (string?)JsonNode.Parse(Chart.Json)!["layout"]!["yaxis"]!["autorange"]);
    }

    [Fact]
    public void A_row_has_its_mean_its_interval_and_the_single_values_behind_them()
    {
        var small = Traces.Where(t => t["y"]!.AsArray().All(y => (string)y! == "small")).ToList();
        Assert.Equal(["markers", "lines", "markers"], small.Select(t => (string)t["mode"]!));
        Assert.Equal([[1.15, 1.25], [1.1, 1.3], [1.2]], small.Select(t => t["x"]!.AsArray().Select(x => (double)x!).ToArray()));
    }

    [Fact]
    public void The_line_of_no_effect_lies_inside_the_axis()
    {
        var range = JsonNode.Parse(Chart.Json)!["layout"]!["xaxis"]!["range"]!.AsArray();
        Assert.InRange((double)range[0]!, 0.9, 0.99);
        Assert.InRange((double)range[1]!, 1.31, 1.4);
    }

    [Fact]
    public void One_value_has_no_interval_and_is_not_drawn_twice() =>
        Assert.Single(Traces, t => t["y"]!.AsArray().All(y => (string)y! == "large &amp; slow"));

    [Fact]
    public void The_picture_without_scripts_names_the_rows() =>
        Assert.Contains("large &amp; slow", Chart.ToSvg(), StringComparison.Ordinal);
}
