// What a value looks like: text, tables that are cut and escaped, and the hook for types that show themselves.
using System.Globalization;
using System.Text.RegularExpressions;

namespace AdEMAMix.Notebooks.Tests;

public sealed class ValueFormatterTests
{
    sealed record Run(string Name, double Loss, int? Seed);

    sealed class Thrower
    {
        public int Fine => 1;

        public int Bad => throw new InvalidOperationException("no");
    }

    sealed class Mute
    {
        public override string ToString() => throw new InvalidOperationException("no");
    }

    sealed class Unwritable : IFormattable
    {
        public string ToString(string? format, IFormatProvider? provider) => throw new NotSupportedException();
    }

    sealed class Node(string name)
    {
        public string Name => name;

        public Node? Next { get; set; }
    }

    [Fact]
    public void Records_become_an_escaped_table_with_numbers_to_the_right()
    {
        var bundle = ValueFormatter.Format(new[] { new Run("<AdamW> & co", 1.487, 1), new Run("AdEMAMix", 1.45, null) });
        var html = bundle["text/html"]!;
        Assert.Contains("&lt;AdamW&gt; &amp; co", html);
        Assert.DoesNotContain("<AdamW>", html);
        Assert.Equal(2, Cells(html).Count(cell => cell.Right && cell.Text.StartsWith("1.4", StringComparison.Ordinal)));
        Assert.Equal([(false, "&lt;AdamW&gt; &amp; co"), (true, "1.487"), (true, "1"), (false, "AdEMAMix"), (true, "1.45"), (true, "")], Cells(html));
        Assert.Equal("Name           Loss  Seed\n------------  -----  ----\n<AdamW> & co  1.487     1\nAdEMAMix       1.45", bundle["text/plain"]);
    }

    [Fact]
    public void Tables_are_cut_at_twenty_rows_also_where_the_sequence_never_ends()
    {
        var list = ValueFormatter.Format(Enumerable.Range(0, 30).Select(i => new Run("r", i, i)).ToList());
        Assert.Equal(20, list["text/html"]!.Split("<tr><td").Length - 1);
        Assert.Contains("... 10 more", list["text/html"]);
        Assert.EndsWith("\n... 10 more", list["text/plain"]);
        Assert.Contains("... more<", ValueFormatter.Format(Endless())["text/html"]);
        Assert.EndsWith("19, ... more]", ValueFormatter.Format(Endless().Select(run => run.Seed))["text/plain"]);
        Assert.EndsWith("19, ... 999,980 more]", ValueFormatter.Format(new int[1_000_000].Select((_, i) => i).ToArray())["text/plain"]);
        Assert.EndsWith("... 999,980 more", ValueFormatter.Format(Enumerable.Range(0, 1_000_000).ToDictionary(i => i, i => i))["text/plain"]);

        static IEnumerable<Run> Endless()
        {
            for (var i = 0; ; i++) yield return new Run("r", i, i);
        }
    }

    [Fact]
    public void Dictionaries_and_pairs_become_tables()
    {
        Assert.Equal([(false, "a"), (true, "0.5")], Cells(ValueFormatter.Format(new Dictionary<string, double> { ["a"] = 0.5 })["text/html"]!));
        Assert.Equal("Item1     Item2\n--------  -----\nAdamW         1\nAdEMAMix    0.5", ValueFormatter.Format(new (string, double)[] { ("AdamW", 1), ("AdEMAMix", 0.5) })["text/plain"]);
        Assert.Equal("0    1\n-  ---\n1    2\n3  4.5", ValueFormatter.Format(new[,] { { 1, 2 }, { 3, 4.5 } })["text/plain"]);
        Assert.Equal("{ A = { loss: 1.5 } }", ValueFormatter.Format(new { A = new Dictionary<string, double> { ["loss"] = 1.5 } })["text/plain"]);
        var rows = ValueFormatter.Format(new[] { new Dictionary<string, object> { ["a"] = 1 }, new Dictionary<string, object> { ["b"] = "x" } });
        Assert.Equal("a  b\n-  -\n1\n   x", rows["text/plain"]);
    }

    [Fact]
    public void A_property_that_throws_does_not_hide_the_others()
    {
        Assert.Equal("Thrower { Fine = 1, Bad = (InvalidOperationException) }", ValueFormatter.Format(new Thrower())["text/plain"]);
        Assert.Equal([(false, "Fine"), (false, "1"), (false, "Bad"), (false, "(InvalidOperationException)")], Cells(ValueFormatter.Format(new Thrower())["text/html"]!));
    }

    [Fact]
    public void A_value_that_throws_while_it_is_read_leaves_the_name_of_its_exception()
    {
        Assert.Equal("Mute (InvalidOperationException)", ValueFormatter.Format(new Mute())["text/plain"]);
        Assert.Equal("(NotSupportedException)", ValueFormatter.Format(new Unwritable())["text/plain"]);
        Assert.Equal("[1, 2, (FormatException)]", ValueFormatter.Format(Breaking(i => i))["text/plain"]);
        Assert.EndsWith("... (FormatException)", ValueFormatter.Format(Breaking(i => new { Number = i }))["text/plain"]);
        Assert.Equal("{ A = [1, 2, (FormatException)] }", ValueFormatter.Format(new { A = Breaking(i => i) })["text/plain"]);

        static IEnumerable<T> Breaking<T>(Func<int, T> make)
        {
            yield return make(1);
            yield return make(2);
            throw new FormatException("no third");
        }
    }

