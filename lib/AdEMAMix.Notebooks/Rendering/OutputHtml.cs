// The outputs of a cell as HTML: charts from their data, else the richest form that needs no script.
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>Writes outputs into a page and counts its charts.</summary>
sealed class OutputHtml(Prose prose)
{
    const string Plotly = "application/vnd.plotly.v1+json";

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
                    html.Append("<pre class=\"output stream ").Append(name).Append("\">").Append(Encoded(TerminalText.Final(MultilineText.Read(output["text"])))).Append("</pre>\n");
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

    static void AppendError(StringBuilder html, JsonObject error)
    {
        var lines = (error["traceback"] as JsonArray)?.Select(line => TerminalText.Final(line?.ToString() ?? "")).ToArray() ?? [];
        html.Append("<div class=\"output error\"><strong>").Append(Encoded(error["ename"]?.ToString())).Append("</strong> ").Append(Encoded(error["evalue"]?.ToString()));
        if (lines.Length > 0) html.Append("<pre>").Append(Encoded(string.Join('\n', lines))).Append("</pre>");
        html.Append("</div>\n");
    }

    void AppendData(StringBuilder html, JsonObject data)
    {
        if (data[Plotly] is { } figure)
        {
            AppendChart(html, MultilineText.IsValid(figure) ? MultilineText.Read(figure) : JsonText.WriteCompact(figure), data);
            return;
        }
        html.Append(Form(data)).Append('\n');
    }

    string Form(JsonObject data)
    {
        if (Text(data, "text/html") is { } markup) return $"<div class=\"output html wide\">{StoredHtml.WithoutScripts(markup)}</div>";
        if (Image(data) is { } image) return $"<div class=\"output image\">{image}</div>";
        if (Text(data, "text/markdown") is { } markdown) return $"<div class=\"output prose\">{prose.ToHtml(markdown)}</div>";
        if (Text(data, "text/latex") is { } tex) return $"<div class=\"output math\">{Formula.ToHtml(tex.Trim('$', ' ', '\n'))}</div>";
        if (data["application/json"] is { } json) return $"<pre class=\"output plain\">{Encoded(JsonText.Write(json, "  ", "\n"))}</pre>";
        if (Text(data, "text/plain") is { } plain) return $"<pre class=\"output plain\">{Encoded(TerminalText.Final(plain))}</pre>";
        return $"<p class=\"output missing\">An output of kind {Encoded(string.Join(", ", data.Select(pair => pair.Key)))}, which this page cannot show.</p>";
    }

    void AppendChart(StringBuilder html, string json, JsonObject data)
    {
        Charts++;
        var picture = (Text(data, "text/html") is { } markup ? StoredHtml.Picture(markup) : null) ?? Image(data);
        var height = FigureHeight(json);
        html.Append(CultureInfo.InvariantCulture, $"<figure class=\"output chart\" id=\"chart-{Charts}\" style=\"--height:{height}px\">")
            .Append(picture ?? "<noscript>This chart is drawn by a script: open the page in a browser that runs scripts.</noscript>")
            .Append("</figure>\n")
            // Inside a script element only "<" can do harm, and JSON can always write it as an escape.
            .Append(CultureInfo.InvariantCulture, $"<script type=\"application/json\" id=\"chart-{Charts}-data\">")
            .Append(json.Replace("<", "\\u003c", StringComparison.Ordinal)).Append("</script>\n");
    }

    static int FigureHeight(string json)
    {
        try
        {
            return JsonNode.Parse(json)?["layout"]?["height"] is JsonValue height && height.TryGetValue(out double pixels) && pixels is > 0 and < 5000 ? (int)pixels : 450;
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException)
        {
            return 450;
        }
    }

    static string? Image(JsonObject data)
    {
        // A drawing goes in as an image, where its scripts cannot run and its styles stay its own.
        if (Text(data, "image/svg+xml") is { } svg) return $"<img alt=\"\" src=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}\">";
        foreach (var mime in (string[])["image/png", "image/jpeg", "image/gif", "image/webp"])
            if (Text(data, mime) is { } base64) return $"<img alt=\"\" src=\"data:{mime};base64,{Encoded(base64.ReplaceLineEndings(""))}\">";
        return null;
    }

    static string? Text(JsonObject data, string mime) => MultilineText.IsValid(data[mime]) ? MultilineText.Read(data[mime]) : null;

    static string Encoded(string? text) => WebUtility.HtmlEncode(text ?? "");
}
