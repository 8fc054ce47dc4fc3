using Xunit;

namespace AdEMAMix.Workbook.Tests;

/// <summary>A figure's HTML alone, as VS Code and Jupyter put it into a page.</summary>
public sealed class FigureInBrowserTests
{
    static readonly Figure figure = Figure.Curves("Loss, \"quoted\" & <b>", "n = 2", Axis.Tokens, Axis.Loss(),
    [
        new CurveGroup("AdamW", [new Curve([1e6, 2e6], [2, 1.5], "seed 1"), new Curve([1e6, 2e6], [2.2, 1.7], "seed 2")]),
        new CurveGroup("Muon", [new Curve([1e6, 2e6], [2, 1.25])]),
    ]);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void With_plotly_on_the_page_each_picture_gives_way_to_a_chart(bool dark)
    {
        using var browser = new Browser();
        browser.Show($"<script src=\"{Browser.Plotly()}\"></script>", dark, figure.ToHtml(), figure.WithTitle("Another").ToHtml(), figure.ToHtml());
        browser.Until("document.querySelectorAll('figure[data-figure] .main-svg').length >= 3 && document.querySelectorAll('figure img').length === 0");
        Assert.Equal(3, browser.Count("figure[data-figure] .js-plotly-plot"));
        Assert.Equal(3, browser.Count("[data-title='Save as PNG']"));
        Assert.Equal(3, browser.Count("[data-title='Save the data as CSV']"));
        // Black lines are white on a dark page.
        Assert.Equal(dark ? "#ffffff" : "#000000", browser.Script("return document.querySelector('.js-plotly-plot').data.find(t => t.meta === 'Muon').line.color"));
        Assert.Empty(browser.Complaints());
    }

    [Fact]
    public void The_toolbar_saves_the_data_and_a_picture_for_paper()
    {
        using var browser = new Browser();
        browser.Show($"<script src=\"{Browser.Plotly()}\"></script>", true, figure.ToHtml());
        browser.Until("document.querySelector('.modebar-btn') !== null");
        browser.Script("window.saved = []; HTMLAnchorElement.prototype.click = function () { window.saved.push([this.download, this.href]); };");
        browser.Script("document.querySelector(\"[data-title='Save the data as CSV']\").click()");
        var csv = Uri.UnescapeDataString((string)browser.Script("return window.saved[0][1]")!);
        Assert.Equal("loss-quoted-b.csv", browser.Script("return window.saved[0][0]"));
        Assert.StartsWith("data:text/csv;charset=utf-8,series,x,y,z\nAdamW,1000000,2,\nAdamW,2000000,1.5,\nAdamW,1000000,2.2,\n", csv);
        Assert.Contains("\nMuon,2000000,1.25,\n", csv);
        browser.Script("document.querySelector(\"[data-title='Save as PNG']\").click()");
        browser.Until("window.saved.length === 2");
        Assert.Equal(true, browser.Script("return window.saved[1][0] === 'loss-quoted-b.png' && window.saved[1][1].startsWith('data:image/png;base64,')"));
        Assert.Empty(browser.Complaints());
    }

    [Fact]
    public void Without_plotly_and_network_the_picture_stays()
    {
        using var browser = new Browser();
        browser.Show("", false, figure.ToHtml(), figure.ToHtml());
        browser.Until("document.querySelector('script[data-workbook-plotly]') === null");
        Assert.Equal(2, browser.Count("figure[data-figure] > img"));
        Assert.Equal(true, browser.Script("return Array.from(document.images).every(image => image.complete && image.naturalWidth === 900)"));
        // One request failed, and nothing else went wrong.
        Assert.All(browser.Complaints(), complaint => Assert.Contains("net::ERR_", complaint));
    }
}