    [Fact]
    public void An_object_that_holds_itself_is_shown_once()
    {
        var first = new Node("first");
        first.Next = new Node("second") { Next = first };
        Assert.Equal("Node { Name = first, Next = Node { Name = second, Next = (Node that holds this) } }", ValueFormatter.Format(first)["text/plain"]);
        var html = ValueFormatter.Format(first)["text/html"]!;
        Assert.Single(Regex.Matches(html, "<details>"));
        var list = new List<object> { 1 };
        list.Add(list);
        Assert.Equal("[1, (List<object> that holds this)]", ValueFormatter.Format(list)["text/plain"]);
        Assert.True(ValueFormatter.Format(Deep(2_000))["text/html"]!.Length < 10_000);

        static Node Deep(int levels)
        {
            var node = new Node("end");
            for (var i = 0; i < levels; i++) node = new Node("n") { Next = node };
            return node;
        }
    }

    [Fact]
    public void Nested_values_fold_out_as_tables_of_their_own()
    {
        var html = ValueFormatter.Format(new { Name = "run", Optimizer = new { Kind = "<b>", Betas = new[] { 0.9, 0.999 } }, Losses = new[] { new Run("a", 1, 1) } })["text/html"]!;
        Assert.Equal(2, Regex.Count(html, "<details><summary>"));
        Assert.Contains("<summary>{ Kind = &lt;b&gt;, Betas = [0.9, 0.999] }</summary>", html);
        Assert.DoesNotContain("<b>", html);
        Assert.True(ValueFormatter.Format(Enumerable.Range(0, 20).Select(i => new { A = new { B = new { C = i } } }))["text/html"]!.Length < 60_000);
    }

    [Fact]
    public void Long_texts_are_cut_and_say_so()
    {
        Assert.Equal(new string('x', 90_000), ValueFormatter.Format(new string('x', 90_000))["text/plain"]);
        Assert.EndsWith("x (900,000 characters more)", ValueFormatter.Format(new string('x', 1_000_000))["text/plain"]);
        Assert.Contains("(500 characters more)", ValueFormatter.Format(new[] { new { Text = new string('x', 1000) } })["text/html"]);
        Assert.DoesNotContain("\ud83d (", ValueFormatter.Format(string.Concat(Enumerable.Repeat("x\U0001f600", 60_000)))["text/plain"]);
        Assert.True(ValueFormatter.Format(Enumerable.Range(0, 20).Select(_ => Enumerable.Range(0, 20).Select(_ => new string('y', 400)).ToArray()).ToArray())["text/plain"]!.Length < 6_000);
    }

    [Fact]
    public void Times_are_written_as_everywhere_and_results_are_not_waited_for()
    {
        Assert.Equal("2026-03-01 12:30:05", ValueFormatter.Format(new DateTime(2026, 3, 1, 12, 30, 5))["text/plain"]);
        Assert.Equal("2026-03-01", ValueFormatter.Format(new DateOnly(2026, 3, 1))["text/plain"]);
        Assert.Equal("2026-03-01 12:30:05 +02:00", ValueFormatter.Format(new DateTimeOffset(2026, 3, 1, 12, 30, 5, TimeSpan.FromHours(2)))["text/plain"]);
        Assert.Equal("00:01:05.25", ValueFormatter.Format(TimeSpan.FromSeconds(65.25))["text/plain"]);
        Assert.Equal("01:00:00", ValueFormatter.Format(TimeSpan.FromHours(1))["text/plain"]);
        Assert.Equal("Task<int>, running: await it to see more", ValueFormatter.Format(new TaskCompletionSource<int>().Task)["text/plain"]);
        Assert.Equal("Lazy<int>, not made yet", ValueFormatter.Format(new Lazy<int>(() => throw new InvalidOperationException()))["text/plain"]);
    }

    [Fact]
    public void An_exception_shows_its_type_message_and_causes()
    {
        var bundle = ValueFormatter.Format(Thrown());
        Assert.StartsWith("ArgumentException: <outer>\n", bundle["text/plain"]);
        Assert.Contains("caused by FormatException: inner", bundle["text/plain"]);
        Assert.Contains("<strong>ArgumentException</strong>: &lt;outer&gt;", bundle["text/html"]);
        Assert.DoesNotContain(Environment.CurrentDirectory, bundle["text/html"]);
        Assert.DoesNotContain("<details>", ValueFormatter.Format(new FormatException("alone"))["text/html"]);

        static Exception Thrown()
        {
            try
            {
                throw new ArgumentException("<outer>", new FormatException("inner"));
            }
            catch (ArgumentException e)
            {
                return e;
            }
        }
    }

    [Fact]
    public void Numbers_do_not_depend_on_the_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = Notebooks.French;
            Assert.Equal("0.5", ValueFormatter.Format(0.5)["text/plain"]);
            Assert.Contains("1.45", ValueFormatter.Format(new[] { new Run("r", 1.45, 1) })["text/html"]);
            Assert.Contains("... 1,234 more", ValueFormatter.Format(new int[1254])["text/plain"]);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    static List<(bool Right, string Text)> Cells(string html) =>
        [.. Regex.Matches(html, "<td align=\"(left|right)\"[^>]*>([^<]*)</td>").Select(cell => (cell.Groups[1].Value == "right", cell.Groups[2].Value))];

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
