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
    // The links under the chart save it, under its own name.
    figure.config = Object.assign({ displaylogo: false, showSendToCloud: false }, figure.config, { responsive: false });
    figure.config.modeBarButtonsToRemove = (figure.config.modeBarButtonsToRemove || []).concat("toImage");
    return figure;
  }

  // On a narrow screen a chart keeps a width at which its labels can be read, and scrolls.
  function room(place, layout) {
    var own = layout.width || 900;
    return Math.min(own, Math.max(place.clientWidth, 620));
  }

  // --- What a reader may take away: the picture, and the numbers behind it.

  function fileName(figure) {
    var title = figure.layout && figure.layout.title, text = (typeof title === "string" ? title : title && title.text) || "chart";
    return plain(text.split(/<br *\/?>/)[0]).toLowerCase().replace(/[^\p{L}\p{Nd}.]+/gu, "-").replace(/^[-.]+|[-.]+$/g, "").slice(0, 80) || "chart";
  }

  function plain(markup) { return new DOMParser().parseFromString(String(markup), "text/html").body.textContent.trim(); }

  // The name by which a reader knows a trace: what its label says on hovering, else its name.
  function seriesName(trace, i) {
    var label = plain(String(trace.hovertemplate || "").split(/<br *\/?>/)[0].replace(/<extra>.*?<\/extra>/, ""));
    var name = plain(trace.name || ""), text = label && label.indexOf("%{") < 0 && (!name || label.indexOf(name) === 0) ? label : name || "series " + (i + 1);
    return trace.fill === "toself" ? text + ", outline of a band" : text;
  }

  // A long table: a row for each point, a column for each kind of value that any series has; numbers as they are stored.
  function csv(figure, full) {
    var columns = ["x", "y", "z", "error_x", "error_x_minus", "error_y", "error_y_minus", "text", "open", "high", "low", "close", "base"], rows = [], used = {};
    function list(value) { return Array.isArray(value) || ArrayBuffer.isView(value) ? value : null; }
    function put(row, column, value) { if (value !== undefined && value !== null && value !== "") { row[column] = value; used[column] = true; } }
    function at(values, i) { return values ? values[i] : undefined; }
    figure.data.forEach(function (own, t) {
      // plotly.js has decoded what was stored packed.
      var decoded = full && full[t] || {}, trace = {}, name = seriesName(own, t);
      columns.concat(["values", "labels"]).forEach(function (key) { trace[key] = list(own[key]) || list(decoded[key]) || (own[key] && typeof own[key] !== "object" ? [own[key]] : null); });
      if (trace.z && list(trace.z[0])) {
        trace.z.forEach(function (line, r) {
          Array.prototype.forEach.call(line, function (value, c) {
            var row = { series: name };
            put(row, "x", trace.x ? trace.x[c] : c); put(row, "y", trace.y ? trace.y[r] : r); put(row, "z", value);
            rows.push(row);
          });
        });
        return;
      }
      var x = trace.x || trace.labels, y = trace.y || trace.values, count = Math.max(x ? x.length : 0, y ? y.length : 0);
      for (var i = 0; i < count; i++) {
        var row = { series: name };
        put(row, "x", x ? x[i] : own.x0 !== undefined || own.dx !== undefined ? (own.x0 || 0) + i * (own.dx === undefined ? 1 : own.dx) : i);
        put(row, "y", at(y, i));
        if (trace.z) put(row, "z", trace.z[i]);
        ["error_x", "error_y"].forEach(function (key) {
          var bars = own[key];
          if (!bars || bars.visible === false) return;
          put(row, key, at(list(bars.array), i));
          put(row, key + "_minus", at(list(bars.arrayminus), i));
        });
        ["text", "open", "high", "low", "close", "base"].forEach(function (key) { if (trace[key] && trace[key].length > 1) put(row, key, trace[key][i]); });
        // A legend's sample of a line has no points.
        if (row.x !== undefined && row.y !== undefined || row.z !== undefined || row.open !== undefined || !y && row.x !== undefined) rows.push(row);
      }
    });
    function field(value) {
      var text = value === undefined ? "" : String(value);
      return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
    }
    var head = ["series"].concat(columns.filter(function (column) { return used[column]; }));
    return [head].concat(rows.map(function (row) { return head.map(function (column) { return row[column]; }); })).map(function (line) { return line.map(field).join(","); }).join("\r\n") + "\r\n";
  }

  function save(name, address) {
    var link = document.createElement("a");
    link.href = address; link.download = name;
    document.body.appendChild(link);
    link.click();
    link.remove();
  }

  function offer(place, chart, json) {
    var figure = JSON.parse(json), name = fileName(figure), row = document.createElement("div");
    function button(label, title, act) {
      var one = document.createElement("button");
      one.type = "button"; one.textContent = label; one.title = title;
      one.addEventListener("click", act);
      row.appendChild(one);
    }
    row.className = "take";
    row.appendChild(document.createTextNode("Save as"));
    button("PNG", "The chart as a picture, twice the size", function () {
      var light = themed(json, true), layout = light.layout;
      layout.paper_bgcolor = "#ffffff";
      light.data.forEach(function (trace, i) { if (chart.data[i] && chart.data[i].visible !== undefined) trace.visible = chart.data[i].visible; });
      window.Plotly.toImage({ data: light.data, layout: layout }, { format: "png", width: layout.width || 900, height: layout.height || 480, scale: 2 }).then(function (address) { save(name + ".png", address); });
    });
    button("CSV", "The numbers of the chart, a row for each point", function () {
      var address = URL.createObjectURL(new Blob([csv(figure, chart._fullData)], { type: "text/csv" }));
      save(name + ".csv", address);
      setTimeout(function () { URL.revokeObjectURL(address); }, 10000);
    });
    place.insertAdjacentElement("afterend", row);
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
      offer(place, chart, json);
      // A click on the label at a line's end hides and shows its group of lines.
      chart.on("plotly_clickannotation", function (event) {
        var members = [], name = event.annotation && event.annotation.name;
        chart.data.forEach(function (trace, i) { if (name && trace.meta === name) members.push(i); });
        if (members.length) window.Plotly.restyle(chart, { visible: chart.data[members[0]].visible === "legendonly" ? true : "legendonly" }, members);
      });
      function redraw(onPaper) {
        var next = themed(json, onPaper);
        next.data.forEach(function (trace, i) { if (chart.data[i] && chart.data[i].visible !== undefined) trace.visible = chart.data[i].visible; });
        // On paper the style sheet makes the whole chart fit.
        window.Plotly.react(chart, next.data, Object.assign({}, next.layout, { width: onPaper ? next.layout.width || 900 : room(place, next.layout) }), next.config);
      }
      dark.addEventListener("change", function () { redraw(false); });
      addEventListener("beforeprint", function () { printing = true; redraw(true); });
      addEventListener("afterprint", function () { printing = false; redraw(false); });
      var last = width, printing = false;
      new ResizeObserver(function () {
        var now = room(place, themed(json).layout);
        if (now !== last && !printing) window.Plotly.relayout(chart, { width: last = now });
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
