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
              var id = "{figure.Id}", file = "{FileName(figure.Description)}", address = "{PlotlyAddress}", integrity = "{PlotlyIntegrity}";
            {Script}
            {"}"})();
            </script>
            """).ReplaceLineEndings("\n");
    }

    // Finds its place by attribute, not by document.currentScript: some notebook clients evaluate scripts on their own.
    // The picture goes only after the chart is drawn, so a failure leaves the picture. Text takes the page's colour, and
    // black lines turn white on a dark page; a saved PNG is for paper, dark on white. A click on the label at a line's end
    // hides and shows that line's group. CSV: a row per point; of a heatmap, a row per cell.
    const string Script = """
          function themed(ink, dark) {
            var text = JSON.stringify(figure);
            if (dark) text = text.replace(/"#000000"/g, '"#ffffff"').replace(/rgba\(0,0,0,0\.(\d+)\)/g, "rgba(255,255,255,0.$1)");
            var f = JSON.parse(text);
            f.layout.font = f.layout.font || {};
            f.layout.font.color = ink;
            return f;
          }
          function save(name, address) {
            var link = document.createElement("a");
            link.href = address; link.download = name;
            document.body.appendChild(link); link.click(); link.remove();
          }
          function csv() {
            var rows = [["series", "x", "y", "z"]];
            figure.data.forEach(function (t) {
              if (t.fill === "toself" || t.hoverinfo === "skip") return;
              var name = String(t.meta || t.name || "").replace(/<[^>]*>/g, "");
              if (t.z) t.z.forEach(function (line, i) { line.forEach(function (z, j) { rows.push([name, t.x ? t.x[j] : j, t.y ? t.y[i] : i, z]); }); });
              else (t.y || t.x || []).forEach(function (_, i) { rows.push([name, t.x ? t.x[i] : i, t.y ? t.y[i] : i, ""]); });
            });
            return rows.map(function (row) {
              return row.map(function (v) { v = v == null ? "" : String(v); return /[",\n]/.test(v) ? '"' + v.replace(/"/g, '""') + '"' : v; }).join(",");
            }).join("\n") + "\n";
          }
          var buttons = [
            { name: "png", title: "Save as PNG", icon: { width: 24, height: 24, path: "M4 5h16v14H4zM6 7v8l4-4 3 3 2-2 3 3V7zM15 8h2v2h-2z" }, click: function () {
              var f = themed("#202020", false);
              f.layout.paper_bgcolor = "#ffffff";
              window.Plotly.toImage(f, { format: "png", width: f.layout.width, height: f.layout.height, scale: 2 }).then(function (png) { save(file + ".png", png); });
            } },
            { name: "csv", title: "Save the data as CSV", icon: { width: 24, height: 24, path: "M3 4h18v16H3zM5 9v3h6V9zM13 9v3h6V9zM5 14v4h6v-4zM13 14v4h6v-4z" }, click: function () {
              save(file + ".csv", "data:text/csv;charset=utf-8," + encodeURIComponent(csv()));
            } }
          ];
          function draw() {
            document.querySelectorAll('figure[data-figure="' + id + '"]:not([data-live])').forEach(function (place) {
              place.setAttribute("data-live", "");
              var picture = place.querySelector("img"), chart = document.createElement("div");
              function ink() { return getComputedStyle(place).color; }
              function onDark() { var c = ink().match(/[\d.]+/g) || [0, 0, 0]; return 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2] > 140; }
              function show() {
                var f = themed(ink(), onDark());
                f.layout.width = Math.min(f.layout.width, Math.max(place.clientWidth || f.layout.width, 320));
                f.config = Object.assign({}, f.config, { modeBarButtonsToAdd: buttons });
                f.config.modeBarButtonsToRemove = (f.config.modeBarButtonsToRemove || []).concat("toImage");
                return window.Plotly.react(chart, f.data, f.layout, f.config);
              }
              place.appendChild(chart);
              Promise.resolve().then(show).then(function () {
                if (picture) picture.remove();
                chart.on("plotly_clickannotation", function (event) {
                  var members = [], name = event.annotation.name;
                  chart.data.forEach(function (trace, i) { if (trace.meta === name) members.push(i); });
                  if (members.length) window.Plotly.restyle(chart, { visible: chart.data[members[0]].visible === "legendonly" ? true : "legendonly" }, members);
                });
                matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
                  setTimeout(function () { if (chart.isConnected) show(); }, 50);
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
            // Without the network the pictures stay, and the next figure tries again.
            script.addEventListener("error", function () { script.remove(); });
            document.head.appendChild(script);
          }
          script.addEventListener("load", draw);
        """;

    /// <summary>A name for saved files, from the title: letters, digits and hyphens.</summary>
    static string FileName(string title)
    {
        var words = string.Concat(title.Split('.')[0].ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Split('-', StringSplitOptions.RemoveEmptyEntries);
        var name = string.Join('-', words);
        return name.Length == 0 ? "figure" : name.Length <= 60 ? name : name[..60].TrimEnd('-');
    }
}
