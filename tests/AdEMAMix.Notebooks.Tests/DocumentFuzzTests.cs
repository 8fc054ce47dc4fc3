// Damaged notebooks: each is read or refused in one sentence, whatever was done to it; what is read is written back, and can be rendered.
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks.Tests;

public sealed class DocumentFuzzTests
{
    static readonly string[] Pieces =
    [
        "null", "1", "-0.5e300", "[]", "{}", "\"x\"", "[1]", "true", "\\u0000", ",", "\"", "\\ud800", "]", "}", "[[", "{\"a\":", "\\", "\r", "\t", "\uFEFF", "é😀", "\"cell_type\": \"code\",", "\"id\": \"a\",",
        "\"outputs\": {},", "\"output_type\": \"stream\",", "\"text/html\": \"<script>\",", "\"nbformat\": 3,", "1e999", "0x1", "NaN", "/* */", "<<<<<<< HEAD\n",
    ];

    /// <summary>Real notebooks, small enough for many rounds: those of Jupyter, and the committed ones with their longest texts cut.</summary>
    static List<byte[]> Seeds()
    {
        var seeds = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Fixtures"), "*.ipynb").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToList();
        foreach (var file in Directory.GetFiles(Path.Combine(Browser.Repository, "notebooks"), "*.ipynb").Order(StringComparer.Ordinal))
            seeds.Add(Encoding.UTF8.GetBytes(Shortened(JsonNode.Parse(File.ReadAllText(file))!).ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true })));
        return seeds;
    }

    static JsonNode Shortened(JsonNode node)
    {
        if (node is JsonObject map)
            foreach (var (key, value) in map.ToArray()) map[key] = value is JsonValue text && MultilineText.IsString(text) && text.GetValue<string>() is { Length: > 200 } s ? s[..200] : value is null ? null : Shortened(value).DeepClone();
        else if (node is JsonArray list)
            return new JsonArray([.. list.Take(4).Select(item => item is JsonValue value && MultilineText.IsString(value) && value.GetValue<string>() is { Length: > 200 } s ? JsonValue.Create(s[..200]) : item is null ? null : Shortened(item).DeepClone())]);
        return node;
    }

    [Fact]
    public void Forty_thousand_damaged_files_are_read_or_refused_and_never_crash_or_hang()
    {
        var random = new Random(20_260_101);
        var seeds = Seeds();
        var (read, refused, slowest) = (0, 0, TimeSpan.Zero);
        for (var i = 0; i < 40_000; i++)
        {
            var bytes = Damaged(seeds[i % seeds.Count], random);
            var clock = Stopwatch.StartNew();
            try
            {
                var document = NotebookDocument.Read(bytes, "damaged.ipynb");
                read++;
                // Nothing that was read is lost on writing, and writing is reading's inverse.
                var text = document.ToString();
                Assert.Equal(text, NotebookDocument.Parse(text, "damaged.ipynb").ToString());
                document.Upgrade();
                Assert.Equal(document.Cells.Count, document.Cells.Select(cell => cell.Id).Distinct().Count());
                if (i % 20 == 0) HtmlRenderer.Render(document, new RenderOptions { Tools = new RenderTools { PlotlyScript = typeof(DocumentFuzzTests).Assembly.Location } });
            }
            catch (NotebookException e)
            {
                refused++;
                Assert.EndsWith(".", e.Message);
                Assert.DoesNotContain('\n', e.Message);
            }
            if (clock.Elapsed > slowest) slowest = clock.Elapsed;
        }
        Assert.True(read > 2_000, $"{read} were read.");
        Assert.True(refused > 10_000, $"{refused} were refused.");
        Assert.True(slowest < TimeSpan.FromSeconds(10), $"One took {slowest}.");
    }

    static byte[] Damaged(byte[] seed, Random random)
    {
        var bytes = new List<byte>(seed);
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(bytes.Count + 1);
            var length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(8))
            {
                case 0: bytes.RemoveRange(at, length); break;
                case 1: bytes.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)])); break;
                case 2: if (at < bytes.Count) bytes[at] = (byte)random.Next(256); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length)); break;
                case 4: if (random.Next(6) == 0) bytes.RemoveRange(at, bytes.Count - at); break;
                case 5: bytes.InsertRange(at, Encoding.UTF8.GetBytes(new string("[{\" "[random.Next(4)], random.Next(1, 3000)))); break;
                // A whole JSON value by another: the damage that stays JSON, and so reaches further.
                default:
                    var text = Encoding.UTF8.GetString([.. bytes]);
                    var value = System.Text.RegularExpressions.Regex.Match(text[Math.Min(at, text.Length)..], "(?<=\\\": )(\"[^\"\\n]*\"|\\d+|\\[[^\\[\\]]*\\]|\\{[^{}]*\\})");
                    if (!value.Success) break;
                    var start = Math.Min(at, text.Length) + value.Index;
                    bytes = [.. Encoding.UTF8.GetBytes(text[..start] + Pieces[random.Next(Pieces.Length)] + text[(start + value.Length)..])];
                    break;
            }
            if (bytes.Count == 0) bytes.Add((byte)'{');
        }
        return [.. bytes];
    }

    [Fact]
    public void Random_outputs_are_rendered_without_a_crash_and_the_page_stays_whole()
    {
        var random = new Random(3);
        string[] mimes = ["text/html", "text/plain", "text/markdown", "text/latex", "image/svg+xml", "image/png", "application/json", "application/vnd.plotly.v1+json", "application/javascript", "x"];
        string[] texts = ["", "\0", "<b>", "</main></body></html>", "<!--", "-->", "]]>", "$$", "\\(", "{\"data\":[{\"y\":[1]}],\"layout\":{\"height\":1e9}}", "{\"data\":{}}", "{\"data\":null,\"layout\":[]}", "[1]", "null", "Plotly.newPlot('a', [{", "```mermaid\n", "\x1b[31m\r\b", "data:image/png;base64,", "<svg", "é😀\ud83d"];
        for (var i = 0; i < 600; i++)
        {
            var document = Notebooks.Of("1", "2");
            for (var n = random.Next(1, 6); n > 0; n--)
            {
                JsonNode? Value() => random.Next(8) switch
                {
                    0 => null,
                    1 => JsonValue.Create(random.Next(-5, 5)),
                    2 => new JsonArray(texts[random.Next(texts.Length - 1)], texts[random.Next(texts.Length - 1)]),
                    3 => new JsonObject { ["data"] = new JsonArray(new JsonObject { ["x"] = random.Next(2) == 0 ? "a" : new JsonArray(1, null) }), ["layout"] = random.Next(2) == 0 ? "b" : new JsonObject { ["title"] = 3 } },
                    4 => new JsonArray(1, new JsonObject()),
                    _ => JsonValue.Create(string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => texts[random.Next(texts.Length - 1)]))),
                };
                JsonObject output = random.Next(4) switch
                {
                    0 => new JsonObject { ["output_type"] = "stream", ["name"] = Value(), ["text"] = Value() },
                    1 => new JsonObject { ["output_type"] = "error", ["ename"] = Value(), ["evalue"] = Value(), ["traceback"] = Value() },
                    2 => new JsonObject { ["output_type"] = texts[random.Next(6)], ["data"] = Value() },
                    _ => new JsonObject { ["output_type"] = "display_data", ["data"] = new JsonObject { [mimes[random.Next(mimes.Length)]] = Value(), [mimes[random.Next(mimes.Length)]] = Value() } },
                };
                document.Cells[random.Next(2)].Json["outputs"]!.AsArray().Add((JsonNode)output);
            }
            var page = HtmlRenderer.Render(document, new RenderOptions { Tools = new RenderTools { PlotlyScript = Path.Combine(AppContext.BaseDirectory, "Fixtures", "written-by-jupyter.ipynb") } });
            Assert.Equal(2, page.Split("</main>").Length);
            Assert.EndsWith("</body>\n</html>\n", page);
        }
    }

    [Fact]
    public void Second_ids_and_unknown_types_are_read_with_a_note_and_mended_when_run()
    {
        const string text = """
            {"cells": [{"cell_type": "code", "id": "a", "source": "1", "metadata": {}, "outputs": [], "extra": 1.50}, {"cell_type": "sql", "id": "b", "source": "select", "metadata": {"x": 1}},
             {"cell_type": "code", "id": "a", "source": "2", "metadata": {}, "outputs": []}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5, "future": {"y": [1e5]}}
            """;
        var document = NotebookDocument.Parse(text, "odd.ipynb");
        Assert.Equal(["Cell 2 of 'odd.ipynb' has the unknown cell_type 'sql': it is kept as it is, and neither run nor shown.", "Cells 1 and 3 of 'odd.ipynb' have the same id 'a': the second gets another when the notebook is run."], document.Notes);
        Assert.Equal([CellKind.Code, CellKind.Raw, CellKind.Code], document.Cells.Select(cell => cell.Kind));
        document.Upgrade();
        Assert.Equal("a", document.Cells[0].Id);
        Assert.Matches("^[0-9a-f]{8}$", document.Cells[2].Id);
        foreach (var kept in (string[])["\"sql\"", "\"select\"", "1.50", "1e5", "\"future\""]) Assert.Contains(kept, document.ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Older_minors_are_read_run_and_written_as_4_5(int minor)
    {
        var document = NotebookDocument.Parse("""{"cells": [{"cell_type": "code", "source": ["1\n", "+1"], "metadata": {"collapsed": true}, "outputs": [], "execution_count": null}], "metadata": {"kernelspec": {"name": ".net-csharp"}}, "nbformat": 4, "nbformat_minor": MINOR}""".Replace("MINOR", minor.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
        document.Upgrade();
        Assert.Equal(5, document.Json["nbformat_minor"]!.GetValue<int>());
        Assert.NotNull(document.Cells[0].Id);
        Assert.True(document.Cells[0].Json["metadata"]!["collapsed"]!.GetValue<bool>());
    }

    [Fact]
    public void Outputs_of_a_hundred_megabytes_are_read_written_and_left_out_of_the_page()
    {
        var document = Notebooks.Of("1", "2", "3");
        var line = "0123456789 abcdefghijklmnopqrstuvwxyz <b> & \\ \"quoted\"\n";
        var huge = new StringBuilder();
        while (huge.Length < 100_000_000) huge.Append(line);
        document.Cells[0].Json["outputs"] = new JsonArray(new JsonObject { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = huge.ToString() });
        document.Cells[1].Json["outputs"] = new JsonArray(new JsonObject { ["output_type"] = "display_data", ["metadata"] = new JsonObject(), ["data"] = new JsonObject { ["text/html"] = huge.ToString(0, 10_000_000) } });
        document.Cells[2].Json["outputs"] = new JsonArray(new JsonObject { ["output_type"] = "display_data", ["metadata"] = new JsonObject(), ["data"] = new JsonObject { ["image/png"] = new string('A', 20_000_000) } });
        var clock = Stopwatch.StartNew();
        var bytes = Encoding.UTF8.GetBytes(document.ToString());
        var page = HtmlRenderer.Render(NotebookDocument.Read(bytes, "huge.ipynb"));
        Assert.InRange(page.Length, 200_000, 400_000);
        Assert.Contains("million characters are left out of this page; the notebook has them", page);
        Assert.Contains("An output of 10.0 MB of HTML, which is left out", page);
        Assert.Contains("An output of 20.0 MB of picture, which is left out", page);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"It took {clock.Elapsed}.");
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public void Nesting_without_end_is_refused(string open, string close)
    {
        var deep = string.Concat(Enumerable.Repeat(open, 100_000)) + "1" + string.Concat(Enumerable.Repeat(close, 100_000));
        Assert.Contains("is not valid JSON", Assert.Throws<NotebookException>(() => NotebookDocument.Parse($"{{\"nbformat\": 4, \"cells\": [], \"x\": {deep}}}")).Message);
        var prose = Notebooks.Of(("#", string.Concat(Enumerable.Repeat("> ", 20_000)) + "end"), ("#", new string('[', 50_000)), ("#", string.Concat(Enumerable.Repeat("* a\n ", 3_000))));
        Assert.Contains("end", HtmlRenderer.Render(prose));
    }
}
