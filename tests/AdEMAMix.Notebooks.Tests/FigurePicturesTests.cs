// Pictures inside the figures of a notebook: made by plotly.js from the stored data, once, whoever saved the file.
using System.Buffers.Binary;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks.Tests;

public sealed class FigurePicturesTests
{
    const string Figure = """{"data":[{"x":[0,1,2],"y":[3,2,1.5],"name":"AdamW","type":"scatter"}],"layout":{"width":600,"height":300,"title":{"text":"Loss <b>falls</b>"}}}""";
    const string Html = "<figure data-figure=\"1\"><img src=\"data:image/svg+xml;base64,PHN2Zy8+\" alt=\"a > b\" width=\"600\"></figure>\n<script>var s = '<img src=\"data:image/png;base64,AA\">';</script>";

    /// <summary>As Plotly.NET.Interactive saves a chart: a script, and no data anywhere else.</summary>
    const string PlotlyNet = """
        <div><div id="g1"><!-- Plotly chart will be drawn inside this DIV --></div>
        <script type="text/javascript">
        var renderPlotly_g1 = function() {
            var fsharpPlotlyRequire = requirejs.config({context:'fsharp-plotly',paths:{plotly:'https://cdn.plot.ly/plotly-2.27.1.min'}}) || require;
            fsharpPlotlyRequire(['plotly'], function(Plotly) {
                var data = [{"type":"scatter","x":[1,2],"y":[3.5,4],"name":"a;) \"b\""}];
                var layout = {"width":600,"height":300};
                var config = {"responsive":true};
                Plotly.newPlot('g1', data, layout, config);
            });
        };
        </script></div>
        """;

    static NotebookDocument With(params JsonObject[] bundles)
    {
        var document = Notebooks.Of([.. bundles.Select(_ => "1")]);
        for (var i = 0; i < bundles.Length; i++)
            document.Cells[i].Json["outputs"]!.AsArray().Add((JsonNode)new JsonObject { ["data"] = bundles[i], ["metadata"] = new JsonObject(), ["output_type"] = "display_data" });
        return document;
    }

    static JsonObject Ours(string figure = Figure) => new() { ["application/vnd.plotly.v1+json"] = JsonNode.Parse(figure), ["text/html"] = MultilineText.Lines(Html), ["text/plain"] = "Figure" };

    static JsonObject Data(NotebookDocument document, int cell) => (JsonObject)document.Cells[cell].Outputs[0]!["data"]!;

    static string Markup(NotebookDocument document, int cell) => MultilineText.Read(Data(document, cell)["text/html"]);

