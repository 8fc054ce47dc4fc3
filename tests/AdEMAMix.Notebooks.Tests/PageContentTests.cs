// What a page makes of equations, diagrams and the author's own HTML and JavaScript, in a real browser.
using System.Globalization;
using OpenQA.Selenium;
using OpenQA.Selenium.Support.UI;

namespace AdEMAMix.Notebooks.Tests;

public sealed class PageContentTests : IDisposable
{
    const string Slider = """
        #!html
        <p onclick="document.title = 'handler'">b1 <input type="range" id="b1" min="0" max="1" step="0.1" value="0.9"> <output id="shown">?</output></p>
        <script>
        (function () {
          var slider = document.getElementById("b1"), shown = document.getElementById("shown");
          function draw() { shown.textContent = "half-life " + (Math.log(0.5) / Math.log(slider.value)).toFixed(2); }
          slider.addEventListener("input", draw);
          draw();
        })();
        </script>
        <script src="https://evil.test/x.js"></script><base href="https://evil.test/"><meta http-equiv="refresh" content="0;url=https://evil.test/"><div>half open
        """;

    readonly string _folder = Directory.CreateTempSubdirectory("notebook-content-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    string Write(NotebookDocument document, RenderOptions? options = null)
    {
        var path = Path.Combine(_folder, "page.html");
        File.WriteAllText(path, HtmlRenderer.Render(document, options ?? new RenderOptions { Tools = Browser.Tools }));
        return new Uri(path).AbsoluteUri;
    }

    [Fact]
    public void Equations_are_set_with_their_own_fonts_and_a_wrong_one_says_what_is_wrong()
    {
        Browser.Require(katex: true);
        var notes = new List<string>();
        var page = Write(Notebooks.Of(("#", "# On $\\beta_3$\n\nThe slow average: $m_2 = \\beta_3 m_2 + (1-\\beta_3) g$.\n\n$$\n\\theta = \\theta - \\eta \\left( \\frac{\\hat m_1 + \\alpha m_2}{\\sqrt{\\hat\\nu} + \\epsilon} \\right)\n$$\n\nand $\\mathbb{E}[g]$, but $\\frac{1}{$ is wrong.\n\n## With $x^2$\n\n## Without")),
            new RenderOptions { Tools = Browser.Tools, Note = notes.Add });
        using var browser = Browser.Start();
        browser.Navigate().GoToUrl(page);
        Assert.Equal("On beta_3", browser.Title);
        // In the heading, in the contents, and four in the text; each with MathML for screen readers.
        Assert.Equal(6, browser.FindElements(By.CssSelector(".katex .katex-mathml math")).Count);
        Assert.Single(browser.FindElements(By.CssSelector("nav.contents .katex")));
        Assert.Contains("KaTeX parse error: Unexpected end of input", browser.FindElement(By.CssSelector(".tex-error")).Text);
        Assert.Equal("\\frac{1}{", browser.FindElement(By.CssSelector(".math > code")).Text);
        var fonts = (string)browser.ExecuteScript("return document.fonts.ready.then(f => Array.from(f).map(x => x.family.replace(/\"/g, '') + ' ' + x.status).sort().join())")!;
        Assert.Contains("KaTeX_AMS loaded", fonts);
        Assert.Contains("KaTeX_Math loaded", fonts);
        Assert.DoesNotContain("KaTeX_Fraktur", fonts);
        Assert.DoesNotContain("error", fonts);
        Assert.Equal(0, browser.Requests());
        Assert.Empty(browser.Complaints());
        Assert.Empty(notes);
        Assert.InRange(new FileInfo(Path.Combine(_folder, "page.html")).Length, 20_000, 400_000);
    }

    [Fact]
    public void Diagrams_are_images_for_light_and_dark_and_a_wrong_one_shows_its_source()
    {
        Browser.Require(mermaid: true);
        var document = Notebooks.Of(("", "#!mermaid\ngraph LR; g[gradient] --> m1[fast EMA]; g --> m2[\"slow EMA, <b>b3</b>\"]"), ("#", "# Diagrams\n\n```mermaid\nsequenceDiagram\n  a->>b: hello\n```\n"), ("", "#!mermaid\ngraph nonsense {{{"));
        using var browser = Browser.Start();
        browser.Navigate().GoToUrl(Write(document));
        var images = browser.FindElements(By.CssSelector(".diagram picture img"));
        Assert.Equal(2, images.Count);
        Assert.All(images, image => Assert.InRange(Convert.ToDouble(browser.ExecuteScript("return arguments[0].complete ? arguments[0].naturalWidth : 0", image), CultureInfo.InvariantCulture), 50, 2000));
        Assert.Equal(2, browser.FindElements(By.CssSelector(".diagram picture source[media*=dark]")).Count);
        Assert.Contains("graph nonsense", browser.FindElement(By.CssSelector(".diagram pre")).Text);
        Assert.Contains("Mermaid could not draw this", browser.FindElement(By.CssSelector(".diagram .missing")).Text);
        Assert.Equal(0, browser.Requests());
        Assert.Empty(browser.Complaints());
        Assert.Equal(File.ReadAllText(Path.Combine(_folder, "page.html")), HtmlRenderer.Render(document, new RenderOptions { Tools = Browser.Tools }));
    }

    [Fact]
    public void Without_a_browser_a_diagram_is_its_source_and_one_line_says_why()
    {
        var notes = new List<string>();
        var script = Path.Combine(_folder, "mermaid.js");
        File.WriteAllText(script, "");
        var page = HtmlRenderer.Render(Notebooks.Of("#!mermaid\ngraph LR; a --> b"), new RenderOptions { Tools = new RenderTools { MermaidScript = script }, Note = notes.Add });
        Assert.Contains("<pre class=\"output plain diagram\">graph LR; a --&gt; b</pre>", page);
        Assert.Equal(["Mermaid diagrams are shown as their source: no Chromium is installed to draw them ('apt-get install chromium')."], notes);
    }

    [Fact]
    public void The_authors_own_tool_works_in_the_page_and_nothing_else_of_it_does()
    {
        var javascript = "#!javascript\nconst text = await Promise.resolve('drawn </' + 'script>');\nelement.textContent = text;";
        var document = Notebooks.Of(("#", "# Tool"), ("", Slider), ("", javascript), ("", "HTML(\"x\")"));
        // The same script in an output must not run, although its hash is allowed: it does not reach the page.
        document.Cells[3].Json["outputs"]!.AsArray().Add((System.Text.Json.Nodes.JsonNode)new System.Text.Json.Nodes.JsonObject
        {
            ["data"] = new System.Text.Json.Nodes.JsonObject { ["text/html"] = "<p id=\"kept\">kept</p><script>document.title = 'output';</script>" + Slider },
            ["metadata"] = new System.Text.Json.Nodes.JsonObject(),
            ["output_type"] = "display_data",
        });
        using var browser = Browser.Start();
        browser.Navigate().GoToUrl(Write(document));
        var wait = new WebDriverWait(browser, TimeSpan.FromSeconds(10));
        wait.Until(page => page.FindElement(By.Id("shown")).Text == "half-life 6.58");
        browser.ExecuteScript("var s = document.getElementById('b1'); s.value = 0.5; s.dispatchEvent(new Event('input'));");
        Assert.Equal("half-life 1.00", browser.FindElement(By.Id("shown")).Text);
        wait.Until(page => page.FindElement(By.Id("script-3")).Text == "drawn </script>");
        Assert.Equal(3, browser.FindElements(By.CssSelector("main > section.cell")).Count);
        Assert.Single(browser.FindElements(By.CssSelector("main > footer")));
        Assert.Single(browser.FindElements(By.Id("b1")));
        Assert.Equal("Tool", browser.Title);
        Assert.Equal(0, browser.Requests());
        // The cells of the tool are folded, the C# cell is not.
        Assert.Single(browser.FindElements(By.CssSelector("details.code[open]")));
        Assert.Empty(browser.Complaints());

        browser.Navigate().GoToUrl(Write(document, new RenderOptions { Tools = Browser.Tools, Scripts = false }));
        Assert.Empty(browser.FindElements(By.Id("b1")));
        Assert.Empty(browser.FindElements(By.Id("script-3")));
        Assert.Contains("half open", browser.FindElement(By.TagName("main")).Text);
        Assert.Empty(browser.Complaints());
    }
}
