// Where console text and displays of a cell go: to that cell, also after its end, and not without limit.
using System.Text;

namespace AdEMAMix.Notebooks.Tests;

/// <summary>Tests that weigh the whole process.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(Alone))]
public sealed class CellOutputTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("notebook-output-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    static string Text(IEnumerable<CellOutput> outputs, string stream = "stdout")
    {
        lock (outputs) return string.Concat(outputs.OfType<StreamOutput>().Where(output => output.Name == stream).Select(output => output.Text));
    }

    // Text of the background goes out within a moment, which a busy machine makes longer.
    static async Task Until(Func<bool> condition)
    {
        for (var clock = System.Diagnostics.Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(20) && !condition();) await Task.Yield();
    }

    static async Task<List<CellOutput>> Run(CSharpSession session, string code, string name)
    {
        var outputs = new List<CellOutput>();
        var result = await session.ExecuteAsync(code, name, output =>
        {
            lock (outputs) outputs.Add(output);
        }, TestContext.Current.CancellationToken);
        Assert.True(result.Succeeded, result.Error?.Value);
        return outputs;
    }

    [Fact]
    public async Task Background_work_writes_to_its_own_cell_also_while_another_runs()
    {
        var session = new CSharpSession(_folder);
        var first = await Run(session, """
            var go = new System.Threading.ManualResetEventSlim();
            var ticked = new System.Threading.ManualResetEventSlim();
            var bar = display("0 %");
            var task = Task.Run(async () => { go.Wait(); await Task.Yield(); Console.Write("[task]"); bar.Update("50 %"); Console.Error.Write("[error]"); });
            var thread = new System.Threading.Thread(() => { go.Wait(); Console.Write("[thread]"); display("late"); });
            thread.Start();
            var timer = new System.Threading.Timer(_ => { if (!go.IsSet) return; Console.Write("[timer]"); ticked.Set(); }, null, 1, 1);
            """, "cell 1");
        Assert.Single(first);
        var second = await Run(session, "Console.Write(\"<a>\"); go.Set(); await task; thread.Join(); ticked.Wait(); timer.Dispose(); Console.Write(\"<b>\"); bar.Update(\"100 %\");", "cell 2");
        Assert.Equal("<a><b>", Text(second));
        await Until(() => Text(first, "stderr").Length > 0 && new[] { "[task]", "[thread]", "[timer]" }.All(text => Text(first).Contains(text, StringComparison.Ordinal)));
        Assert.Contains("[task]", Text(first));
        Assert.Contains("[thread]", Text(first));
        Assert.Contains("[timer]", Text(first));
        Assert.Equal("[error]", Text(first, "stderr"));
        lock (first)
        {
            var shown = first.OfType<DisplayOutput>().ToArray();
            Assert.Equal(["0 %", "late"], shown.Select(output => output.Data["text/plain"]));
            // What an object on the first cell's page is told goes to that page, whoever tells it.
            Assert.Equal(["50 %", "100 %"], first.OfType<UpdateOutput>().Select(output => output.Data["text/plain"]));
            Assert.All(first.OfType<UpdateOutput>(), update => Assert.Equal(shown[0].DisplayId, update.DisplayId));
        }
        Assert.All(second, output => Assert.IsType<StreamOutput>(output));
    }

    [Fact]
    public async Task A_flood_is_cut_off_and_the_rest_is_counted()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var outputs = await Run(new CSharpSession(_folder), "var line = new string('x', 999);\nfor (var i = 0; i < 100_000; i++) Console.WriteLine(line);\nConsole.Error.Write(\"still told\");\n1", "cell 1");
        var text = Text(outputs);
        Assert.StartsWith(new string('x', 999) + "\n", text);
        Assert.EndsWith("\n... (99,000,000 more characters of stdout were left out: a cell shows 1,000,000)\n", text);
        Assert.InRange(text.Length, 1_000_000, 1_000_200);
        Assert.Equal("still told", Text(outputs, "stderr"));
        Assert.InRange(outputs.Count, 100, 300);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 40_000_000);
    }

    [Fact]
    public async Task The_limit_is_an_option_and_late_background_text_is_cut_too()
    {
        var session = new CSharpSession(_folder, new SessionOptions { StreamLimit = 10 });
        var outputs = await Run(session, "Console.Write(\"12345678\");\nvar go = new System.Threading.ManualResetEventSlim();\nvar task = Task.Run(() => { go.Wait(); for (var i = 0; i < 50; i++) Console.Write(\"abc\"); });", "cell 1");
        await Run(session, "go.Set(); await task;", "cell 2");
        await Until(() => Text(outputs).Contains("left out", StringComparison.Ordinal));
        Assert.Equal("12345678ab\n... (further output of this cell's background work is left out)\n", Text(outputs));
    }

    [Fact]
    public async Task A_character_of_two_halves_is_never_cut()
    {
        // Half of the text comes in halves, around every size at which a piece goes out or a stream ends.
        foreach (var limit in new[] { 1_000_000, 20_000 })
        {
            var outputs = await Run(new CSharpSession(_folder, new SessionOptions { StreamLimit = limit }), "Console.Write('a');\nfor (var i = 0; i < 20_000; i++) { Console.Write('\\ud83d'); Console.Write('\\ude00'); }", "cell 1");
            foreach (var piece in outputs.OfType<StreamOutput>()) _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(piece.Text);
        }
    }
}
