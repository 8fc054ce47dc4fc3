// Run by node: reads a list of equations, writes for each the HTML of KaTeX or its message. The argument is KaTeX's folder.
"use strict";
const katex = require(require("path").join(process.argv[1], "katex.min.js"));
const items = JSON.parse(require("fs").readFileSync(0, "utf8"));
const results = items.map(function (item) {
  try {
    return { html: katex.renderToString(item.tex, { displayMode: item.display, throwOnError: true, strict: "ignore", trust: false, maxSize: 20, maxExpand: 1000 }) };
  } catch (error) {
    return { error: String(error.message) };
  }
});
process.stdout.write(JSON.stringify(results));
