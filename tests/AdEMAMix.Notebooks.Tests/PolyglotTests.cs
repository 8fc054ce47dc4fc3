// Cells of several languages, and the directives that ask the session something.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks.Tests;

public sealed class PolyglotTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("notebook-polyglot-").FullName;
    readonly CSharpSession _session;

    public PolyglotTests() => _session = new CSharpSession(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    async Task<List<CellOutput>> Run(string code, string language = "csharp")
    {
        var outputs = new List<CellOutput>();
        var result = await _session.ExecuteAsync(code, language, "cell 1", outputs.Add, TestContext.Current.CancellationToken);
        Assert.True(result.Succeeded, string.Join('\n', result.Error?.Traceback ?? []));
        return outputs;
    }

    async Task<MimeBundle> Shown(string code, string language = "csharp") => Assert.IsType<DisplayOutput>(Assert.Single(await Run(code, language))).Data;

    [Fact]
    public async Task Languages_of_the_viewer_are_shown_as_what_they_are()
    {
        Assert.Equal("<b>x</b>\n<i>y</i>", (await Shown("#!html\n<b>x</b>\n<i>y</i>\n"))["text/html"]);
        Assert.Equal("# Title", (await Shown("#!markdown\n# Title"))["text/markdown"]);
        var diagram = await Shown("#!mermaid\ngraph LR\n  A --> B");
        Assert.Equal(["text/plain", "text/vnd.mermaid"], diagram.Mimes);
        Assert.Equal("graph LR\n  A --> B", diagram["text/vnd.mermaid"]);
        var script = await Shown("#!javascript\nelement.innerHTML = '<script></script>';");
        Assert.Equal("element.innerHTML = '<script></script>';", script["application/javascript"]);
        Assert.Equal("<script type=\"text/javascript\">\nelement.innerHTML = '<script><\\/script>';\n</script>", script["text/html"]);
    }

    [Fact]
    public async Task The_language_of_the_notebook_holds_until_a_line_says_otherwise()
    {
        Assert.Equal("<b>x</b>", (await Shown("<b>x</b>", "html"))["text/html"]);
        Assert.Equal("2", Assert.IsType<ResultOutput>(Assert.Single(await Run("#!csharp\n1 + 1", "markdown"))).Data["text/plain"]);
        Assert.Equal("# x", (await Shown("# x", "MD"))["text/markdown"]);
    }

    [Fact]
    public async Task A_cell_may_have_several_sections_and_each_shows_what_it_has()
    {
        var outputs = await Run("var n = 20;\nn + 1\n#!html\n<p>\"\"\"</p>\n#!csharp\n// the rest\nn + 22");
        Assert.Equal(["21", "<p>\"\"\"</p>", "42"], outputs.Select(output => output switch
        {
            DisplayOutput display => display.Data["text/html"] ?? display.Data["text/plain"],
            ResultOutput result => result.Data["text/plain"],
            _ => output.ToString(),
        }));
        var errors = new List<CellOutput>();
        await _session.ExecuteAsync("#!html\n<p></p>\n#!csharp\n\nmissing", "cell 2", errors.Add, TestContext.Current.CancellationToken);
        Assert.StartsWith("cell 2, line 5, column 1: CS0103", Assert.IsType<ErrorOutput>(errors[^1]).Value);
    }

    [Fact]
    public async Task What_looks_like_a_section_inside_a_string_is_text() =>
        Assert.Equal("#!html\n<b>", ((ResultOutput)(await Run("\"\"\"\n#!html\n<b>\n\"\"\""))[0]).Data["text/plain"]);

    [Fact]
    public async Task A_language_that_does_not_run_here_is_told_by_name()
    {
        var outputs = new List<CellOutput>();
        await _session.ExecuteAsync("let x = 1", "fsharp", "cell 1", outputs.Add, TestContext.Current.CancellationToken);
        Assert.Equal("cell 1: line 1 is written in 'F#', which the workbook's engine does not run: write it in C#, or open the notebook in Polyglot Notebooks.", Assert.IsType<ErrorOutput>(Assert.Single(outputs)).Value);
    }

    [Fact]
    public async Task Time_is_told_after_the_value()
    {
        var outputs = await Run("#!time\nSystem.Threading.Thread.Sleep(20);\n5");
        Assert.Equal("5", Assert.IsType<ResultOutput>(outputs[0]).Data["text/plain"]);
        Assert.Matches(@"^Wall time: \d{2,}\.\dms$", Assert.IsType<DisplayOutput>(outputs[1]).Data["text/plain"]);
    }

    [Fact]
    public async Task Variables_and_directives_are_listed()
    {
        Assert.Equal("(no variables)", (await Shown("#!who"))["text/plain"]);
        await Run("var steps = 3;\nstring name = \"a\";\nvar f = (int x) => x + steps;");
        await Run("double steps = 0.5;");
        Assert.Equal("f\nname\nsteps", (await Shown("#!who"))["text/plain"]);
        var table = (await Shown("#!whos"))["text/plain"]!;
        Assert.Matches(@"steps +double +0\.5", table);
        Assert.Matches("name +string +a", table);
        Assert.Contains("#!time", (await Shown("#!lsmagic"))["text/plain"]!, StringComparison.Ordinal);
        // A list comes at its place: after what stands before it.
        var outputs = await Run("var late = 1;\nlate\n#!who\n2");
        Assert.Equal(["1", "f\nlate\nname\nsteps"], outputs.OfType<DisplayOutput>().Select(output => output.Data["text/plain"]));
    }

    [Fact]
    public async Task A_load_runs_the_file_in_place_and_its_loops_can_be_stopped()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "part.csx"), "int Square(int n) => n * n;\nvoid Spin() { while (true) { } }", TestContext.Current.CancellationToken);
        Assert.Equal("49", ((ResultOutput)(await Run("#load \"part.csx\"\nSquare(7)"))[0]).Data["text/plain"]);
        using var stop = new CancellationTokenSource();
        var result = await _session.ExecuteAsync("display(1);\nSpin();", "cell 2", _ => stop.Cancel(), stop.Token);
        Assert.Equal("Stopped", result.Error!.Name);
    }

    [Fact]
    public async Task A_notebook_with_sections_and_other_languages_runs_from_top_to_bottom()
    {
        var document = Notebooks.Of("var n = 1;", "graph LR", "#!html\n<b>x</b>", "n + 1");
        document.Cells[1].Json["metadata"]!["dotnet_interactive"] = new JsonObject { ["language"] = "mermaid" };
        var result = await new NotebookRunner(document, _folder).RunAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(result.Succeeded, result.Error);
        Assert.Equal(["graph LR", "<b>x</b>", "2"], [document.Cells[1].Outputs[0].Text("text/vnd.mermaid"), document.Cells[2].Outputs[0].Text("text/html"), document.Cells[3].Outputs[0].Text()]);
        Notebooks.Of("#!html\n<i>imported</i>", "var fromNotebook = 3;").Save(Path.Combine(_folder, "other.ipynb"));
        var outputs = await Run("#!import other.ipynb\nfromNotebook");
        Assert.Equal("<i>imported</i>", Assert.IsType<DisplayOutput>(outputs[0]).Data["text/html"]);
        Assert.Equal("3", Assert.IsType<ResultOutput>(outputs[1]).Data["text/plain"]);
    }

    [Fact]
    public void Nothing_of_C_sharp_is_offered_in_another_language()
    {
        Assert.Empty(_session.Complete("1 + 1\n#!html\n<b>Ma", 19).Items);
        Assert.Contains(_session.Complete("#!html\n<b>\n#!csharp\nMat", 24).Items, item => item.Text == "Math");
        Assert.Contains(_session.Complete("#!ma", 4).Items, item => item.Text == "#!markdown");
        Assert.Equal(Completeness.Complete, _session.IsComplete("#!html\n<b>{").Completeness);
    }
}
