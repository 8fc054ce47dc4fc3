using System.Globalization;
using Microsoft.Data.Analysis;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class TableTests
{
    static readonly Table Losses = new(
        ["Optimizer", "Loss", "Learning rate", "Tokens", "Time"],
        [
            ["AdamW", Interval.OfMean([1.487, 1.486, 1.481]), 1.6e-2, 3_999_744, TimeSpan.FromSeconds(192)],
            ["AdEMAMix", new Interval(1.4473, double.NaN, double.NaN), 3e-5, 800, null],
        ],
        "Final loss");

    [Fact]
    public void Text_aligns_numbers_right_with_equal_decimals() => Assert.Equal(
        """
        Final loss

        Optimizer                  Loss  Learning rate     Tokens        Time
        ---------  --------------------  -------------  ---------  ----------
        AdamW      1.485 [1.477, 1.493]          0.016  3,999,744  3 min 12 s
        AdEMAMix                  1.447           3e-5        800           –
        """.ReplaceLineEndings("\n"), Losses.ToString());

    [Fact]
    public void Csv_gives_the_numbers_unrounded_and_intervals_in_three_columns()
    {
        var lines = Losses.ToCsv().Split('\n');
        Assert.Equal("Optimizer,Loss,Loss (low),Loss (high),Learning rate,Tokens,Time", lines[0]);
        Assert.StartsWith("AdamW,1.4846666666666666,1.47668", lines[1]);
        Assert.EndsWith(",0.016,3999744,192", lines[1]);
        Assert.Equal("AdEMAMix,1.4473,NaN,NaN,3E-05,800,", lines[2]);
    }

    [Fact]
    public void Csv_quotes_what_needs_it() =>
        Assert.Equal("\"a, b\"\n\"say \"\"x\"\"\"\n", new Table(["a, b"], [["say \"x\""]]).ToCsv());

    [Fact]
    public void Html_escapes_every_text()
    {
        var html = new Table(["<h>"], [["<td>&"]], "<caption>").ToHtml();
        Assert.Contains("&lt;h&gt;", html);
        Assert.Contains("&lt;td&gt;&amp;", html);
        Assert.Contains("&lt;caption&gt;", html);
    }

    [Fact]
    public void A_format_of_the_column_goes_before_digits() =>
        Assert.Contains("31.4 %", new Table([new TableColumn("saved") { Format = "0.0 %" }], [[0.31415]]).ToString());

    [Fact]
    public void Odd_numbers_have_a_form() =>
        Assert.Equal(["x", "---", "NaN", "  ∞", " −∞", "  0"], new Table([new TableColumn("x") { Digits = 1 }], [[double.NaN], [double.PositiveInfinity], [double.NegativeInfinity], [0.0]]).ToString().Split('\n').Select((line, i) => i == 0 ? line.Trim() : line));

    [Theory]
    [InlineData("fr-FR")]
    [InlineData("de-DE")]
    public void Numbers_do_not_change_with_the_culture(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        var (text, html, csv) = (Losses.ToString(), Losses.ToHtml(), Losses.ToCsv());
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            Assert.Equal((text, html, csv), (Losses.ToString(), Losses.ToHtml(), Losses.ToCsv()));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_row_of_another_length_is_refused() =>
        Assert.Contains("2 columns has a row of 1", Assert.Throws<FigureException>(() => new Table(["a", "b"], [[1]])).Message);

    [Fact]
    public void A_data_frame_becomes_a_table()
    {
        var frame = new DataFrame(new StringDataFrameColumn("run", ["a", "b"]), new DoubleDataFrameColumn("loss", new double?[] { 1.25, null }));
        Assert.Equal("run   loss\n---  -----\na    1.250\nb        –", frame.AsTable().ToString());
        Assert.Contains("125 %", frame.AsTable(null, new TableColumn("loss") { Format = "0 %" }).ToString());
        Assert.Contains("'lost' names no column", Assert.Throws<FigureException>(() => frame.AsTable(null, "lost")).Message);
    }

    [Fact]
    public void The_interval_of_a_mean_is_Student_s()
    {
        // numpy and scipy: mean, and t.ppf(0.975, 4) = 2.7764451 times std(ddof=1)/sqrt(5).
        var interval = Interval.OfMean([1, 2, 3, 4, 10]);
        Assert.Equal(4, interval.Center, 1e-12);
        Assert.Equal(4 - 2.7764451051977934 * 3.5355339059327378 / Math.Sqrt(5), interval.Low, 1e-9);
        Assert.True(double.IsNaN(Interval.OfMean([1]).Low));
        Assert.Throws<ArgumentException>(() => Interval.OfMean([]));
    }
}