    static (int Width, int Height, int Bytes) Png(string html)
    {
        var bytes = Convert.FromBase64String(System.Text.RegularExpressions.Regex.Match(html, "data-picture=\"[0-9a-f]{16}\"[^>]*src=\"data:image/png;base64,([^\"]+)\"").Groups[1].Value);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47], bytes[..4]);
        return (BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(20)), bytes.Length);
    }

    [Fact]
    public async Task Every_figure_gets_its_picture_in_one_go_and_a_second_go_changes_nothing()
    {
        Browser.Require();
        var cancellation = TestContext.Current.CancellationToken;
        // Ours; the same as VS Code saves it (every mime type a string); Plotly.NET's script; a figure without any HTML; no figure.
        var document = With(Ours(), new JsonObject { ["application/vnd.plotly.v1+json"] = Figure.Replace("1.5", "1.25"), ["text/html"] = Html }, new JsonObject { ["text/html"] = PlotlyNet },
            new JsonObject { ["application/vnd.plotly.v1+json"] = JsonNode.Parse(Figure.Replace("600", "500")) }, new JsonObject { ["text/html"] = "<p>no figure: Plotly.newPlot('x', y)</p>" });
        var notes = new List<string>();
        Assert.Equal(4, await new FigurePictures().UpdateAsync(document, Browser.Tools, notes.Add, cancellation));
        Assert.Empty(notes);
        for (var i = 0; i < 4; i++) Assert.InRange(Png(Markup(document, i)).Bytes, 3_000, 60_000);
        Assert.Equal((2 * 624, 2 * 324), (Png(Markup(document, 0)).Width, Png(Markup(document, 0)).Height));

        // Only the picture was replaced, and the value kept its form.
        var expected = System.Text.RegularExpressions.Regex.Replace(Markup(document, 0), " data-picture=\"[^\"]*\"", "");
        Assert.Equal(Html, System.Text.RegularExpressions.Regex.Replace(expected, "data:image/png;base64,[^\"]{10,}", "data:image/svg+xml;base64,PHN2Zy8+"));
        Assert.IsType<JsonArray>(Data(document, 0)["text/html"]);
        Assert.IsAssignableFrom<JsonValue>(Data(document, 1)["text/html"]);
        Assert.Contains(PlotlyNet, Markup(document, 2));
        Assert.Contains("alt=\"Loss falls\"", Markup(document, 3));
        Assert.Equal(["application/vnd.plotly.v1+json", "text/html"], Data(document, 3).Select(pair => pair.Key));
        Assert.All([0, 1, 2, 3], i => Assert.True(FigurePictures.HasPicture(Data(document, i), Browser.Tools)));

        var before = document.ToString();
        Assert.Equal(0, await new FigurePictures().UpdateAsync(document, Browser.Tools with { Chromium = "/bin/false" }, notes.Add, cancellation));
        Assert.Equal(before, document.ToString());
        Assert.Empty(notes);
        // The page draws all four from their data.
        Assert.Contains("id=\"chart-4\"", HtmlRenderer.Render(document, new RenderOptions { Tools = Browser.Tools }));

        // Drawn once more from nothing, the pictures are the same to the byte.
        var again = With(Ours());
        await new FigurePictures().UpdateAsync(again, Browser.Tools, notes.Add, cancellation);
        Assert.Equal(Markup(document, 0), Markup(again, 0));
    }

    [Fact]
    public async Task A_picture_made_before_stays_with_its_figure_where_no_browser_is()
    {
        Browser.Require();
        var cancellation = TestContext.Current.CancellationToken;
        var tools = Browser.Tools with { Chromium = null };
        var (drawn, notes) = (With(Ours()), new List<string>());
        await new FigurePictures().UpdateAsync(drawn, Browser.Tools, notes.Add, cancellation);
        var pictures = new FigurePictures();
        pictures.Remember(drawn);
        // As after a run: the same figure with the drawing of its display, and one that changed.
        var run = With(Ours(), Ours(Figure.Replace("1.5", "1.75")));
        Assert.Equal(1, await pictures.UpdateAsync(run, tools, notes.Add, cancellation));
        Assert.Equal(Markup(drawn, 0), Markup(run, 0));
        Assert.Equal(Html, Markup(run, 1));
        Assert.Equal(["1 figure keeps the drawing made when the cell ran: no Chromium is installed to make pictures with plotly.js ('apt-get install chromium')."], notes);
    }

    [Theory]
    [InlineData("/bin/false", "Chromium ended at its start")]
    [InlineData("/nowhere/chromium", "could not be started")]
    public async Task A_browser_that_does_not_start_is_said_in_one_line(string program, string reason)
    {
        Browser.Require();
        var (document, notes) = (With(Ours(), Ours()), new List<string>());
        Assert.Equal(0, await new FigurePictures().UpdateAsync(document, Browser.Tools with { Chromium = program }, notes.Add, TestContext.Current.CancellationToken));
        Assert.StartsWith("2 figures keep the drawing made when the cell ran: ", Assert.Single(notes));
        Assert.Contains(reason, notes[0]);
        Assert.Equal(Html, Markup(document, 0));
    }

    [Fact]
    public async Task A_figure_that_cannot_be_drawn_keeps_its_drawing_and_the_others_get_theirs()
    {
        Browser.Require();
        var (document, notes) = (With(Ours("""{"data":[{"type":"scatter","x":[1]}],"layout":{"width":"wide","images":[{"source":"http://evil.test/x.png","x":0,"y":1,"sizex":1,"sizey":1}]}}"""),
            Ours("""{"data":7,"layout":{}}"""), Ours()), new List<string>());
        await new FigurePictures().UpdateAsync(document, Browser.Tools, notes.Add, TestContext.Current.CancellationToken);
        Png(Markup(document, 0));
        Png(Markup(document, 2));
        Assert.True(notes.Count <= 1, string.Join('\n', notes));
    }

    [Fact]
    public void A_palette_keeps_few_colours_exactly_and_many_closely()
    {
        var (few, many) = (new byte[4 * 64 * 64], new byte[4 * 64 * 64]);
        for (var i = 0; i < 64 * 64; i++)
        {
            few[4 * i] = (byte)(i % 3 * 100);
            (many[4 * i], many[4 * i + 1], many[4 * i + 2]) = ((byte)(i % 64 * 4), (byte)(i / 64 * 4), (byte)(i % 64 + i / 64));
        }
        foreach (var (pixels, error) in new[] { (few, 0), (many, 24) })
        {
            var shown = Decode(PalettePng.Encode(pixels, 64, 64));
            for (var i = 0; i < 64 * 64; i++)
                for (var c = 0; c < 3; c++) Assert.InRange(Math.Abs(pixels[4 * i + c] - shown[3 * i + c]), 0, error);
        }
    }

    /// <summary>The colours of a PNG with a palette and unfiltered rows.</summary>
    static byte[] Decode(byte[] png)
    {
        var (palette, data) = (Array.Empty<byte>(), new MemoryStream());
        for (var at = 8; at < png.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            var type = System.Text.Encoding.ASCII.GetString(png, at + 4, 4);
            if (type == "PLTE") palette = png[(at + 8)..(at + 8 + length)];
            if (type == "IDAT") data.Write(png, at + 8, length);
            at += 12 + length;
        }
        data.Position = 0;
        using var zlib = new System.IO.Compression.ZLibStream(data, System.IO.Compression.CompressionMode.Decompress);
        var rows = new byte[65 * 64];
        zlib.ReadExactly(rows);
        return [.. rows.Chunk(65).SelectMany(row => row.Skip(1).SelectMany(index => palette[(3 * index)..(3 * index + 3)]))];
    }
}
