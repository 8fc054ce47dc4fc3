// Pictures of a notebook's figures, drawn by plotly.js itself and put inside the figures' HTML, for readers without scripts (GitHub, mail).
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace AdEMAMix.Notebooks;

/// <summary>Gives every figure of a notebook its picture: one start of a headless Chromium for all of them, none where all have theirs.</summary>
/// <remarks>Each picture carries a mark made from the figure's data and the version of plotly.js, so that a second call changes nothing, and a picture
/// made on another machine stays as long as the figure does. Nothing of the notebook is executed: only plotly.js runs, on the stored data.</remarks>
public sealed partial class FigurePictures
{
    /// <summary>Part of each mark; counts up when pictures are to look different.</summary>
    const string Look = "2";

    /// <summary>For screens that are fine.</summary>
    const double Scale = 2;

    /// <summary>Where a notebook has so many figures that it would grow too large for a review or a mail: still more pixels than GitHub shows.</summary>
    const double ScaleOfMany = 1.25;

    const int Many = 10;

    const int Largest = 2100;

    static readonly TimeSpan FigureLimit = TimeSpan.FromSeconds(30);

    readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);

    /// <summary>Remembers the pictures that a notebook has, before it is run again and its outputs are cleared.</summary>
    public void Remember(NotebookDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        foreach (var (_, html, _) in Figures(document))
            if (html is not null && Marked().Match(html) is { Success: true } picture) _known[picture.Groups["mark"].Value] = picture.Groups["source"].Value;
    }

    /// <summary>Puts the picture of each figure into its HTML.</summary>
    /// <param name="document">The notebook; only the HTML of its figures changes.</param>
    /// <param name="tools">Where plotly.js and Chromium are.</param>
    /// <param name="note">Told in one line why figures keep the drawing they have, if they do.</param>
    /// <param name="cancellationToken">Stops the work; figures done so far keep their pictures.</param>
    /// <returns>How many pictures were put in.</returns>
    public async Task<int> UpdateAsync(NotebookDocument document, RenderTools tools, Action<string>? note = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tools);
        Remember(document);
        var scale = Figures(document).Count() < Many ? Scale : ScaleOfMany;
        var waiting = new List<(JsonObject Data, string? Html, string Json, string Mark)>();
        var done = 0;
        foreach (var (data, html, figure) in Figures(document))
        {
            var json = JsonText.WriteCompact(figure);
            var mark = Mark(figure, tools);
            if (html is not null && Marked().Match(html) is { Success: true } own && own.Groups["mark"].Value == mark) continue;
            if (_known.TryGetValue(mark, out var source))
            {
                Put(data, html, source, mark, figure);
                done++;
            }
            else
            {
                waiting.Add((data, html, json, mark));
            }
        }
        if (waiting.Count == 0) return done;

        var count = waiting.Count == 1 ? "1 figure keeps" : $"{waiting.Count.ToString(CultureInfo.InvariantCulture)} figures keep";
        if (tools.PlotlyScript is null || !File.Exists(tools.PlotlyScript))
        {
            note?.Invoke($"{count} the drawing made when the cell ran: plotly.js is not installed ('environment/workbook setup' installs it).");
            return done;
        }
        if (tools.Chromium is null)
        {
            note?.Invoke($"{count} the drawing made when the cell ran: no Chromium is installed to make pictures with plotly.js ('apt-get install chromium').");
            return done;
        }
        try
        {
            await using var browser = await HeadlessBrowser.StartAsync(tools.Chromium, cancellationToken).ConfigureAwait(false);
            await browser.EvaluateAsync(await File.ReadAllTextAsync(tools.PlotlyScript, cancellationToken).ConfigureAwait(false) + "\n;0", FigureLimit, cancellationToken).ConfigureAwait(false);
            foreach (var (data, html, json, mark) in waiting)
            {
                try
                {
                    var picture = _known[mark] = await DrawAsync(browser, json, scale, cancellationToken).ConfigureAwait(false);
                    Put(data, html, picture, mark, FigureJsonText.Of(data)!);
                    done++;
                }
                catch (BrowserException e)
                {
                    note?.Invoke($"A figure keeps the drawing made when the cell ran: {e.Message}.");
                    if (e.InnerException is not null) break;
                }
            }
        }
        catch (BrowserException e)
        {
            note?.Invoke($"{count} the drawing made when the cell ran: {e.Message}.");
        }
        return done;
    }

    static async Task<string> DrawAsync(HeadlessBrowser browser, string json, double scale, CancellationToken cancellationToken)
    {
        var size = await browser.EvaluateAsync($"({Draw})({json})", FigureLimit, cancellationToken).ConfigureAwait(false);
        var (width, height) = (size?["width"]?.GetValue<int>() ?? 0, size?["height"]?.GetValue<int>() ?? 0);
        if (width is < 1 or > Largest || height is < 1 or > Largest) throw new BrowserException("plotly.js made no picture");
        var shot = await browser.ScreenshotAsync(width, height, scale, FigureLimit, cancellationToken).ConfigureAwait(false);
        var drawn = await browser.EvaluateAsync($"({Read})(\"{shot}\")", FigureLimit, cancellationToken).ConfigureAwait(false);
        (width, height) = (drawn?["width"]?.GetValue<int>() ?? 0, drawn?["height"]?.GetValue<int>() ?? 0);
        var pixels = Convert.FromBase64String(drawn?["pixels"]?.GetValue<string>() ?? "");
        if (pixels.Length == 0 || pixels.Length != 4 * width * height) throw new BrowserException("plotly.js made no picture");
        return $"data:image/png;base64,{Convert.ToBase64String(PalettePng.Encode(pixels, width, height))}";
    }

    /// <summary>Whether a figure's HTML carries the picture of its present data, made by this version of plotly.js.</summary>
    internal static bool HasPicture(JsonObject data, RenderTools tools) =>
        FigureJsonText.Of(data) is { } figure && MultilineText.IsValid(data["text/html"]) && Marked().Match(MultilineText.Read(data["text/html"])) is { Success: true } own && own.Groups["mark"].Value == Mark(figure, tools);

    static IEnumerable<(JsonObject Data, string? Html, JsonObject Figure)> Figures(NotebookDocument document)
    {
        foreach (var output in document.Cells.Where(cell => cell.Kind == CellKind.Code).SelectMany(cell => cell.Outputs).OfType<JsonObject>())
        {
            if (output["data"] is not JsonObject data || FigureJsonText.Of(data) is not { } figure) continue;
            yield return (data, MultilineText.IsValid(data["text/html"]) ? MultilineText.Read(data["text/html"]) : null, figure);
        }
    }

    static string Mark(JsonObject figure, RenderTools tools)
    {
        var text = $"{Look}\n{tools.PlotlyVersion}\n{JsonText.WriteCompact(JsonText.Sorted(figure))}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }

    /// <summary>Replaces the picture that is in the HTML; HTML that has none, only a script, gets one before it, which goes when the script has drawn.</summary>
    static void Put(JsonObject data, string? html, string source, string mark, JsonObject figure)
    {
        string text;
        if (html is not null && StoredPicture().Match(html) is { Success: true } old)
        {
            var tag = Address().Replace(OldMark().Replace(old.Value, ""), $"src=\"{source}\"", 1);
            text = $"{html[..old.Index]}<img data-picture=\"{mark}\"{tag["<img".Length..]}{html[(old.Index + old.Length)..]}";
        }
        else
        {
            var width = figure["layout"]?["width"] is JsonValue number && number.TryGetValue(out double pixels) ? pixels : 900;
            var title = WebUtility.HtmlEncode(Title(figure) ?? "A chart");
            var picture = string.Create(CultureInfo.InvariantCulture, $"<figure data-picture-of=\"{mark}\" style=\"margin:0.5em 0\"><img data-picture=\"{mark}\" src=\"{source}\" alt=\"{title}\" width=\"{width:0}\" style=\"max-width:100%;height:auto\"></figure>");
            text = html is null ? picture : $"{picture}\n{html}\n<script>{Remover.Replace("MARK", mark, StringComparison.Ordinal)}</script>";
        }
        var value = data["text/html"] is null or JsonArray ? (JsonNode)MultilineText.Lines(text) : JsonValue.Create(text);
        if (data.ContainsKey("text/html")) data["text/html"] = value;
        else NotebookCell.Insert(data, "text/html", value);
    }

    /// <summary>The title of a figure as plain text, or null.</summary>
    internal static string? Title(JsonObject figure)
    {
        var title = (figure["layout"] as JsonObject)?["title"];
        var text = title is JsonObject map ? map["text"] : title;
        if (!MultilineText.IsString(text)) return null;
        var lines = Break().Split(text!.GetValue<string>()).Select(line => WebUtility.HtmlDecode(Tag().Replace(line, "")).Trim()).Where(line => line.Length > 0);
        return string.Join(". ", lines.Select(line => line.TrimEnd('.'))) is { Length: > 0 } plain ? plain : null;
    }

    // A light card with a margin of its own, so that it can be read on a dark page too. As the page shows it: plotly's own export places some text otherwise.
    const string Draw = """
        async function (figure) {
          var layout = Object.assign({ width: 900, height: 480 }, figure.layout), chart = document.createElement("div");
          layout.autosize = false;
          layout.width = Math.round(Math.min(Math.max(+layout.width || 900, 100), 2000));
          layout.height = Math.round(Math.min(Math.max(+layout.height || 480, 100), 2000));
          layout.paper_bgcolor = "#ffffff";
          layout.font = Object.assign({ size: 14 }, layout.font, { family: "Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif", color: "#1d2129" });
          document.body.replaceChildren(chart);
          document.body.style.cssText = "margin: 0; padding: 12px; background: #ffffff; width: max-content";
          await Plotly.newPlot(chart, figure.data, layout, Object.assign({}, figure.config, { staticPlot: true, displayModeBar: false, responsive: false }));
          await document.fonts.ready;
          await new Promise(function (done) { requestAnimationFrame(function () { requestAnimationFrame(done); }); });
          return { width: layout.width + 24, height: layout.height + 24 };
        }
        """;

    const string Read = """
        async function (data) {
          var image = new Image(), canvas = document.createElement("canvas"), context = canvas.getContext("2d"), text = "";
          image.src = "data:image/png;base64," + data;
          await image.decode();
          canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
          context.drawImage(image, 0, 0);
          var pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
          for (var i = 0; i < pixels.length; i += 30000) text += String.fromCharCode.apply(null, pixels.subarray(i, i + 30000));
          return { width: canvas.width, height: canvas.height, pixels: btoa(text) };
        }
        """;

    const string Remover = """(function(){var place=document.querySelector('[data-picture-of="MARK"]'),tries=0;(function look(){var around=place&&place.parentNode;if(around&&around.querySelector(".js-plotly-plot"))place.remove();else if(place&&tries++<80)setTimeout(look,250);})();})();""";

    [GeneratedRegex("""<img\b(?=(?:[^>"']|"[^"]*"|'[^']*')*?\bsrc="data:image/)(?:[^>"']|"[^"]*"|'[^']*')*>""")]
    private static partial Regex StoredPicture();

    [GeneratedRegex("""<img data-picture="(?<mark>[0-9a-f]+)"[^>]*?\bsrc="(?<source>data:image/png;base64,[A-Za-z0-9+/=]+)"(?:[^>"']|"[^"]*"|'[^']*')*>""")]
    private static partial Regex Marked();

    [GeneratedRegex(@"\bsrc=""data:image/[^""]*""")]
    private static partial Regex Address();

    [GeneratedRegex(@"\sdata-picture=""[^""]*""")]
    private static partial Regex OldMark();

    [GeneratedRegex("<br */?>")]
    private static partial Regex Break();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();
}
