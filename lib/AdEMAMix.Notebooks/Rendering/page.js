(function () {
  "use strict";
  var dark = matchMedia("(prefers-color-scheme: dark)");

  // The page's fold button; without scripts every cell still folds by itself.
  var fold = document.getElementById("fold");
  var cells = Array.prototype.slice.call(document.querySelectorAll("details.code"));
  function anyOpen() { return cells.some(function (cell) { return cell.open; }); }
  function label() { fold.textContent = anyOpen() ? "Hide code" : "Show code"; }
  if (fold && cells.length) {
    fold.hidden = false;
    fold.addEventListener("click", function () {
      var open = !anyOpen();
      cells.forEach(function (cell) { cell.open = open; });
      label();
    });
    cells.forEach(function (cell) { cell.addEventListener("toggle", label); });
    label();
  }
  // Beside the text the contents stay open; above it they would push the text off the screen.
  var contents = document.querySelector("nav.contents details");
  if (contents && matchMedia("(max-width: 1420px)").matches) contents.open = false;

  if (!window.Plotly) return;
  var charts = Array.prototype.slice.call(document.querySelectorAll("figure.chart"));

  function themed(json, onPaper) {
    var night = dark.matches && !onPaper;
    // Black lines would vanish on a dark page.
    if (night) json = json.replace(/"(#000|#000000|black)"/gi, '"#ffffff"').replace(/"rgba\(0, ?0, ?0, ?(0\.\d+)\)"/g, '"rgba(255,255,255,$1)"');
    var figure = JSON.parse(json), layout = figure.layout = figure.layout || {};
    var ink = night ? "#dfe2e8" : "#1d2129";
    layout.font = Object.assign({ family: "system-ui, 'Segoe UI', Roboto, Arial, sans-serif", size: 14 }, layout.font, { color: ink });
    layout.paper_bgcolor = "rgba(0,0,0,0)";
    if (!layout.plot_bgcolor) layout.plot_bgcolor = "rgba(0,0,0,0)";
    Object.keys(layout).forEach(function (key) {
      if (!/^[xy]axis\d*$/.test(key) || layout[key].gridcolor) return;
      layout[key].gridcolor = layout[key].zerolinecolor = "rgba(128,128,128,0.22)";
    });
    ["xaxis", "yaxis"].forEach(function (key) { if (!layout[key]) layout[key] = { gridcolor: "rgba(128,128,128,0.22)", zerolinecolor: "rgba(128,128,128,0.22)" }; });
    layout.hoverlabel = Object.assign({ bgcolor: night ? "#2e333c" : "#ffffff", font: { color: ink }, bordercolor: night ? "#767e8b" : "#c9cdd4" }, layout.hoverlabel);
    figure.config = Object.assign({ displaylogo: false, showSendToCloud: false, responsive: false }, figure.config);
    return figure;
  }

  // On a narrow screen a chart keeps a width at which its labels can be read, and scrolls.
  function room(place, layout) {
    var own = layout.width || 900;
    return Math.min(own, Math.max(place.clientWidth, 620));
  }

  function draw(place) {
    var json = document.getElementById(place.id + "-data").textContent;
    var figure = themed(json), width = room(place, figure.layout), chart = document.createElement("div");
    chart.className = "live";
    place.appendChild(chart);
    return Promise.resolve().then(function () {
      return window.Plotly.newPlot(chart, figure.data, Object.assign({}, figure.layout, { width: width }), figure.config);
    }).then(function () {
      Array.prototype.slice.call(place.children).forEach(function (child) { if (child !== chart) child.remove(); });
      place.setAttribute("data-drawn", "");
      // A click on the label at a line's end hides and shows its group of lines.
      chart.on("plotly_clickannotation", function (event) {
        var members = [], name = event.annotation && event.annotation.name;
        chart.data.forEach(function (trace, i) { if (name && trace.meta === name) members.push(i); });
        if (members.length) window.Plotly.restyle(chart, { visible: chart.data[members[0]].visible === "legendonly" ? true : "legendonly" }, members);
      });
      function redraw(onPaper) {
        var next = themed(json, onPaper);
        next.data.forEach(function (trace, i) { if (chart.data[i] && chart.data[i].visible !== undefined) trace.visible = chart.data[i].visible; });
        window.Plotly.react(chart, next.data, Object.assign({}, next.layout, { width: room(place, next.layout) }), next.config);
      }
      dark.addEventListener("change", function () { redraw(false); });
      addEventListener("beforeprint", function () { if (dark.matches) redraw(true); });
      addEventListener("afterprint", function () { if (dark.matches) redraw(false); });
      var last = width;
      new ResizeObserver(function () {
        var now = room(place, themed(json).layout);
        if (now !== last) window.Plotly.relayout(chart, { width: last = now });
      }).observe(place);
    }, function (error) {
      // The picture stays; the reason is told where one looks for it.
      chart.remove();
      place.setAttribute("data-failed", "");
      console.error("chart " + place.id + ": " + (error && error.message || error));
    });
  }

  charts.reduce(function (before, place) { return before.then(function () { return draw(place); }); }, Promise.resolve());
})();
