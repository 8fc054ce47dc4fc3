// Every committed notebook and every committed page: complete, without traces of a machine, alive in a browser, and there without scripts.
using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OpenQA.Selenium;
using OpenQA.Selenium.Interactions;
using OpenQA.Selenium.Support.UI;

namespace AdEMAMix.Notebooks.Tests;

public sealed partial class CommittedNotebooksTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("notebook-committed-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> NotebookFiles => [.. Files("notebooks", "*.ipynb")];

    public static TheoryData<string> Pages => [.. Files("notebooks/rendered", "*.html").Where(page => page != "notebooks/rendered/index.html")];

    static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.GetFiles(Path.Combine(Browser.Repository, folder), pattern).Order(StringComparer.Ordinal).Select(file => Path.GetRelativePath(Browser.Repository, file));

    static string Full(string file) => Path.Combine(Browser.Repository, file);

    [Theory]
    [MemberData(nameof(NotebookFiles))]
    public void A_notebook_is_run_complete_and_free_of_its_machine(string file)
    {
        var text = File.ReadAllText(Full(file));
        var document = NotebookDocument.Load(Full(file));
        Assert.Empty(document.Notes);
        Assert.True(text.Length < 1_000_000, $"{file} has {text.Length} characters.");
        Assert.Equal(document.Cells.Count, document.Cells.Select(cell => cell.Id).Distinct().Count());
        var code = document.Cells.Where(cell => cell.Kind == CellKind.Code && !string.IsNullOrWhiteSpace(cell.Source)).ToArray();
        Assert.Equal(Enumerable.Range(1, code.Length).Cast<int?>(), code.Select(cell => cell.ExecutionCount));
        foreach (var cell in code)
        {
            Assert.DoesNotContain(cell.Outputs, output => output!["output_type"]!.GetValue<string>() == "error");
            // A C# cell that ends in an expression shows its value; of a statement nothing is asked.
            if (CellLanguage.Of(cell).Language == "csharp" && !cell.Source.TrimEnd().EndsWith(';') && !cell.Source.TrimEnd().EndsWith('}') && LastLine(cell.Source) is var last && !last.StartsWith('#') && !last.Contains("//", StringComparison.Ordinal))
                Assert.True(cell.Outputs.Count > 0, $"{file}, cell {cell.ExecutionCount}: '{last}' has no output.");
            foreach (var output in cell.Outputs.OfType<JsonObject>())
            {
                if (output["data"] is not JsonObject data) continue;
                Assert.True(data.ContainsKey("text/plain") || data.ContainsKey("text/html"), $"{file}, cell {cell.ExecutionCount} has an output that no viewer shows.");
                if (FigureJsonText.Of(data) is not null)
                    Assert.True(FigurePictures.HasPicture(data, Browser.Tools with { PlotlyVersion = PinnedPlotly() }), $"{file}, cell {cell.ExecutionCount}: the figure has no picture of its present data; 'environment/workbook render {file}' makes it.");
            }
        }
        foreach (var trace in (string[])["/home/", "/root/", "/work/", "/tmp/", "/Users/", "C:\\\\Users"]) Assert.DoesNotContain(trace, text);
        var shown = string.Join('\n', code.SelectMany(cell => cell.Outputs).OfType<JsonObject>().SelectMany(Texts));
        Assert.DoesNotMatch(DecimalComma(), shown);
    }

    static string LastLine(string source) => source.TrimEnd().Split('\n')[^1].Trim();

    static IEnumerable<string> Texts(JsonObject output) =>
        output["text"] is { } stream ? [MultilineText.Read(stream)] : (output["data"] as JsonObject)?["text/plain"] is { } plain ? [MultilineText.Read(plain)] : [];

    static string PinnedPlotly()
    {
        var pins = File.ReadAllText(Full("environment/packages.sh"));
        return $"{Regex.Match(pins, "PLOTLY_PACKAGE=(.*)").Groups[1].Value}@{Regex.Match(pins, "PLOTLY_VERSION=(.*)").Groups[1].Value}";
    }

    [Theory]
    [MemberData(nameof(NotebookFiles))]
    public void Every_notebook_has_its_page_and_its_place_in_the_index(string file)
    {
        var page = Path.GetFileNameWithoutExtension(file) + ".html";
        Assert.True(File.Exists(Full($"notebooks/rendered/{page}")), $"{file} has no page: run 'environment/workbook render'.");
        Assert.Contains($"href=\"{page}\"", File.ReadAllText(Full("notebooks/rendered/index.html")));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_chart_of_a_page_draws_and_answers_hover_and_legend_without_network(string file)
    {
        Assert.InRange(new FileInfo(Full(file)).Length, 10_000, 6_000_000);
        using var browser = Browser.Start();
        browser.Navigate().GoToUrl(new Uri(Full(file)).AbsoluteUri);
        var wait = new WebDriverWait(browser, TimeSpan.FromSeconds(60));
        var count = browser.FindElements(By.CssSelector("figure.chart")).Count;
        wait.Until(page => page.FindElements(By.CssSelector("figure.chart[data-drawn]")).Count == count);
        Assert.Empty(browser.FindElements(By.CssSelector("figure.chart[data-failed]")));
        for (var i = 1; i <= count; i++)
        {
            var plots = browser.FindElements(By.CssSelector($"#chart-{i} .nsewdrag"));
            Assert.NotEmpty(plots);
            Assert.NotEmpty(browser.FindElements(By.CssSelector($"#chart-{i} .main-svg")));
            Assert.Equal(2, browser.FindElements(By.CssSelector($"#chart-{i} + .take button")).Count);
            new Actions(browser).ScrollToElement(plots[0]).Perform();
            Assert.True(Hovers(browser, i), $"{file}: chart {i} does not answer the mouse.");
            var legend = browser.FindElements(By.CssSelector($"#chart-{i} .legend .traces .legendtoggle"));
            if (legend.Count > 0)
            {
                new Actions(browser).MoveToElement(legend[0]).Click().Perform();
                wait.Until(page => (bool)((IJavaScriptExecutor)page).ExecuteScript($"return document.querySelector('#chart-{i} .js-plotly-plot').data.some(trace => trace.visible === 'legendonly')")!);
            }
        }
        Assert.Equal(0, browser.Requests());
        Assert.Empty(browser.Complaints());
    }

    /// <summary>Whether the label of a point appears when the mouse comes to it: points are tried, of each trace some.</summary>
    static bool Hovers(OpenQA.Selenium.Chrome.ChromeDriver browser, int chart)
    {
        const string places = """
            var gd = document.querySelector('#chart-CHART .js-plotly-plot'), found = [];
            gd._fullData.forEach(function (trace, t) {
              if (trace.visible !== true || trace.hoverinfo === 'skip') return;
              var xa = trace.xaxis && gd._fullLayout[trace.xaxis.replace('x', 'xaxis')] || gd._fullLayout.xaxis, ya = trace.yaxis && gd._fullLayout[trace.yaxis.replace('y', 'yaxis')] || gd._fullLayout.yaxis;
              var points = (gd.calcdata[t] || []), n = points.length;
              if (trace.type === 'heatmap' || trace.type === 'contour') { found.push([xa._offset + xa._length * 0.5, ya._offset + ya._length * 0.5]); return; }
              [0.5, 0.25, 0.75].forEach(function (part) {
                var p = points[Math.min(n - 1, Math.floor(n * part))];
                if (!p || p.x === undefined && p.p === undefined) return;
                var bar = trace.type === 'bar' || trace.type === 'histogram';
                var x = xa.c2p(bar ? p.p : p.x), y = ya.c2p(bar ? p.s / 2 : p.y);
                if (bar && trace.orientation === 'h') { x = xa.c2p(p.s / 2); y = ya.c2p(p.p); }
                if (x >= 0 && x <= xa._length && y >= 0 && y <= ya._length) found.push([xa._offset + x, ya._offset + y]);
              });
            });
            var box = gd.getBoundingClientRect();
            return found.slice(0, 24).map(function (p) { return [Math.round(box.left + p[0]), Math.round(box.top + p[1])]; });
            """;
        var points = (System.Collections.ObjectModel.ReadOnlyCollection<object>)browser.ExecuteScript(places.Replace("CHART", chart.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal))!;
        foreach (var point in points.Cast<System.Collections.ObjectModel.ReadOnlyCollection<object>>())
        {
            var (x, y) = (Convert.ToInt32(point[0], System.Globalization.CultureInfo.InvariantCulture), Convert.ToInt32(point[1], System.Globalization.CultureInfo.InvariantCulture));
            if (x < 0 || y < 1 || x >= 1490 || y >= 900) continue;
            new Actions(browser).MoveToLocation(x, y - 1).MoveToLocation(x, y).Perform();
            var wait = new WebDriverWait(browser, TimeSpan.FromSeconds(2));
            try
            {
                if (wait.Until(page => page.FindElements(By.CssSelector($"#chart-{chart} .hoverlayer .hovertext, #chart-{chart} .hoverlayer .axistext")).Count > 0)) return true;
            }
            catch (WebDriverTimeoutException)
            {
                // Another trace lies over this point, or it is one without a label.
            }
        }
        return false;
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Without_scripts_every_figure_of_a_page_is_a_picture(string file)
    {
        using var browser = Browser.Start(scripts: false);
        browser.Navigate().GoToUrl(new Uri(Full(file)).AbsoluteUri);
        Assert.Empty(browser.FindElements(By.CssSelector("figure.chart[data-drawn]")));
        foreach (var figure in browser.FindElements(By.CssSelector("figure.chart")))
        {
            var picture = figure.FindElement(By.TagName("img"));
            Assert.StartsWith("data:image/", picture.GetAttribute("src"));
            Assert.True(picture.Displayed && picture.Size.Width > 300 && picture.Size.Height > 150, $"{file}: {figure.GetAttribute("id")} is {picture.Size}.");
        }
    }

    [Theory]
    [MemberData(nameof(NotebookFiles))]
    public async Task Nbconvert_with_sanitizing_keeps_every_figure_as_its_picture(string file)
    {
        const string Jupyter = "/usr/bin/jupyter-nbconvert";
        if (!File.Exists(Jupyter)) Assert.Skip("jupyter-nbconvert is not installed: run environment/workbook test");
        var figures = NotebookDocument.Load(Full(file)).Cells.SelectMany(cell => cell.Outputs).OfType<JsonObject>().Count(output => output["data"] is JsonObject data && FigureJsonText.Of(data) is not null);
        var start = new ProcessStartInfo(Jupyter) { RedirectStandardError = true, RedirectStandardOutput = true, ArgumentList = { "--to", "html", "--HTMLExporter.sanitize_html=True", "--output-dir", _folder, "--output", "out.html", Full(file) } };
        start.Environment["HOME"] = _folder;
        // Debian's own Python has jupyter's modules; another one earlier on PATH has not.
        start.Environment["PATH"] = "/usr/bin:/bin";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        var page = Path.Combine(_folder, "out.html");
        Assert.True(process.ExitCode == 0 && File.Exists(page), await errors);
        var pictures = HtmlSanitizer.Parse(await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken)).QuerySelectorAll("img[src^='data:image/png;base64,']");
        Assert.True(pictures.Length >= figures, $"{pictures.Length} pictures of {figures} figures are left.");
    }

    // A comma between digits that is no thousands separator: 0,5 or 12,34 but not 1,234.
    [GeneratedRegex(@"(?<![\d,])\d{1,3},\d{1,2}(?![\d,])")]
    private static partial Regex DecimalComma();
}
