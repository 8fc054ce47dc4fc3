using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Plotly.NET;
using Plotly.NET.CSharp;
using Xunit;
using Chart = Plotly.NET.CSharp.Chart;

namespace AdEMAMix.Workbook.Tests;

/// <summary>The figures as plotly.js itself sees them, in a headless browser.</summary>
public sealed class PlotlyTests
{
    static readonly double[] X = [1, 2, 3];
    static readonly double[] Y = [2, 1.5, 1.4];
    static readonly double[][] Z = [[1, 2, 3], [4, 5, 7]];

    static string Root([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", ".."));

    static string Script => Path.Combine(Root(), "environment", ".state", "plotly.min.js");

    static Figure[] Figures() =>
    [
        Figure.Curves("Two", "3 seeds", Axis.Tokens, Axis.Loss(), [new CurveGroup("AdamW", [new Curve(X, Y, "seed 1"), new Curve(X, [2, 1.6, 1.5], "seed 2"), new Curve(X, [2, 1.7, 1.5], "seed 3")]), new CurveGroup("AdEMAMix", [new Curve(X, [2, 1.4, 1.3])])]),
        Figure.Curves("Four", null, "steps", new Axis("loss") { Logarithmic = true }, "ABCD".Select(name => new CurveGroup(name.ToString(), [new Curve(X, Y), new Curve(X, X)]))),
        Chart.Combine([Chart.Line<double, double, string>(X, Y, Name: "a", LineDash: StyleParam.DrawingStyle.Dash, Fill: StyleParam.Fill.ToZero_y), Chart.Point<double, double, string>(X, Y, Name: "b", MarkerSymbol: StyleParam.MarkerSymbol.Square)]).ToFigure("Lines"),
        Chart.Scatter<double, double, string>(X, Y, StyleParam.Mode.Lines_Markers, LineColor: Color.fromHex("#D55E00"), LineWidth: 3).WithTitle("Own title").ToFigure(),
        Chart.Histogram<double, double, string>(X: X, NBinsX: 3, HistNorm: StyleParam.HistNorm.Probability).ToFigure("Histogram"),
        Chart.Heatmap<double, string, string, string>(Z, X: new[] { "1e-3", "2e-3", "4e-3" }, Y: new[] { "a", "b" }, ColorScale: StyleParam.Colorscale.Viridis).ToFigure("Heatmap"),
        Chart.Contour<double, double, double, string>(Z, NContours: 5).ToFigure("Contour"),
        Chart.Bar<double, string, string>(Y, Keys: new[] { "a", "b", "c" }).ToFigure("Bar"),
        Chart.Column<double, string, string>(Y, Keys: new[] { "a", "b", "c" }, Opacity: 0.5).ToFigure("Column"),
        Chart.Grid([Chart.Line<double, double, string>(X, Y), Chart.Point<double, double, string>(X, Y)], 1, 2, SubPlotTitles: new[] { "left", "right" }).ToFigure("Grid"),
        Chart.Line<double, double, string>(X, Y).WithXAxisStyle<double, double, string>(TitleText: "x", AxisType: StyleParam.AxisType.Log, MinMax: Tuple.Create(0.0, 1.0)).WithYAxisStyle<double, double, string>(TitleText: "y", ShowGrid: true).WithSize(Width: 700, Height: 300).ToFigure("Axes"),
    ];

    [Fact]
    public void Plotly_js_knows_every_attribute_of_every_chart()
    {
        var figures = string.Join(",", Figures().Select(figure => figure.Json));
        var complaints = Run("", $"[{figures}].map(function (f) {{ return (Plotly.validate(f.data, f.layout) || []).map(function (e) {{ return f.layout.title.text + ': ' + e.msg; }}); }}).flat()");
        Assert.Empty(complaints.AsArray().Select(complaint => (string?)complaint));
    }

    [Fact]
    public void The_chart_takes_the_picture_s_place_and_a_click_on_a_label_hides_its_lines()
    {
        Assert.Contains("<img src=\"data:image/svg+xml;base64,", Figures()[0].ToHtml());
        var seen = Run(Figures()[0].ToHtml(), """
            new Promise(function (done) {
              (function wait() {
                var label = Array.from(document.querySelectorAll(".annotation-text-g")).filter(function (e) { return e.textContent.indexOf("AdamW") === 0; })[0];
                if (!label || document.querySelector("figure img")) return setTimeout(wait, 20);
                (label.querySelector("text") || label).dispatchEvent(new MouseEvent("click", { bubbles: true }));
                setTimeout(function () {
                  var chart = document.querySelector(".js-plotly-plot");
                  done({ hidden: chart.data.filter(function (t) { return t.visible === "legendonly"; }).map(function (t) { return t.meta; }), legend: document.querySelectorAll(".legendtoggle").length });
                }, 100);
              })();
            })
            """);
        // Three runs, a band and a mean; the three kinds of lines in the legend.
        Assert.Equal("""{"hidden":["AdamW","AdamW","AdamW","AdamW","AdamW"],"legend":3}""", seen.ToJsonString());
    }

    [Fact]
    public void Names_that_look_like_numbers_stay_names() =>
        Assert.Equal("category", (string?)JsonNode.Parse(Figures()[5].Json)!["layout"]!["xaxis"]!["type"]);

    [Fact]
    public void A_chart_of_Plotly_NET_gets_the_workbook_s_looks_and_keeps_its_own()
    {
        var layout = JsonNode.Parse(Figures()[10].Json)!["layout"]!;
        Assert.Equal((700, 300), ((int)layout["width"]!, (int)layout["height"]!));
        Assert.Equal("log", (string?)layout["xaxis"]!["type"]);
        Assert.Equal("rgba(0,0,0,0)", (string?)layout["paper_bgcolor"]);
        Assert.Null(layout["template"]);
        Assert.Equal((900, 480), (Figures()[4].Width, Figures()[4].Height));
        Assert.Equal("Own title", Figures()[3].Description);
    }

    [Fact]
    public void The_address_and_hash_are_of_the_plotly_js_that_setup_installs()
    {
        var pins = File.ReadLines(Path.Combine(Root(), "environment", "packages.sh")).Where(line => line.StartsWith("PLOTLY_", StringComparison.Ordinal)).Select(line => line.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1]);
        var html = Figures()[0].ToHtml();
        Assert.Contains($"/{pins["PLOTLY_PACKAGE"]}@{pins["PLOTLY_VERSION"]}/{pins["PLOTLY_FILE"]}\"", html);
        Assert.SkipUnless(File.Exists(Script), "plotly.js is not installed: environment/workbook setup");
        Assert.Contains($"\"sha384-{Convert.ToBase64String(SHA384.HashData(File.ReadAllBytes(Script)))}\"", html);
    }

    /// <summary>Evaluates an expression, or what its promise gives, in a page that holds plotly.js and this HTML.</summary>
    static JsonNode Run(string html, string expression)
    {
        const string Browser = "/usr/bin/chromium";
        Assert.SkipUnless(File.Exists(Browser) && File.Exists(Script), "needs chromium and plotly.js: environment/workbook setup");
        var folder = Directory.CreateTempSubdirectory("figure-page-");
        try
        {
            var page = Path.Combine(folder.FullName, "page.html");
            File.WriteAllText(page, $"""
                <!doctype html><meta charset="utf-8"><script src="file://{Script}"></script><body>{html}
                <script>Promise.resolve({expression}).then(function (value) {"{"} document.body.innerHTML = "<pre id=result></pre>"; document.getElementById("result").textContent = JSON.stringify(value); {"}"});</script>
                """);
            using var browser = Process.Start(new ProcessStartInfo(Browser, ["--headless", "--no-sandbox", "--disable-gpu", $"--user-data-dir={folder.FullName}/profile", "--virtual-time-budget=20000", "--dump-dom", $"file://{page}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            _ = browser.StandardError.ReadToEndAsync();
            var dom = browser.StandardOutput.ReadToEnd();
            browser.WaitForExit();
            var result = dom.Split("<pre id=\"result\">");
            Assert.True(result.Length == 2, $"the page gave no result: {dom[..Math.Min(dom.Length, 2000)]}");
            return JsonNode.Parse(System.Net.WebUtility.HtmlDecode(result[1].Split("</pre>")[0]))!;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
