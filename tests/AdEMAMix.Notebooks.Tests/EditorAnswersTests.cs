// What a front end asks while a cell is written: completion, documentation, completeness.
namespace AdEMAMix.Notebooks.Tests;

public sealed class EditorAnswersTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("notebook-editor-").FullName;
    readonly CSharpSession _session;

    public EditorAnswersTests() => _session = new CSharpSession(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    async Task Run(string code)
    {
        var result = await _session.ExecuteAsync(code, "cell 1", _ => { }, TestContext.Current.CancellationToken);
        Assert.True(result.Succeeded, result.Error?.Value);
    }

    /// <summary>Completes at the bar in a text.</summary>
    CompletionResult Complete(string code) => _session.Complete(code.Replace("|", "", StringComparison.Ordinal), code.IndexOf('|', StringComparison.Ordinal));

    string[] Texts(string code) => [.. Complete(code).Items.Select(item => item.Text)];

    Inspection? Inspect(string code) => _session.Inspect(code.Replace("|", "", StringComparison.Ordinal), code.IndexOf('|', StringComparison.Ordinal));

    [Fact]
    public async Task Names_of_earlier_cells_come_first_with_their_kind()
    {
        await Run("using System.Globalization;\nvar stepCount = 3;\nint StepOnce(int n) => n;\nrecord StepRow(int A);");
        var items = Complete("Console.WriteLine(ste|").Items;
        Assert.Equal(["stepCount", "StepOnce", "StepRow"], items.Take(3).Select(item => item.Text));
        Assert.Equal(["variable", "method", "class"], items.Take(3).Select(item => item.Kind));
        Assert.Equal("StepOnce(int n)", items[1].Display);
        Assert.Contains("CultureInfo", Texts("Cultu|"));
        Assert.Contains("localOne", Texts("var localOne = 1;\nvar y = loc|"));
        Assert.DoesNotContain(items, item => item.Text.Contains('#', StringComparison.Ordinal) || item.Text.Contains('<', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("var s = \"a\";\ns.Le|", "Length")]
    [InlineData("var s = \"a\";\ns.|\nConsole.WriteLine(s);", "Length")]
    [InlineData("new[] { 1 }.Sel|", "Select")]
    [InlineData("string t = null;\nt?.Le|", "Length")]
    [InlineData("Math.Ma|", "Max")]
    [InlineData("System.Collections.Gen|", "Generic")]
    [InlineData("new System.Text.String|", "StringBuilder")]
    [InlineData("using System.Te|", "Text")]
    [InlineData("new[] { \"a\" }.Select(x => x.Le|)", "Length")]
    [InlineData("class A { public int Size { get; set; } }\nnew A { Si|", "Size")]
    [InlineData("record R(int Width);\nvar r = new R(1);\nvar q = r with { Wi|", "Width")]
    [InlineData("Math.Round(1.5, digi|", "digits:")]
    [InlineData("fore|", "foreach")]
    [InlineData("$\"{Math.Ma|}\"", "Max")]
    [InlineData("DayOfWeek d = DayOfWeek.Mon|", "Monday")]
    [InlineData("dis|", "display")]
    [InlineData("#r|", "#r")]
    [InlineData("#!im|", "#!import")]
    [InlineData("#!time\nMath.Ma|", "Max")]
    [InlineData("#r \"lib/Sam|", "Sample.dll")]
    [InlineData("#!import \"../|", "../")]
    public void What_can_follow_is_offered(string code, string expected)
    {
        using var library = new SampleLibrary("one", Path.Combine(_folder, "lib"));
        Assert.Contains(expected, Texts(code));
    }

    [Theory]
    [InlineData("// Math.Ma|")]
    [InlineData("\"Math.Ma|\"")]
    [InlineData("var x = 12|")]
    [InlineData("\"\"\"\nMath.Ma|\n\"\"\"")]
    public void Nothing_is_offered_in_text(string code) => Assert.Empty(Complete(code).Items);

    [Fact]
    public void The_replaced_span_is_the_word_under_the_cursor()
    {
        Assert.Equal((5, 8), (Complete("Math.Ma|x(1, 2)").Start, Complete("Math.Ma|x(1, 2)").End));
        var emoji = Complete("var s = \"😀\"; s.Len|");
        Assert.Equal((16, 19), (emoji.Start, emoji.End));
        Assert.DoesNotContain("Equals", Texts("Math.Ma|"));
        Assert.Empty(Complete("missing.|").Items);
        Assert.NotEmpty(Complete("|").Items);
        Assert.NotNull(_session.Complete("Math.", 99));
    }

    [Fact]
    public async Task A_name_tells_its_signature_and_documentation()
    {
        await Run("/// <summary>Doubles <paramref name=\"n\"/>.</summary>\n/// <param name=\"n\">any number</param>\n/// <returns>twice it</returns>\nint Twice(int n) => 2 * n;\nvar kept = 1.5;");
        var own = Inspect("Twi|ce(1)")!;
        Assert.Equal("int Twice(int n)\n\nDoubles n.\n\nParameters:\n  n: any number\n\nReturns: twice it", own.PlainText);
        Assert.StartsWith("```csharp\nint Twice(int n)\n```\n\nDoubles `n`.", own.Markdown);
        Assert.Equal(["text/markdown", "text/plain"], own.Data.Mimes);
        Assert.Equal("(variable) double kept", Inspect("ke|pt")!.PlainText);
        Assert.Contains("int Twice(int n)", Inspect("Twice(|")!.PlainText);
        Assert.Null(Inspect("no|thing"));
        Assert.Null(Inspect("|"));
    }

    [Fact]
    public async Task Documentation_of_libraries_is_read_from_the_file_beside_them()
    {
        using var library = new SampleLibrary("one", Path.Combine(_folder, "lib"));
        await File.WriteAllTextAsync(Path.Combine(library.Folder, "Sample.xml"), "<doc><members><member name=\"M:Sample.Api.Mark\"><summary>Reads the\n   mark.</summary></member></members></doc>", TestContext.Current.CancellationToken);
        await Run("#r \"lib/Sample.dll\"");
        Assert.Equal("static string Api.Mark()\n\nReads the mark.", Inspect("Sample.Api.Ma|rk()")!.PlainText);
    }

    [Fact]
    public void Documentation_of_the_framework_comes_from_the_reference_pack()
    {
        if (!Directory.Exists(Path.GetFullPath("../../../packs/Microsoft.NETCore.App.Ref", Path.GetDirectoryName(typeof(object).Assembly.Location)!))) Assert.Skip("no SDK on this machine");
        var inspection = Inspect("Math.Ma|x(1, 2)")!;
        Assert.StartsWith("static int Math.Max(int val1, int val2) (+ 12 overloads)\n\nReturns the larger of two 32-bit signed integers.", inspection.PlainText);
        Assert.Contains("List<int>.List() (+ 2 overloads)\n\nInitializes a new instance", Inspect("new Li|st<int>()")!.PlainText);
        Assert.StartsWith("class List<int>\n\nRepresents a strongly typed list", Inspect("List|<int> x;")!.PlainText);
        Assert.Contains("Projects each element", Inspect("new[] { 1 }.Sel|ect(x => x)")!.PlainText);
    }

    [Theory]
    [InlineData("1 + 1", Completeness.Complete, "")]
    [InlineData("", Completeness.Complete, "")]
    [InlineData("var x = 1;", Completeness.Complete, "")]
    [InlineData("#!time\n1", Completeness.Complete, "")]
    [InlineData("for (var i = 0; i < 3; i++)\n{", Completeness.Incomplete, "    ")]
    [InlineData("class A\n{\n    void F() {", Completeness.Incomplete, "        ")]
    [InlineData("1 +", Completeness.Incomplete, "")]
    [InlineData("\"\"\"\ntext", Completeness.Incomplete, "")]
    [InlineData("/* a", Completeness.Incomplete, "")]
    [InlineData("int = 3;", Completeness.Invalid, "")]
    [InlineData("x )", Completeness.Invalid, "")]
    public void Text_is_complete_or_wants_more_or_is_wrong(string code, Completeness expected, string indent) =>
        Assert.Equal(new CodeStatus(expected, indent), _session.IsComplete(code));
}
