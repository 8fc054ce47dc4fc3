// Mermaid diagrams as images, drawn when the page is made, once light and once dark; without a browser their source is shown.
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace AdEMAMix.Notebooks;

/// <summary>Draws all diagrams of a page in one start of a headless Chromium.</summary>
sealed class Diagrams
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    readonly Dictionary<string, string> _images = new(StringComparer.Ordinal);

    Diagrams()
    {
    }

    /// <summary>Draws the given sources.</summary>
    /// <param name="sources">Texts in mermaid's language.</param>
    /// <param name="tools">Where mermaid and Chromium are.</param>
    /// <param name="note">Told in one line why sources are shown instead, if they are.</param>
    public static Diagrams Draw(IReadOnlyCollection<string> sources, RenderTools tools, Action<string>? note)
    {
        var diagrams = new Diagrams();
        if (sources.Count == 0) return diagrams;
        const string consequence = "Mermaid diagrams are shown as their source";
        if (tools.MermaidScript is null || !File.Exists(tools.MermaidScript)) note?.Invoke($"{consequence}: mermaid is not installed ('environment/workbook render' fetches it from npm).");
        else if (tools.Chromium is null) note?.Invoke($"{consequence}: no Chromium is installed to draw them ('apt-get install chromium').");
        else diagrams.DrawAsync(sources, tools, reason => note?.Invoke($"{consequence}: {reason}.")).GetAwaiter().GetResult();
        return diagrams;
    }

    /// <summary>A diagram's image, or its source where it was not drawn.</summary>
    public string ToHtml(string source) =>
        _images.TryGetValue(source.Trim(), out var html) ? $"<div class=\"output diagram\">{html}</div>" : $"<pre class=\"output plain diagram\">{WebUtility.HtmlEncode(source.Trim())}</pre>";

    async Task DrawAsync(IReadOnlyCollection<string> sources, RenderTools tools, Action<string> failed)
    {
        try
        {
            await using var browser = await HeadlessBrowser.StartAsync(tools.Chromium!, CancellationToken.None).ConfigureAwait(false);
            await browser.EvaluateAsync(await File.ReadAllTextAsync(tools.MermaidScript!).ConfigureAwait(false) + "\n;0", Limit, CancellationToken.None).ConfigureAwait(false);
            var number = 0;
            foreach (var source in sources.Select(source => source.Trim()).Distinct(StringComparer.Ordinal))
            {
                number++;
                try
                {
                    var light = await DrawAsync(browser, source, "neutral", number).ConfigureAwait(false);
                    var dark = await DrawAsync(browser, source, "dark", number).ConfigureAwait(false);
                    var text = WebUtility.HtmlEncode(source.ReplaceLineEndings(" "));
                    _images[source] = $"<picture><source media=\"screen and (prefers-color-scheme: dark)\" srcset=\"{dark.Address}\"><img alt=\"A diagram: {text}\" src=\"{light.Address}\" width=\"{light.Width.ToString(CultureInfo.InvariantCulture)}\"></picture>";
                }
                catch (BrowserException e) when (e.InnerException is null)
                {
                    _images[source] = $"<pre class=\"plain\">{WebUtility.HtmlEncode(source)}</pre><p class=\"missing\">Mermaid could not draw this: {WebUtility.HtmlEncode(e.Message)}</p>";
                }
            }
        }
        catch (BrowserException e)
        {
            failed(e.Message);
        }
    }

    static async Task<(string Address, int Width)> DrawAsync(HeadlessBrowser browser, string source, string theme, int number)
    {
        var call = string.Create(CultureInfo.InvariantCulture, $"({Script})({JsonSerializer.Serialize(source)}, \"{theme}\", \"diagram-{number}-{theme}\")");
        var answer = await browser.EvaluateAsync(call, Limit, CancellationToken.None).ConfigureAwait(false);
        var svg = answer?["svg"]?.GetValue<string>() ?? throw new BrowserException("mermaid made no drawing");
        var width = answer["width"]?.GetValue<double>() is { } pixels and > 0 and < 4000 ? (int)Math.Ceiling(pixels) : 600;
        return ($"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}", width);
    }

    // Labels as SVG text: an image may not hold HTML. As XML, because that is what an SVG image has to be.
    const string Script = """
        async function (source, theme, id) {
          mermaid.initialize({ startOnLoad: false, theme: theme, securityLevel: "strict", deterministicIds: true, htmlLabels: false, flowchart: { htmlLabels: false }, class: { htmlLabels: false }, fontFamily: "Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif" });
          var drawn = await mermaid.render(id, source), holder = document.createElement("div");
          holder.innerHTML = drawn.svg;
          var svg = holder.querySelector("svg"), box = (svg.getAttribute("viewBox") || "").split(/[ ,]+/).map(Number);
          svg.querySelectorAll("script").forEach(function (script) { script.remove(); });
          if (box.length === 4) { svg.setAttribute("width", box[2]); svg.setAttribute("height", box[3]); }
          svg.removeAttribute("style");
          return { svg: new XMLSerializer().serializeToString(svg), width: box[2] };
        }
        """;
}
