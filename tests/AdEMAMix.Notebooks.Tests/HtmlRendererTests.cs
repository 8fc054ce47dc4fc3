// The page as text: what is in it, what is kept out of it, and that it is the same each time.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks.Tests;

public sealed class HtmlRendererTests : IDisposable
{
    const string Figure = """{"data": [{"x": [1, 2], "y": [2, 1.5], "type": "scatter"}], "layout": {"title": {"text": "</script><script>alert(1)</script>"}, "height": 480}}""";

    readonly string _folder = Directory.CreateTempSubdirectory("notebook-page-").FullName;
    readonly string _plotly;

    public HtmlRendererTests()
    {
        _plotly = Path.Combine(_folder, "plotly.min.js");
        File.WriteAllText(_plotly, "window.Plotly={}; var s = '</script><!--';\r\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    string Page(NotebookDocument document, string? title = null) => HtmlRenderer.Render(document, new RenderOptions { Tools = new RenderTools { PlotlyScript = _plotly }, Title = title, Directory = _folder });

    static NotebookDocument WithOutput(string mime, JsonNode value, string? html = null)
    {
        var document = Notebooks.Of("1");
        var data = new JsonObject { [mime] = value };
        if (html is not null) data["text/html"] = html;
        document.Cells[0].Json["outputs"]!.AsArray().Add((JsonNode)new JsonObject { ["data"] = data, ["metadata"] = new JsonObject(), ["output_type"] = "display_data" });
        return document;
    }

    static string Body(string page) => page[page.IndexOf("<main>", StringComparison.Ordinal)..page.IndexOf("</main>", StringComparison.Ordinal)];

    [Fact]
    public void Prose_has_anchors_a_title_contents_and_tables()
    {
        var page = Page(Notebooks.Of(("#", "# The question\n\n| a | b |\n|---|---|\n| 1 | <b>2</b> |\n"), ("#", "## Loss & tokens\ntext"), ("#", "## Loss & tokens\n### Détail")));
        Assert.Contains("<title>The question</title>", page);
        Assert.Contains("<h2 id=\"loss-tokens\">Loss &amp; tokens</h2>", page);
        Assert.Contains("<h2 id=\"loss-tokens-2\">", page);
        Assert.Contains("<li class=\"level-3\"><a href=\"#détail\">D&#233;tail</a></li>", page);
        Assert.Contains("<div class=\"wide\"><table>", page);
        Assert.Contains("<title>Other &lt;i&gt;</title>", Page(Notebooks.Of(("#", "text")), "Other <i>"));
    }

    [Fact]
    public void Without_KaTeX_equations_are_their_TeX_and_one_line_says_why()
    {
        var notes = new List<string>();
        var page = HtmlRenderer.Render(Notebooks.Of(("#", "# About $\\beta_3$\n\nwith $a<b$ and\n\n$$\n\\frac{1}{2}\n$$\n\n![$x$](none.png)")), new RenderOptions { Note = notes.Add });
        Assert.Contains("<title>About beta_3</title>", page);
        Assert.Contains("<span class=\"math\"><code>a&lt;b</code></span>", Body(page));
        Assert.Contains("<code>\\frac{1}{2}</code>", Body(page));
        Assert.DoesNotContain("[formula-", page);
        Assert.Equal(["Equations are shown as TeX: KaTeX is not installed ('environment/workbook setup' installs it)."], notes);
    }

    [Theory]
    [InlineData("$")]
    [InlineData("$x_$ $^$ $\\$ ${$ $}$ $\\frac$ $\\text{$")]
    [InlineData("# \n\n## \n\n![](none.png) [x](y)")]
    public void Broken_prose_is_shown_and_never_an_error(string markdown) => Assert.Contains("<main>", Page(Notebooks.Of(("#", markdown))));

    [Fact]
    public void Pictures_of_the_prose_are_taken_into_the_page()
    {
        File.WriteAllBytes(Path.Combine(_folder, "dot picture.png"), [1, 2, 3]);
        Assert.Contains("alt=\"dot\" src=\"data:image/png;base64,AQID\"", Page(Notebooks.Of(("#", "![dot](dot%20picture.png)"))));
    }

    [Fact]
    public void Code_is_escaped_coloured_and_folds()
    {
        var body = Body(Page(Notebooks.Of("// <note>\nvar x = new List<int>(); Console.WriteLine($\"{x.Count} \\\"q\\\"\"); return 0x1F;\n#r \"a.dll\"")));
        Assert.Contains("<details class=\"code\" open>", body);
        Assert.Contains("<span class=\"c\">// &lt;note&gt;</span>", body);
        Assert.Contains("<span class=\"k\">new</span> <span class=\"t\">List</span>&lt;<span class=\"k\">int</span>&gt;", body);
        Assert.Contains("<span class=\"m\">WriteLine</span>", body);
        Assert.Contains("<span class=\"n\">0x1F</span>", body);
        var text = System.Net.WebUtility.HtmlDecode(System.Text.RegularExpressions.Regex.Replace(body[body.IndexOf("<pre>", StringComparison.Ordinal)..body.IndexOf("</pre>", StringComparison.Ordinal)], "<[^>]*>", ""));
        Assert.Equal("// <note>\nvar x = new List<int>(); Console.WriteLine($\"{x.Count} \\\"q\\\"\"); return 0x1F;\n#r \"a.dll\"", text);
    }

    [Fact]
    public void A_chart_embeds_plotly_once_with_its_data_and_keeps_the_picture()
    {
        var document = WithOutput("application/vnd.plotly.v1+json", JsonNode.Parse(Figure)!, "<figure><img src=\"data:image/png;base64,AQID\" alt=\"loss\" onload=\"x()\"></figure><script>evil()</script>");
        document.Cells[0].Json["outputs"]!.AsArray().Add(document.Cells[0].Json["outputs"]![0]!.DeepClone());
        var page = Page(document);
        Assert.Equal(2, page.Split("window.Plotly={}").Length);
        Assert.Contains("var s = '<\\/script><\\!--';\n", page);
        Assert.Contains("<figure class=\"output chart\" id=\"chart-2\" style=\"--height:480px\"><img alt=\"loss\" src=\"data:image/png;base64,AQID\"></figure>", page);
        Assert.DoesNotContain("evil()", page);
        Assert.DoesNotContain("<script>alert", page);
        Assert.Contains("\\u003c/script>\\u003cscript>alert(1)\\u003c/script>", page);
        // Every script element that opens closes, and there are just the two charts' data, plotly.js and the page's own.
        Assert.Equal(4, page.Split("<script").Length - 1);
        Assert.Equal(4, page.Split("</script>").Length - 1);
        Assert.DoesNotContain("http://", page);
        Assert.DoesNotContain("https://", page);
    }

    [Fact]
    public void A_link_to_a_notebook_beside_this_one_leads_to_its_page()
    {
        var page = Page(Notebooks.Of(("#", "[next](01-the-optimizer.ipynb), [part](01-the-optimizer.ipynb#a), [elsewhere](https://example.org/x.ipynb), `<a href=\"y.ipynb\">`")));
        Assert.Contains("href=\"01-the-optimizer.html\"", page);
        Assert.Contains("href=\"01-the-optimizer.html#a\"", page);
        Assert.Contains("href=\"https://example.org/x.ipynb\"", page);
        Assert.DoesNotContain("y.html", page);
    }

    [Fact]
    public void A_page_without_a_chart_carries_no_plotly() => Assert.DoesNotContain("window.Plotly={}", HtmlRenderer.Render(Notebooks.Of("1")));

    [Theory]
    [InlineData(null)]
    [InlineData("/nowhere/plotly.min.js")]
    public void A_missing_plotly_is_an_error_with_its_remedy(string? path)
    {
        var error = Assert.Throws<NotebookException>(() => HtmlRenderer.Render(WithOutput("application/vnd.plotly.v1+json", JsonNode.Parse(Figure)!), new RenderOptions { Tools = new RenderTools { PlotlyScript = path } }));
        Assert.Contains("environment/workbook setup", error.Message);
    }

    [Fact]
    public void Scripts_frames_and_handlers_of_stored_html_are_left_out()
    {
        var body = Body(Page(WithOutput("text/html", "<p onclick='x()'>kept</p><SCRIPT src=\"a.js\"></SCRIPT><iframe src=b></iframe><meta http-equiv=refresh content=0><script>half")));
        Assert.Contains("<p>kept</p>", body);
        Assert.DoesNotMatch("(?i)<script|iframe|<meta|onclick", body);
    }

    [Theory]
    [InlineData("image/png", "AQID", "<img alt=\"\" src=\"data:image/png;base64,AQID\">")]
    [InlineData("image/svg+xml", "<svg/>", "<img alt=\"\" src=\"data:image/svg+xml;base64,PHN2Zy8+\">")]
    [InlineData("text/plain", "<b>\rx", "<pre class=\"output plain\">xb&gt;</pre>")]
    [InlineData("text/markdown", "**x**", "<strong>x</strong>")]
    [InlineData("text/latex", "$\\alpha$", "<div class=\"output\"><span class=\"math\"><code>\\alpha</code></span></div>")]
    [InlineData("application/x-unknown", "x", "An output of kind application/x-unknown")]
    public void Each_kind_of_output_has_its_form(string mime, string value, string html) => Assert.Contains(html, Body(Page(WithOutput(mime, JsonValue.Create(value)))));

    [Fact]
    public async Task Streams_errors_and_durations_are_shown_and_two_pages_are_equal()
    {
        var document = Notebooks.Of("Console.Write(\"1 %\\r100 %\\n\\x1b[31mred\\x1b[0m <b>\"); Console.Error.Write(\"e\");", "throw new Exception(\"<i>\");");
        await new NotebookRunner(document, _folder).RunAsync(cancellationToken: TestContext.Current.CancellationToken);
        var body = Body(Page(document));
        Assert.Contains("<pre class=\"output stream stdout\">100 %\nred &lt;b&gt;</pre>", body);
        Assert.Contains("<pre class=\"output stream stderr\">e</pre>", body);
        Assert.Contains("<div class=\"output error\"><strong>Exception</strong> cell 2, line 1, column 1: &lt;i&gt;", body);
        Assert.Contains("id=\"cell-2\"", body);
        Assert.Equal(Page(document), Page(NotebookDocument.Parse(document.ToString())));
    }

    [Fact]
    public void A_real_Jupyter_file_renders()
    {
        var body = Body(HtmlRenderer.Render(NotebookDocument.Load(Path.Combine(AppContext.BaseDirectory, "Fixtures", "written-by-jupyter.ipynb"))));
        Assert.Contains("<pre class=\"output plain\">red</pre>", body);
        Assert.Contains("<b>2</b>\n<i>x</i>", body);
    }
}
