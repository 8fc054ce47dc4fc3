# What environment/workbook pins beyond NuGet: the plotly.js bundle that rendered pages embed, KaTeX for their equations, mermaid for diagrams.
PLOTLY_PACKAGE=plotly.js-cartesian-dist-min
PLOTLY_VERSION=4.1.1
PLOTLY_FILE=plotly-cartesian.min.js
PLOTLY_SHA256=79542150855a52c567260e3137095dbe2b744e6d702a5cabe67da246942fba7a
KATEX_VERSION=0.19.1
KATEX_SHA256=24da5a599eb2fcede2e270b99a6ff48bca816beecc95feeb84e8cccbd1bb34fd
MERMAID_VERSION=11.17.2
MERMAID_SHA256=6ad2f42c3fc26bbf9e45cbb6d11898972573ea52b33a5f4ff51952899f950ffd
