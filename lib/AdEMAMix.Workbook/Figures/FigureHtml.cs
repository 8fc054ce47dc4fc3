using System.Globalization;
using System.Net;
using System.Text;

namespace AdEMAMix.Workbook;

/// <summary>A figure as HTML: a picture that shows everywhere, and a script that puts the live chart in its place where it can.</summary>
static class FigureHtml
{
    /// <summary>The plotly.js that the script loads when the page has none: the version that environment/packages.sh pins, with the hash of that file.</summary>
    public const string PlotlyAddress = "https://cdn.jsdelivr.net/npm/plotly.js-cartesian-dist-min@4.1.1/plotly-cartesian.min.js";

    public const string PlotlyIntegrity = "sha384-zc4SwKObGL/W0M3RUI09UPWjlgIZHfbwMgcZO6713mRh78tfUmIQKhzCyE2LIiUg";

    public static string Write(Figure figure)
    {
        var picture = Convert.ToBase64String(Encoding.UTF8.GetBytes(figure.ToSvg()));
        var text = WebUtility.HtmlEncode(figure.Description);
        return string.Create(CultureInfo.InvariantCulture, $"""
            <figure data-figure="{figure.Id}" style="margin:0.5em 0"><img src="data:image/svg+xml;base64,{picture}" alt="{text}" width="{figure.Width}" style="max-width:100%;height:auto"></figure>
            <script>
            (function () {"{"}
              var figure = {figure.Json};
              var id = "{figure.Id}", address = "{PlotlyAddress}", integrity = "{PlotlyIntegrity}";
            {Script}
            {"}"})();
            </script>
            """).ReplaceLineEndings("\n");
    }

    // Finds its place by attribute, not by document.currentScript: some notebook clients evaluate scripts on their own.
    // The picture goes only after the chart is drawn, so a failure leaves the picture. Text takes the page's colour, and
    // black lines turn white on a dark page. A click on the label at a line's end hides and shows that line's group.
    const string Script = """
          function draw() {
            document.querySelectorAll('figure[data-figure="' + id + '"]:not([data-live])').forEach(function (place) {
              place.setAttribute("data-live", "");
              var f = JSON.parse(JSON.stringify(figure)), layout = f.layout, chart = document.createElement("div");
              var picture = place.querySelector("img"), room = place.clientWidth || layout.width;
              function ink() { return getComputedStyle(place).color; }
              function onDark() { var c = ink().match(/[\d.]+/g) || [0, 0, 0]; return 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2] > 140; }
              layout.width = Math.min(layout.width, Math.max(room, 320));
              layout.font.color = ink();
              if (onDark()) f = JSON.parse(JSON.stringify(f).replace(/"#000000"/g, '"#ffffff"').replace(/rgba\(0,0,0,0\.(\d+)\)/g, "rgba(255,255,255,0.$1)"));
              place.appendChild(chart);
              Promise.resolve().then(function () { return window.Plotly.newPlot(chart, f.data, f.layout, f.config); }).then(function () {
                if (picture) picture.remove();
                chart.on("plotly_clickannotation", function (event) {
                  var members = [], name = event.annotation.name;
                  chart.data.forEach(function (trace, i) { if (trace.meta === name) members.push(i); });
                  if (members.length) window.Plotly.restyle(chart, { visible: chart.data[members[0]].visible === "legendonly" ? true : "legendonly" }, members);
                });
                matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
                  setTimeout(function () { if (chart.isConnected) window.Plotly.relayout(chart, { "font.color": ink() }); }, 50);
                });
              }, function () { chart.remove(); });
            });
          }
          if (window.Plotly) return draw();
          var script = document.querySelector("script[data-workbook-plotly]");
          if (!script) {
            script = document.createElement("script");
            script.src = address; script.integrity = integrity; script.crossOrigin = "anonymous";
            script.setAttribute("data-workbook-plotly", "");
            document.head.appendChild(script);
          }
          script.addEventListener("load", draw);
        """;
}
