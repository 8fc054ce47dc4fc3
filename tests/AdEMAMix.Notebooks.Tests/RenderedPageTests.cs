// The page in a real browser: opened from disk, the chart is drawn, answers the mouse, and the console stays empty.
using OpenQA.Selenium;
using OpenQA.Selenium.Interactions;
using OpenQA.Selenium.Support.UI;

namespace AdEMAMix.Notebooks.Tests;

public sealed class RenderedPageTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("notebook-browser-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_chart_is_drawn_from_disk_and_answers_hover_and_legend()
    {
        using var browser = Browser.Start(downloads: _folder);
        browser.Navigate().GoToUrl(await Page());
        var wait = new WebDriverWait(browser, TimeSpan.FromSeconds(20));
        var chart = wait.Until(page => page.FindElements(By.CssSelector("#chart-1[data-drawn] .live .main-svg")).FirstOrDefault());
        Assert.NotNull(chart);
        Assert.Empty(browser.FindElements(By.CssSelector("#chart-1 > img")));
        Assert.Equal(2, browser.FindElements(By.CssSelector("#chart-1 .scatterlayer .trace")).Count);

        var plot = browser.FindElement(By.CssSelector("#chart-1 .nsewdrag"));
        new Actions(browser).ScrollToElement(plot).MoveToElement(plot).MoveByOffset(3, 3).Perform();
        wait.Until(page => page.FindElements(By.CssSelector("#chart-1 .hoverlayer .hovertext")).Count > 0);

        var legend = browser.FindElement(By.CssSelector("#chart-1 .legend .traces .legendtoggle"));
        new Actions(browser).MoveToElement(legend).Click().Perform();
        wait.Until(page => (string?)((IJavaScriptExecutor)page).ExecuteScript("return document.querySelector('#chart-1 .js-plotly-plot').data[0].visible") == "legendonly");

        // A second page width: the chart follows. The fold button: all code at once.
        browser.Manage().Window.Size = new System.Drawing.Size(760, 900);
        wait.Until(page => (double)Convert.ToDouble(((IJavaScriptExecutor)page).ExecuteScript("return document.querySelector('#chart-1 .main-svg').getBoundingClientRect().width"), System.Globalization.CultureInfo.InvariantCulture) < 760);
        browser.FindElement(By.Id("fold")).Click();
        Assert.Empty(browser.FindElements(By.CssSelector("details.code[open]")));

        Assert.Equal("Charts", browser.Title);
        Assert.Equal(0L, ((IJavaScriptExecutor)browser).ExecuteScript("return performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:') && !e.name.startsWith('blob:')).length"));
        Assert.Empty(browser.Manage().Logs.GetLog(LogType.Browser).Where(entry => entry.Level >= LogLevel.Warning).Select(entry => entry.Message));
    }

    [Fact]
    public async Task A_chart_hands_out_its_picture_and_its_numbers()
    {
        using var browser = Browser.Start(downloads: _folder);
        browser.Navigate().GoToUrl(await Page());
        var wait = new WebDriverWait(browser, TimeSpan.FromSeconds(20));
        wait.Until(page => page.FindElements(By.CssSelector("#chart-1[data-drawn]")).Count > 0);
        foreach (var button in browser.FindElements(By.CssSelector("#chart-1 + .take button"))) button.Click();
        // The title holds markup: names of files do not. Chromium renames a download when it is whole.
        var (picture, numbers) = (Path.Combine(_folder, "loss-against-tokens.png"), Path.Combine(_folder, "loss-against-tokens.csv"));
        wait.Until(_ => File.Exists(picture) && File.Exists(numbers));
        Assert.Equal("series,x,y\r\nAdamW,0,3\r\nAdamW,1,2\r\nAdamW,2,1.5\r\nAdEMAMix,0,3\r\nAdEMAMix,1,1.8\r\nAdEMAMix,2,1.2\r\n", await File.ReadAllTextAsync(numbers, TestContext.Current.CancellationToken));
        var bytes = await File.ReadAllBytesAsync(picture, TestContext.Current.CancellationToken);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], bytes[..4]);
        Assert.Equal((1800, 960), (System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)), System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(20))));
        Assert.Empty(browser.Complaints());
    }

    /// <summary>A notebook run for real, with a chart, a table, and an output whose script must stay without effect.</summary>
    async Task<string> Page()
    {
        const string figure = """
            new Chart("{\"data\":[{\"x\":[0,1,2],\"y\":[3,2,1.5],\"name\":\"AdamW\",\"type\":\"scatter\"},{\"x\":[0,1,2],\"y\":[3,1.8,1.2],\"name\":\"AdEMAMix\",\"type\":\"scatter\"}],\"layout\":{\"width\":900,\"height\":480,\"showlegend\":true,\"hovermode\":\"x\",\"title\":{\"text\":\"Loss </script> against tokens\"}}}")
            """;
        const string types = """
            class TypeFormatterSourceAttribute : Attribute { public Type FormatterSourceType => typeof(Source); public string[] PreferredMimeTypes => []; }
            class Source { public object[] CreateTypeFormatters() => [new Json(), new Html()]; }
            class Json { public string MimeType => "application/vnd.plotly.v1+json"; public bool Format(object value, System.IO.TextWriter writer) { writer.Write(((Chart)value).Text); return true; } }
            class Html { public string MimeType => "text/html"; public bool Format(object value, System.IO.TextWriter writer) { writer.Write("<img alt=\"loss\" src=\"data:image/svg+xml;base64,PHN2Zy8+\"><script>document.title='taken'</script>"); return true; } }
            [TypeFormatterSource] record Chart(string Text);
            """;
        var document = Notebooks.Of(("#", "# Charts\n\n## One\n\n## Two"), ("", types), ("", figure),
            ("", "HTML(\"<p onclick=\\\"document.title='taken'\\\">text<script>document.title='taken'</script></p>\")"), ("", figure), ("", "new[] { new { A = 1 } }"));
        var result = await new NotebookRunner(document, _folder).RunAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(result.Succeeded, result.Error);
        var path = Path.Combine(_folder, "page.html");
        await File.WriteAllTextAsync(path, HtmlRenderer.Render(document, new RenderOptions { Tools = Browser.Tools }), TestContext.Current.CancellationToken);
        Assert.True(new FileInfo(path).Length < 6_000_000);
        return new Uri(path).AbsoluteUri;
    }
}
