using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class CurveChartTests
{
    static readonly double[] Tokens = [1e6, 2e6, 3e6];

    static Figure Losses(params CurveGroup[] groups) => Figure.Curves("AdEMAMix ends 0.04 lower", "3 seeds, preset smoke", Axis.Tokens, Axis.Loss(), groups);

    static CurveGroup Group(string name, params double[][] runs) => new(name, [.. runs.Select((losses, i) => new Curve(Tokens, losses, $"seed {i + 1}"))]);

    static JsonObject Root(Figure figure) => (JsonObject)JsonNode.Parse(figure.Json)!;

    static JsonObject[] Traces(Figure figure, string layer) => [.. Root(figure)["data"]!.AsArray().OfType<JsonObject>().Where(trace => (string?)trace["legendgroup"] == layer && trace["meta"] is not null)];

    static double?[] Values(JsonNode? values) => [.. values!.AsArray().Select(value => (double?)value)];

    [Fact]
    public void A_line_of_shares_is_labelled_in_percent()
    {
        var curve = new CurveGroup("AdamW", [new Curve([1, 2], [0.25, 0.5685])]);
        Assert.Contains("AdamW 56.9%", Figure.Curves("", null, Axis.Steps, new Axis("Share") { TickFormat = ".0%" }, [curve]).Json);
        Assert.Contains("AdamW 0.5685", Figure.Curves("", null, Axis.Steps, Axis.Loss(), [curve]).Json);
    }

    [Fact]
    public void Mean_and_interval_of_three_runs_are_Student_s()
    {
        var figure = Losses(Group("AdEMAMix", [2, 1.5, 1.451], [2, 1.5, 1.441], [2, 1.5, 1.450]));
        Assert.Equal([2, 1.5, 1.44733], Values(Traces(figure, "mean").Single()["y"]));
        // s = 0.00550757, t(2, 97.5 %) = 4.30265: half = 0.0136816. Upper ends first, then the lower ones backwards.
        Assert.Equal([2, 1.5, 1.46101, 1.43365, 1.5, 2], Values(Traces(figure, "band").Single()["y"]));
        Assert.Equal(3, Traces(figure, "runs").Length);
    }

    [Fact]
    public void Two_runs_are_drawn_without_an_interval_that_would_fill_the_plot()
    {
        var figure = Losses(Group("AdamW", [2, 1.6, 1.48], [2, 1.6, 1.49]));
        Assert.Empty(Traces(figure, "band"));
        Assert.Equal(2, Traces(figure, "runs").Length);
        Assert.DoesNotContain("interval", figure.Json, StringComparison.Ordinal);
    }

    [Fact]
    public void One_run_is_drawn_as_a_line_without_interval()
    {
        var figure = Losses(Group("AdamW", [2, 1.6, 1.48]));
        Assert.Empty(Traces(figure, "band"));
        Assert.Empty(Traces(figure, "runs"));
        Assert.Equal(2.6, (double?)Traces(figure, "mean").Single()["line"]!["width"]);
    }

    [Fact]
    public void Runs_measured_elsewhere_are_compared_where_all_of_them_are()
    {
        var figure = Losses(new CurveGroup("AdamW", [new Curve([0, 1, 2, 3, 4], [4, 3, 2, 1, 0]), new Curve([1, 3], [5, 3])]));
        var mean = Traces(figure, "mean").Single();
        Assert.Equal([1, 2, 3], Values(mean["x"]));
        Assert.Equal([4, 3, 2], Values(mean["y"]));
    }

    [Fact]
    public void A_diverged_run_leaves_a_gap_and_not_a_number()
    {
        var figure = Losses(Group("AdamW", [2, 1.6, double.NaN], [2, 1.7, 1.5]));
        Assert.Equal([2, 1.65, null], Values(Traces(figure, "mean").Single()["y"]));
        Assert.DoesNotContain("NaN", figure.Json);
    }

    [Fact]
    public void An_optimizer_has_its_colour_in_lines_bands_and_labels()
    {
        var figure = Losses(Group("AdamW", [2, 1.6, 1.48], [2, 1.6, 1.49], [2, 1.6, 1.485]), Group("AdEMAMix", [2, 1.5, 1.44], [2, 1.5, 1.45], [2, 1.5, 1.445]));
        Assert.Equal(["#0072B2", "#D55E00"], Traces(figure, "mean").Select(trace => (string?)trace["line"]!["color"]));
        Assert.Equal(["rgba(0,114,178,0.2)", "rgba(213,94,0,0.2)"], Traces(figure, "band").Select(trace => (string?)trace["fillcolor"]));
        Assert.Equal(["AdEMAMix 1.445", "AdamW 1.485"], Root(figure)["layout"]!["annotations"]!.AsArray().Select(note => PlainText(note!["text"])).Order(StringComparer.Ordinal));
        Assert.Equal("#E69F00", FigureStyle.ColorOf("AdEMAMix, beta1 = 0".Replace(",", "", StringComparison.Ordinal)));
        Assert.Equal(FigureStyle.ColorOf("weight decay 0.1"), FigureStyle.ColorOf("weight decay 0.1"));

        static string PlainText(JsonNode? text) => ((string)text!).Replace("<b>", "", StringComparison.Ordinal).Replace("</b>", "", StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_of_lines_that_end_together_keep_apart()
    {
        var figure = Losses(Group("A", [9, 5, 1.50]), Group("B", [9, 5, 1.51]), Group("C", [9, 5, 1.52]));
        var layout = Root(figure)["layout"]!;
        var (low, high) = ((double)layout["yaxis"]!["range"]![0]!, (double)layout["yaxis"]!["range"]![1]!);
        var plot = 480 - (double)layout["margin"]!["t"]! - (double)layout["margin"]!["b"]!;
        var pixels = layout["annotations"]!.AsArray().Select(note => ((double)note!["y"]! - low) / (high - low) * plot + (double)note["yshift"]!).Order().ToArray();
        Assert.All(pixels.Zip(pixels.Skip(1), (below, above) => above - below), gap => Assert.InRange(gap, 16, 18));
    }

    [Fact]
    public void More_than_three_groups_get_a_legend_instead_of_labels()
    {
        var figure = Losses([.. "ABCD".Select(name => Group(name.ToString(), [2, 1.5, 1.4], [2, 1.5, 1.3]))]);
        Assert.Null(Root(figure)["layout"]!["annotations"]);
        Assert.Equal(["A", "B", "C", "D"], Root(figure)["data"]!.AsArray().Where(trace => (bool?)trace!["showlegend"] == true).Select(trace => (string?)trace!["name"]));
    }

    [Fact]
    public void A_long_run_is_thinned_and_keeps_its_spikes()
    {
        var steps = Enumerable.Range(0, 100_000).Select(i => (double)i).ToArray();
        var losses = steps.Select(step => step == 54_321 ? 11.0 : 2 - step / 1e5).ToArray();
        var y = Values(Traces(Losses(new CurveGroup("AdamW", [new Curve(steps, losses)])), "mean").Single()["y"]);
        Assert.InRange(y.Length, 400, 802);
        Assert.Equal(11, y.Max());
        Assert.Equal(losses[^1], y[^1]!.Value, 1e-5);
    }

    [Fact]
    public void A_logarithmic_axis_has_logarithmic_ends_and_label_places()
    {
        var figure = Figure.Curves("t", null, "steps", new Axis("loss") { Logarithmic = true, Min = 1, Max = 100 }, [Group("AdamW", [100, 10, 10])]);
        var layout = Root(figure)["layout"]!;
        Assert.Equal([0, 2], Values(layout["yaxis"]!["range"]));
        Assert.Equal(1, (double)layout["annotations"]![0]!["y"]!);
        var error = Assert.Throws<FigureException>(() => Figure.Curves("t", null, "steps", new Axis("loss") { Logarithmic = true, Min = 0 }, [Group("AdamW", [1, 2, 3])]));
        Assert.Contains("above 0", error.Message);
    }

    [Fact]
    public void A_curve_with_a_missing_value_is_refused_by_name()
    {
        var error = Assert.Throws<FigureException>(() => Losses(new CurveGroup("AdamW", [new Curve([1, 2], [1], "seed 7")])));
        Assert.Contains("seed 7", error.Message);
    }

    [Theory]
    [InlineData("fr-FR")]
    [InlineData("tr-TR")]
    [InlineData("en-US")]
    public void Equal_figures_are_equal_text_whatever_the_culture(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            var expected = Losses(Group("AdEMAMix", [2, 1.5, 1.451], [2.25, 1.5, 1.441]));
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            var figure = Losses(Group("AdEMAMix", [2, 1.5, 1.451], [2.25, 1.5, 1.441]));
            Assert.Equal(expected.Id, figure.Id);
            Assert.Equal(expected.ToHtml(), figure.ToHtml());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void The_html_holds_a_picture_with_title_lines_and_labels()
    {
        var html = Losses(Group("AdamW", [2, 1.6, 1.48], [2, 1.6, 1.49]), Group("AdEMAMix", [2, 1.5, 1.44], [2, 1.5, 1.45])).ToHtml();
        var picture = html.Split("data:image/svg+xml;base64,")[1].Split('"')[0];
        var svg = XDocument.Parse(System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(picture)));
        var texts = svg.Descendants(XName.Get("text", "http://www.w3.org/2000/svg")).Select(text => text.Value).ToArray();
        Assert.Contains("AdEMAMix ends 0.04 lower", texts);
        Assert.Contains("3 seeds, preset smoke", texts);
        Assert.Contains("AdEMAMix 1.445", texts);
        Assert.Contains("2M", texts);
        Assert.Contains("Validation loss (nats per character)", texts);
        Assert.Contains("alt=\"AdEMAMix ends 0.04 lower. 3 seeds, preset smoke\"", html);
    }

    [Fact]
    public void A_title_is_shown_as_written_and_ends_no_script()
    {
        var figure = Figure.Curves("</script><b>1 < 2 & 3</b>", null, "x", "y", [Group("AdamW", [2, 1.6, 1.48])]);
        Assert.Equal("</script><b>1 < 2 & 3</b>", figure.Description);
        Assert.Single(figure.ToHtml().Split("</script>").Skip(1));
    }

    [Fact]
    public void Json_that_is_no_figure_is_refused_in_one_sentence()
    {
        Assert.Contains("\"data\"", Assert.Throws<FigureException>(() => Figure.FromJson("{}")).Message);
        Assert.Contains("cannot be read", Assert.Throws<FigureException>(() => Figure.FromJson("{\"data\":[")).Message);
        Assert.Contains("cannot be read", Assert.Throws<FigureException>(() => Figure.FromJson("{\"data\":[],\"layout\":[]}")).Message);
    }
}
