// Positions, history and the pace of output: small parts, each with its one law.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks.Tests.Jupyter;

public class SmallPartsTests
{
    [Theory]
    [InlineData("abc", 2, 2)]
    [InlineData("😀b", 1, 2)]
    [InlineData("a😀😀c", 3, 5)]
    [InlineData("a😀", 9, 3)]
    [InlineData("\ud83d", 1, 1)]
    [InlineData("", 0, 0)]
    public void A_cursor_counts_characters_and_a_string_counts_units(string code, int codePoints, int index)
    {
        Assert.Equal(index, CodePosition.ToUtf16(code, codePoints));
        Assert.Equal(Math.Min(codePoints, code.EnumerateRunes().Count()), CodePosition.FromUtf16(code, index));
    }

    static string[] Inputs(JsonObject answer) => [.. answer["history"]!.AsArray().Select(entry => entry![2]!.ToString())];

    static ExecutionHistory History(params string[] inputs)
    {
        var history = new ExecutionHistory();
        for (var i = 0; i < inputs.Length; i++) history.Add(i + 1, inputs[i], $"value {i + 1}");
        return history;
    }

    [Fact]
    public void History_gives_the_last_a_range_or_what_matches()
    {
        var history = History("var a = 1;", "a + 1", "a + 2", "a + 1");
        Assert.Equal(["a + 2", "a + 1"], Inputs(history.Answer(new JsonObject { ["hist_access_type"] = "tail", ["n"] = 2 })));
        Assert.Equal(["a + 1", "a + 2"], Inputs(history.Answer(new JsonObject { ["hist_access_type"] = "range", ["session"] = 0, ["start"] = 2, ["stop"] = 4 })));
        Assert.Empty(Inputs(history.Answer(new JsonObject { ["hist_access_type"] = "range", ["session"] = -1 })));
        Assert.Equal(["a + 1", "a + 2", "a + 1"], Inputs(history.Answer(new JsonObject { ["hist_access_type"] = "search", ["pattern"] = "a + ?" })));
        Assert.Equal(["a + 2", "a + 1"], Inputs(history.Answer(new JsonObject { ["hist_access_type"] = "search", ["pattern"] = "a*", ["unique"] = true, ["n"] = 2 })));
        var withOutput = history.Answer(new JsonObject { ["hist_access_type"] = "tail", ["n"] = 1, ["output"] = true });
        Assert.Equal("""[[1,4,["a \u002B 1","value 4"]]]""", withOutput["history"]!.ToJsonString());
    }

    [Fact]
    public void A_hostile_pattern_takes_no_time()
    {
        var history = History(new string('a', 5000));
        Assert.Empty(Inputs(history.Answer(new JsonObject { ["hist_access_type"] = "search", ["pattern"] = string.Concat(Enumerable.Repeat("*a", 500)) + "b" })));
    }

    [Fact]
    public void A_field_of_the_wrong_type_is_named() =>
        Assert.Contains("n", Assert.Throws<MessageException>(() => History("1").Answer(new JsonObject { ["hist_access_type"] = "tail", ["n"] = "two" })).Message);

    static (CellPublisher Publisher, List<(string Type, JsonObject Content)> Sent) Publisher()
    {
        var sent = new List<(string Type, JsonObject Content)>();
        return (new CellPublisher((type, content) => sent.Add((type, content)), "k-", 1, silent: false), sent);
    }

    [Fact]
    public void Text_of_a_quick_cell_is_one_message_per_stream()
    {
        var (publisher, sent) = Publisher();
        for (var i = 0; i < 5; i++)
        {
            publisher.Add(new StreamOutput("stdout", "a"));
            publisher.Add(new StreamOutput("stderr", "b"));
        }
        publisher.Flush();
        // The machine may have paused in between; nothing is lost or reordered then either.
        Assert.Equal("aaaaa", string.Concat(sent.Where(m => m.Content["name"]!.ToString() == "stdout").Select(m => m.Content["text"])));
        Assert.Equal("bbbbb", string.Concat(sent.Where(m => m.Content["name"]!.ToString() == "stderr").Select(m => m.Content["text"])));
    }

    [Fact]
    public async Task A_chatty_cell_is_heard_ten_times_a_second()
    {
        var (publisher, sent) = Publisher();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var written = 0;
        while (clock.Elapsed < TimeSpan.FromSeconds(1))
        {
            publisher.Add(new StreamOutput("stdout", "."));
            written++;
            if (written % 100 == 0) await Task.Yield();
        }
        var elapsed = clock.Elapsed;
        var before = sent.Count;
        publisher.Flush();
        Assert.InRange(before, 2, (int)(elapsed / CellPublisher.StreamInterval) + 1);
        Assert.Equal(written, sent.Sum(m => m.Content["text"]!.ToString().Length));
    }

    [Fact]
    public void Text_comes_before_the_value_that_followed_it()
    {
        var (publisher, sent) = Publisher();
        publisher.Add(new StreamOutput("stdout", "first"));
        publisher.Add(new DisplayOutput(new MimeBundle(("text/plain", "second")), "d"));
        publisher.Add(new StreamOutput("stdout", "third"));
        publisher.Add(new ResultOutput(new MimeBundle(("text/plain", "fourth"))));
        publisher.Flush();
        Assert.Equal(["stream", "display_data", "stream", "execute_result"], sent.Select(m => m.Type));
    }

    [Fact]
    public async Task A_display_is_updated_twice_a_second_at_most_and_ends_with_its_last_value()
    {
        var (publisher, sent) = Publisher();
        publisher.Add(new DisplayOutput(new MimeBundle(("text/plain", "0")), "d"));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var last = 0;
        while (clock.Elapsed < TimeSpan.FromSeconds(1.2))
        {
            publisher.Add(new UpdateOutput(new MimeBundle(("text/plain", $"{++last}")), "d"));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
        var elapsed = clock.Elapsed;
        publisher.Flush();
        var updates = sent.Where(m => m.Type == "update_display_data").ToList();
        Assert.InRange(updates.Count, 2, (int)(elapsed / CellPublisher.UpdateInterval) + 2);
        Assert.Equal($"{last}", updates[^1].Content["data"]!["text/plain"]!.ToString());
        Assert.All(updates, m => Assert.Equal("k-d", m.Content["transient"]!["display_id"]!.ToString()));
    }

    [Fact]
    public void Halves_of_a_character_stay_together()
    {
        var (publisher, sent) = Publisher();
        publisher.Add(new StreamOutput("stdout", new string('x', 2 << 20) + "\ud83d"));
        publisher.Add(new StreamOutput("stdout", "\ude00"));
        publisher.Flush();
        Assert.EndsWith("😀", sent[^1].Content["text"]!.ToString());
    }

    [Fact]
    public void Forms_are_single_strings_and_JSON_stays_JSON()
    {
        var data = BundleJson.Of(new MimeBundle(("text/html", "<p>\n</p>"), ("application/json", "{\"a\": [1]}"), ("image/png", "iVBO")));
        Assert.Equal("<p>\n</p>", data["text/html"]!.GetValue<string>());
        Assert.Equal(1, data["application/json"]!["a"]![0]!.GetValue<int>());
        Assert.Equal("iVBO", data["image/png"]!.GetValue<string>());
    }
}
