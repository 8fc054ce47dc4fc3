# What environment/workbook pins beyond NuGet: the plotly.js bundle that rendered pages embed.
PLOTLY_PACKAGE=plotly.js-cartesian-dist-min
PLOTLY_VERSION=4.1.1
PLOTLY_FILE=plotly-cartesian.min.js
PLOTLY_SHA256=79542150855a52c567260e3137095dbe2b744e6d702a5cabe67da246942fba7a
