// The outputs of a cell as HTML: charts from their data, else the richest form that needs no script.
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>Writes outputs into a page and counts its charts.</summary>
sealed class OutputHtml(Prose prose)
{
    /// <summary>More text than this at one place is cut in its middle, more markup or picture is left out: a page is there to be read.</summary>
    const int TextLimit = 200_000, MarkupLimit = 4_000_000, PictureLimit = 12_000_000;

    /// <summary>How many charts need plotly.js.</summary>
    public int Charts { get; private set; }

    public void Append(StringBuilder html, JsonArray outputs)
    {
        foreach (var output in outputs.OfType<JsonObject>())
        {
            switch (output["output_type"]?.GetValue<string>())
            {
                case "stream":
                    var name = output["name"] is JsonValue stream && stream.ToString() == "stderr" ? "stderr" : "stdout";
                    html.Append("<pre class=\"output stream ").Append(name).Append("\">").Append(Encoded(Console(MultilineText.Read(output["text"])))).Append("</pre>\n");
                    break;
                case "error":
                    AppendError(html, output);
                    break;
                case "display_data" or "execute_result" when output["data"] is JsonObject data:
                    AppendData(html, data);
                    break;
            }
        }
    }

    /// <summary>Only the errors, of a cell whose result is made from its source.</summary>
    public void AppendErrors(StringBuilder html, JsonArray outputs) =>
        Append(html, [.. outputs.OfType<JsonObject>().Where(output => output["output_type"]?.GetValue<string>() == "error").Select(output => output.DeepClone())]);

    static void AppendError(StringBuilder html, JsonObject error)
    {
        var lines = (error["traceback"] as JsonArray)?.Select(line => Console(line?.ToString() ?? "")).ToArray() ?? [];
        html.Append("<div class=\"output error\"><strong>").Append(Encoded(error["ename"]?.ToString())).Append("</strong> ").Append(Encoded(Console(error["evalue"]?.ToString() ?? "")));
        if (lines.Length > 0) html.Append("<pre>").Append(Encoded(Cut(string.Join('\n', lines)))).Append("</pre>");
        html.Append("</div>\n");
    }

    void AppendData(StringBuilder html, JsonObject data)
    {
        if (FigureJsonText.Of(data) is { } figure && figure["data"] is JsonArray or null && JsonText.WriteCompact(figure) is { Length: < PictureLimit } json) AppendChart(html, figure, json, data);
        else html.Append(Form(data)).Append('\n');
    }

    string Form(JsonObject data)
    {
        if (Text(data, "text/html") is { } markup)
            return markup.Length > MarkupLimit ? LeftOut("HTML", markup.Length) : $"<div class=\"output html wide\">{HtmlSanitizer.OfOutput(markup)}</div>";
        if (Image(data) is { } image) return image.Length > PictureLimit ? LeftOut("picture", image.Length) : $"<div class=\"output image\">{image}</div>";
        if (Text(data, "text/markdown") is { } markdown) return $"<div class=\"output prose\">{prose.ToHtml(Cut(markdown))}</div>";
        if (Text(data, "text/latex") is { } tex) return $"<div class=\"output\">{prose.Formula(tex)}</div>";
        if (data["application/json"] is { } json) return $"<pre class=\"output plain\">{Encoded(Cut(JsonText.Write(json, "  ", "\n")))}</pre>";
        if (Text(data, "text/plain") is { } plain) return $"<pre class=\"output plain\">{Encoded(Console(plain))}</pre>";
        return $"<p class=\"output missing\">An output of kind {Encoded(string.Join(", ", data.Select(pair => pair.Key)))}, which this page cannot show.</p>";
    }

    void AppendChart(StringBuilder html, JsonObject figure, string json, JsonObject data)
    {
        Charts++;
        var picture = (Text(data, "text/html") is { } markup ? HtmlSanitizer.Picture(markup) : null) ?? Image(data);
        var height = (figure["layout"] as JsonObject)?["height"] is JsonValue value && value.TryGetValue(out double pixels) && pixels is > 0 and < 5000 ? (int)pixels : 450;
        html.Append(CultureInfo.InvariantCulture, $"<figure class=\"output chart\" id=\"chart-{Charts}\" style=\"--height:{height}px\">")
            .Append(picture ?? "<noscript>This chart is drawn by a script: open the page in a browser that runs scripts.</noscript>")
            .Append("</figure>\n")
            // Inside a script element only "<" can do harm, and JSON can always write it as an escape.
            .Append(CultureInfo.InvariantCulture, $"<script type=\"application/json\" id=\"chart-{Charts}-data\">")
            .Append(json.Replace("<", "\\u003c", StringComparison.Ordinal)).Append("</script>\n");
    }

    static string? Image(JsonObject data)
    {
        // A drawing goes in as an image, where its scripts cannot run and its styles stay its own.
        if (Text(data, "image/svg+xml") is { } svg) return $"<img alt=\"\" src=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}\">";
        foreach (var mime in (string[])["image/png", "image/jpeg", "image/gif", "image/webp"])
            if (Text(data, mime) is { } base64) return $"<img alt=\"\" src=\"data:{mime};base64,{Encoded(base64.ReplaceLineEndings(""))}\">";
        return null;
    }

    static string Console(string text) => TerminalText.Final(Cut(text));

    /// <summary>Long text without its middle.</summary>
    static string Cut(string text)
    {
        if (text.Length <= TextLimit) return text;
        const int half = TextLimit / 2;
        return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, half)}\n[... {(text.Length - TextLimit) / 1e6:0.0} million characters are left out of this page; the notebook has them ...]\n{text.AsSpan(text.Length - half)}");
    }

    static string LeftOut(string kind, int length) =>
        string.Create(CultureInfo.InvariantCulture, $"<p class=\"output missing\">An output of {length / 1e6:0.0} MB of {kind}, which is left out of this page; the notebook has it.</p>");

    static string? Text(JsonObject data, string mime) => MultilineText.IsValid(data[mime]) ? MultilineText.Read(data[mime]) : null;

    static string Encoded(string? text) => WebUtility.HtmlEncode(text ?? "");
}
