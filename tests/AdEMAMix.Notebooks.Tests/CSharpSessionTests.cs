// The C# of cells: state, values, console, display, awaiting, references, imports.
using System.Globalization;

namespace AdEMAMix.Notebooks.Tests;

public sealed class CSharpSessionTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("notebook-session-").FullName;
    readonly CSharpSession _session;
    int _cells;

    public CSharpSessionTests() => _session = new CSharpSession(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    async Task<List<CellOutput>> Run(string code, bool fails = false)
    {
        var outputs = new List<CellOutput>();
        var result = await _session.ExecuteAsync(code, $"cell {++_cells}", outputs.Add, TestContext.Current.CancellationToken);
        if (!fails) Assert.True(result.Succeeded, string.Join('\n', result.Error?.Traceback ?? []));
        else Assert.Same(result.Error, outputs[^1]);
        return outputs;
    }

    async Task<string?> Value(string code) => (await Run(code)).OfType<ResultOutput>().Single().Data["text/plain"];

    async Task<ErrorOutput> Error(string code) => Assert.IsType<ErrorOutput>((await Run(code, fails: true))[^1]);

    [Fact]
    public async Task Variables_types_functions_and_usings_live_on()
    {
        await Run("using System.Globalization;\nvar x = 40;");
        await Run("record Point(int A, double B);\nint Twice(int n) => 2 * n;");
        Assert.Equal("42", await Value("x + Twice(1)"));
        Assert.Equal("Point { A = 1, B = 2.5 }", await Value("new Point(1, 2.5)"));
        await Run("var x = \"shadowed\";");
        Assert.Equal("shadowed", await Value("x"));
        Assert.Equal("1", await Value("CultureInfo.InvariantCulture.LCID == 127 ? 1 : 0"));
    }

    [Fact]
    public async Task Usings_alone_and_empty_cells_run_and_keep_the_state()
    {
        await Run("var kept = 1;");
        await Run("using System.Text.Json;");
        await Run("// only a comment");
        await Run("");
        Assert.Equal("[1]", await Value("JsonSerializer.Serialize(new[] { kept })"));
    }

    [Fact]
    public async Task Only_a_last_expression_without_a_semicolon_is_a_value()
    {
        Assert.Empty(await Run("Math.Max(1, 2);"));
        Assert.Empty(await Run("var y = 3;"));
        Assert.DoesNotContain(await Run("Console.Write(\"x\")"), output => output is ResultOutput);
        Assert.Equal("null", await Value("(string)null"));
        Assert.DoesNotContain(await Run("display(1)"), output => output is ResultOutput);
        Assert.Equal("5", await Value("if (true) { return 5; }\n6"));
    }

    [Fact]
    public async Task Console_and_display_come_in_the_order_in_which_they_were_written_over_awaits()
    {
        var outputs = await Run("""
            Console.Write("a"); Console.WriteLine('b');
            display("shown");
            await Task.Run(async () => { Console.Write("c"); await Task.Yield(); Console.Error.WriteLine("d"); });
            "e".Display();
            Console.WriteLine("{0:F1}", 1.5);
            7
            """);
        Assert.Equal(
            ["stdout:ab\n", "shown", "stdout:c", "stderr:d\n", "e", "stdout:1.5\n", "7"],
            outputs.Select(output => output switch
            {
                StreamOutput stream => $"{stream.Name}:{stream.Text}",
                DisplayOutput display => display.Data["text/plain"],
                ResultOutput result => result.Data["text/plain"],
                _ => output.ToString(),
            }));
    }

    [Fact]
    public async Task Two_sessions_at_once_keep_their_consoles_apart()
    {
        var other = new CSharpSession(_folder);
        var (mine, others) = (new CellOutputs(), new CellOutputs());
        const string code = "for (var i = 0; i < 50; i++) { Console.Write(mark); await Task.Yield(); }";
        await Task.WhenAll(
            _session.ExecuteAsync("var mark = \"x\";" + code, "cell 1", mine.Add, TestContext.Current.CancellationToken),
            other.ExecuteAsync("var mark = \"y\";" + code, "cell 1", others.Add, TestContext.Current.CancellationToken));
        Assert.Equal(new string('x', 50), mine.ToJson(1)[0].Text());
        Assert.Equal(new string('y', 50), others.ToJson(1)[0].Text());
    }

    [Fact]
    public async Task A_displayed_value_can_be_replaced_also_from_a_later_cell()
    {
        var outputs = await Run("var bar = display(\"10 %\");\nbar.Update(\"60 %\");\nvar other = Microsoft.DotNet.Interactive.KernelInvocationContext.Current.Display(\"x\");");
        var shown = Assert.IsType<DisplayOutput>(outputs[0]);
        Assert.Equal("cell-1-display-1", shown.DisplayId);
        Assert.Equal("60 %", Assert.IsType<UpdateOutput>(outputs[1]).Data["text/plain"]);
        Assert.Equal(shown.DisplayId, ((UpdateOutput)outputs[1]).DisplayId);
        await Run("bar.Update(\"100 %\");");
        Assert.Equal("100 %", Assert.IsType<UpdateOutput>(outputs[^1]).Data["text/plain"]);
    }

    [Fact]
    public async Task A_compile_error_names_the_line_and_column_and_changes_nothing()
    {
        await Run("var x = 1;");
        var error = await Error("var y = 2;\n  y + missing");
        Assert.Equal("CompilationError", error.Name);
        Assert.Equal("cell 2, line 2, column 7: CS0103: The name 'missing' does not exist in the current context", error.Value);
        Assert.Equal(["cell 2, line 2, column 7: error CS0103: The name 'missing' does not exist in the current context", "      y + missing", "          ^^^^^^^"], error.Traceback);
        Assert.Equal("1", await Value("x"));
        Assert.Contains("CS0103", (await Error("y")).Value);
    }

    [Fact]
    public async Task An_exception_shows_the_frames_of_cells_and_libraries_only()
    {
        await Run("int Ratio(int a, int b)\n{\n    return a / b;\n}\nasync Task<int> Later(int b)\n{\n    await Task.Yield();\n    return Ratio(1, b);\n}");
        var error = await Error("var before = 1;\n\nvar r = await Later(0);\nvar after = 2;");
        Assert.Equal("DivideByZeroException", error.Name);
        Assert.Equal("cell 1, line 3, column 5: Attempted to divide by zero.", error.Value);
        Assert.Equal(
            [
                "DivideByZeroException: Attempted to divide by zero.",
                "   at Ratio(int a, int b) in cell 1, line 3, column 5", "      return a / b;",
                "   at Later(...) in cell 1, line 8, column 5", "      return Ratio(1, b);",
                "   at cell 2, line 3, column 9", "      var r = await Later(0);",
            ], error.Traceback);
        Assert.Equal("1", await Value("before"));
    }

    [Fact]
    public async Task Causes_are_told_and_machine_paths_are_not()
    {
        var error = await Error($"throw new InvalidOperationException(\"outer\", new System.IO.FileNotFoundException(@\"no {_folder}/data/x.txt\"));");
        Assert.Contains("caused by FileNotFoundException: no data/x.txt", error.Traceback);
        Assert.DoesNotContain(error.Traceback, line => line.Contains(_folder, StringComparison.Ordinal));
        Assert.DoesNotContain(error.Traceback, line => line.Contains("Submission", StringComparison.Ordinal) || line.Contains("AdEMAMix.Notebooks", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Numbers_have_a_decimal_point_under_any_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = Notebooks.French;
            Assert.Equal("1.5", await Value("1.5"));
            var outputs = await Run("record Row(double X, DateTime T);\nConsole.WriteLine($\"{0.25} {1234567.5:N1}\");\nvar rows = new[] { new Row(0.5, new DateTime(2024, 9, 5)) };\nawait Task.Yield();\nrows");
            Assert.Equal("0.25 1,234,567.5\n", Assert.IsType<StreamOutput>(outputs[0]).Text);
            Assert.Contains("0.5</td>", Assert.IsType<ResultOutput>(outputs[1]).Data["text/html"]);
            Assert.Equal("[[0.5, 2], (1.5, x)]", await Value("new object[] { new[] { 0.5, 2 }, (1.5, \"x\") }"));
            Assert.Equal("1,5", 1.5.ToString(CultureInfo.CurrentCulture));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public async Task A_stop_reaches_a_waiting_cell_and_the_state_survives()
    {
        using var stop = new CancellationTokenSource();
        await Run("var kept = 5;");
        var outputs = new List<CellOutput>();
        var run = _session.ExecuteAsync("""
            Console.WriteLine("waiting");
            await Task.Delay(-1, Microsoft.DotNet.Interactive.KernelInvocationContext.Current.CancellationToken);
            """, "cell 2", output => { outputs.Add(output); stop.Cancel(); }, stop.Token);
        var result = await run;
        Assert.Equal("Stopped", result.Error!.Name);
        Assert.Equal("5", await Value("kept"));
    }

    [Fact]
    public async Task A_reference_brings_the_file_it_names_with_its_neighbours()
    {
        using var library = new SampleLibrary("first", Path.Combine(_folder, "lib"));
        await Run("#r \"lib/Sample.dll\"\nusing Sample;");
        Assert.Equal("first", await Value("Api.Mark()"));
        Assert.Equal("7", await Value("Api.Part().Size"));
        var outputs = await Run("new SpecialChart { Title = \"a\" }");
        var data = Assert.IsType<ResultOutput>(outputs[0]).Data;
        Assert.Equal(["application/vnd.plotly.v1+json", "text/html"], data.Mimes);
        Assert.Equal("<p>a\n1.5</p>", data["text/html"]);
        var error = await Error("Api.Fail();");
        Assert.Equal("cell 5, line 1, column 1: the library gave up", error.Value);
        Assert.Equal("   at Sample.Api.Fail()", error.Traceback[1]);
    }

    [Fact]
    public async Task A_reference_to_what_was_known_as_a_dependency_leaves_older_variables_their_types()
    {
        using var library = new SampleLibrary("first", Path.Combine(_folder, "lib"));
        await Run("#r \"lib/Sample.dll\"\nusing Sample;\nIReadOnlyList<Chart> charts = [new()];\nvar part = Api.Part();");
        await Run("#r \"lib/Sample.Parts.dll\"\nusing Sample.Parts;");
        Assert.Equal("1", await Value("IEnumerable<Chart> all = charts;\nall.Count()"));
        Assert.Equal("7", await Value("Part same = part;\nsame.Size"));
    }

    [Fact]
    public async Task Two_sessions_may_reference_two_builds_of_one_library()
    {
        using var one = new SampleLibrary("one", Path.Combine(_folder, "one"));
        using var two = new SampleLibrary("two", Path.Combine(_folder, "two"));
        await Run("#r \"one/Sample.dll\"");
        Assert.Equal("one", await Value("Sample.Api.Mark()"));
        var outputs = new List<CellOutput>();
        await new CSharpSession(_folder).ExecuteAsync("#r \"two/Sample.dll\"\nSample.Api.Mark()", "cell 1", outputs.Add, TestContext.Current.CancellationToken);
        Assert.Equal("two", Assert.IsType<ResultOutput>(outputs[0]).Data["text/plain"]);
    }

    [Fact]
    public async Task A_library_that_the_host_runs_from_the_same_folder_is_not_loaded_twice()
    {
        var host = typeof(Markdig.Markdown).Assembly;
        await Run($"#r \"{host.Location}\"");
        Assert.Equal(RuntimeHash(typeof(Markdig.Markdown)), await Value("System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(typeof(Markdig.Markdown))"));
        var elsewhere = Path.Combine(_folder, "Markdig.dll");
        File.Copy(host.Location, elsewhere);
        var outputs = new List<CellOutput>();
        await new CSharpSession(_folder).ExecuteAsync("#r \"Markdig.dll\"\ntypeof(Markdig.Markdown).Assembly.Location", "cell 1", outputs.Add, TestContext.Current.CancellationToken);
        Assert.Equal(elsewhere, Assert.IsType<ResultOutput>(outputs[0]).Data["text/plain"]);

        static string RuntimeHash(Type type) => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(type).ToString(CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_library_that_the_engine_uses_too_can_be_referenced_at_any_time()
    {
        // Such a library changes what the engine's own references resolve to, and with it, once, what 'display' was.
        await Run("var shown = display(1);");
        await Run($"#r \"{typeof(Markdig.Markdown).Assembly.Location}\"");
        await Run("shown.Update(2); shown = display(Markdig.Markdown.ToHtml(\"x\"));");
        using var library = new SampleLibrary("beside", Path.Combine(_folder, "lib"));
        File.Copy(typeof(Markdig.Markdown).Assembly.Location, Path.Combine(_folder, "lib", "Markdig.dll"));
        var other = new CSharpSession(_folder);
        foreach (var code in new[] { "var shown = display(1);", "#r \"lib/Sample.dll\"\nSample.Api.Mark()", "shown = display(2);" })
            Assert.True((await other.ExecuteAsync(code, "cell 1", _ => { }, TestContext.Current.CancellationToken)).Succeeded);
    }

    [Fact]
    public async Task Many_sessions_at_once_do_not_disturb_each_other()
    {
        using var library = new SampleLibrary("one", Path.Combine(_folder, "lib"));
        string[] cells =
        [
            "record R(double X);\nvar rows = new List<R> { new(0.5), new(1e-9) };", "rows.Count", "var d = display(HTML(\"x\"));\nConsole.Write(1.5);",
            $"#r \"{typeof(Markdig.Markdown).Assembly.Location}\"\n#r \"lib/Sample.dll\"\nSample.Api.Mark()", "d.Update(Markdig.Markdown.ToHtml(rows[0].X.ToString())); d = display(rows.Select(r => r.X).Sum());",
        ];
        await Parallel.ForAsync(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, async (_, stop) =>
        {
            var session = new CSharpSession(_folder);
            foreach (var cell in cells)
            {
                var result = await session.ExecuteAsync(cell, "cell", _ => { }, stop);
                Assert.True(result.Succeeded, result.Error?.Value);
            }
        });
    }

    [Fact]
    public async Task A_native_library_beside_the_referenced_file_is_found()
    {
        using var library = new SampleLibrary("native", Path.Combine(_folder, "lib"));
        var source = Path.Combine(_folder, "answer.c");
        await File.WriteAllTextAsync(source, "int answer(void) { return 42; }", TestContext.Current.CancellationToken);
        try
        {
            using var compiler = System.Diagnostics.Process.Start("cc", ["-shared", "-fPIC", "-o", Path.Combine(library.Folder, "libsample_native.so"), source]);
            await compiler.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("no C compiler on this machine");
        }
        Assert.Equal("42", await Value("#r \"lib/Sample.dll\"\nSample.Api.Native()"));
    }

    [Theory]
    [InlineData("var x = 1;\n#r \"../lib/none.dll\"", "cell 1: line 2 refers to '../lib/none.dll', which does not exist")]
    [InlineData("#r \"bad.dll\"", "cell 1: line 1 refers to 'bad.dll', which cannot be loaded as a .NET assembly")]
    [InlineData("#r \"nuget: \"", "line 1 uses the directive #r \"nuget: \", which names no package")]
    [InlineData("#i \"https://example.org\"", "line 1 uses the directive #i \"https://example.org\", which names no source")]
    [InlineData("1\n#!fsharp\nlet x = 1", "line 2 uses the directive #!fsharp, and the workbook's engine does not run F#: write it in C#")]
    [InlineData("#!pwsh", "#!pwsh, and the workbook's engine does not run PowerShell")]
    [InlineData("#!set --name x --value @csharp:y", "line 1 uses the directive #!set, which hands variables between kernels")]
    [InlineData("#!share --from csharp x", "uses the directive #!share, which hands variables between kernels")]
    [InlineData("#!nonsense", "uses the directive #!nonsense, which the workbook's engine does not have")]
    [InlineData("#!import", "uses the directive #!import, without a file")]
    [InlineData("#load \"none.csx\"", "line 1 imports 'none.csx', which does not exist")]
    [InlineData("#!import none.csx", "imports 'none.csx', which does not exist")]
    [InlineData("#!import bad.dll", "a file of kind '.dll' cannot be imported")]
    [InlineData("#!import circle.csx", "imports 'circle.csx', which is being imported already")]
    [InlineData("display(1, \"image/png\");", "cannot be shown as image/png")]
    public async Task What_a_cell_cannot_have_is_an_error_that_names_it(string code, string message)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "bad.dll"), "not an assembly", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_folder, "circle.csx"), "#!import circle.csx", TestContext.Current.CancellationToken);
        Assert.Contains(message, (await Error(code)).Value);
    }

    [Fact]
    public async Task What_looks_like_a_directive_inside_a_string_is_text() =>
        Assert.Equal("#!time\n#r \"x.dll\"", await Value("\"\"\"\n#!time\n#r \"x.dll\"\n\"\"\""));

    [Fact]
    public async Task An_import_runs_files_and_notebooks_in_place()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "helpers.csx"), "int Half(int n) => n / 2;\nvar log = \"csx\";", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(_folder, "sub"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "sub", "more.cs"), "log += \"+cs\";", TestContext.Current.CancellationToken);
        Notebooks.Of(("#", "prose"), ("", "#!import more.cs\nlog += \"+ipynb\";"), ("", "int Bad() => throw new Exception(\"no\");")).Save(Path.Combine(_folder, "sub", "setup.ipynb"));
        Assert.Equal("21 csx+cs+ipynb", await Value("#!csharp\n#!import helpers.csx\nvar a = Half(42);\n#!import \"sub/setup.ipynb\"\n$\"{a} {log}\""));
        Assert.Equal("setup.ipynb cell 2, line 1, column 14: no", (await Error("Bad();")).Value);
        Assert.Equal("cell 3, line 3, column 1: CS0103: The name 'missing' does not exist in the current context", (await Error("#!import helpers.csx\n\nmissing")).Value);
    }
}
