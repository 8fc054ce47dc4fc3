// What a value looks like: text, tables that are cut and escaped, and the hook for types that show themselves.
namespace AdEMAMix.Notebooks.Tests;

public sealed class ValueFormatterTests
{
    sealed record Run(string Name, double Loss, int? Seed);

    sealed class Thrower
    {
        public int Fine => 1;

        public int Bad => throw new InvalidOperationException("no");
    }

    [Fact]
    public void Records_become_an_escaped_table_with_numbers_to_the_right()
    {
        var bundle = ValueFormatter.Format(new[] { new Run("<AdamW> & co", 1.487, 1), new Run("AdEMAMix", 1.45, null) });
        Assert.Equal(
            """
            <table>
            <thead><tr><th style="text-align:left">Name</th><th style="text-align:right">Loss</th><th style="text-align:right">Seed</th></tr></thead>
            <tbody>
            <tr><td style="text-align:left">&lt;AdamW&gt; &amp; co</td><td style="text-align:right">1.487</td><td style="text-align:right">1</td></tr>
            <tr><td style="text-align:left">AdEMAMix</td><td style="text-align:right">1.45</td><td style="text-align:right"></td></tr>
            </tbody>
            </table>
            """.ReplaceLineEndings("\n"), bundle["text/html"]);
        Assert.Equal("Name           Loss  Seed\n------------  -----  ----\n<AdamW> & co  1.487     1\nAdEMAMix       1.45", bundle["text/plain"]);
    }

    [Fact]
    public void Tables_are_cut_at_twenty_rows_also_where_the_sequence_never_ends()
    {
        var list = ValueFormatter.Format(Enumerable.Range(0, 30).Select(i => new Run("r", i, i)).ToList());
        Assert.Equal(20, list["text/html"]!.Split("<tr><td").Length - 1);
        Assert.Contains("(10 more)", list["text/html"]);
        Assert.Contains("(more)", ValueFormatter.Format(Endless())["text/html"]);
        Assert.EndsWith("19, ...]", ValueFormatter.Format(Endless().Select(run => run.Seed))["text/plain"]);

        static IEnumerable<Run> Endless()
        {
            for (var i = 0; ; i++) yield return new Run("r", i, i);
        }
    }

    [Fact]
    public void Dictionaries_and_pairs_become_tables()
    {
        Assert.Contains("<td style=\"text-align:left\">a</td><td style=\"text-align:right\">0.5</td>", ValueFormatter.Format(new Dictionary<string, double> { ["a"] = 0.5 })["text/html"]);
        var rows = ValueFormatter.Format(new[] { new Dictionary<string, object> { ["a"] = 1 }, new Dictionary<string, object> { ["b"] = "x" } });
        Assert.Equal("a  b\n-  -\n1\n   x", rows["text/plain"]);
    }

    [Fact]
    public void A_property_that_throws_does_not_hide_the_others()
    {
        Assert.Equal("Thrower { Fine = 1, Bad = (InvalidOperationException) }", ValueFormatter.Format(new Thrower())["text/plain"]);
    }

    [Fact]
    public void Plain_values_are_plain_text()
    {
        Assert.Equal(["text/plain"], ValueFormatter.Format("<b>").Mimes);
        Assert.Equal("<b>", ValueFormatter.Format("<b>")["text/plain"]);
        Assert.Equal("1E-09", ValueFormatter.Format(1e-9)["text/plain"]);
        Assert.Equal("true", ValueFormatter.Format(true)["text/plain"]);
        Assert.Equal("null", ValueFormatter.Format(null)["text/plain"]);
        Assert.Equal("[1, 2, 3]", ValueFormatter.Format(new[] { 1, 2, 3 })["text/plain"]);
        Assert.Equal("List<int>", ValueFormatter.Format(typeof(List<int>))["text/plain"]);
    }

    [Fact]
    public void A_bundle_is_written_as_nbformat_wants()
    {
        var json = new MimeBundle(("text/plain", "a\nb"), ("image/png", "iVBO="), ("application/vnd.x+json", "{\"b\": 1.50, \"a\": []}")).ToJson();
        Assert.Equal("""{"application/vnd.x+json":{"a":[],"b":1.50},"image/png":"iVBO=","text/plain":["a\n","b"]}""", json.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Contains("is not JSON", Assert.Throws<NotebookException>(() => new MimeBundle(("application/json", "{\"x\": NaN}"))).Message);
    }
}
