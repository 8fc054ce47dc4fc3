// Notebook files: what goes in comes out, and what is no notebook is refused in one sentence.
using System.Text;

namespace AdEMAMix.Notebooks.Tests;

public sealed class NotebookDocumentTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("notebook-document-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("written-by-jupyter.ipynb")]
    [InlineData("written-by-jupyter-4.2.ipynb")]
    public void A_file_of_Jupyter_comes_back_byte_for_byte(string fixture)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Fixtures", fixture);
        var copy = Path.Combine(_folder, fixture);
        NotebookDocument.Load(path).Save(copy);
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(copy));
    }

    [Theory]
    [InlineData("{\n  \"metadata\": {},\n  \"cells\": [],\n  \"nbformat_minor\": 5,\n  \"nbformat\": 4\n}")]
    [InlineData("{\r\n\t\"cells\": [],\r\n\t\"nbformat\": 4,\r\n\t\"x\": \"\\u0001\\b\\f 😀 é\"\r\n}\r\n")]
    [InlineData("\uFEFF{\n \"cells\": [],\n \"nbformat\": 4,\n \"x\": 1.50e+3\n}\n\n")]
    public void Indentation_line_ends_order_and_numbers_are_kept(string text)
    {
        var path = Path.Combine(_folder, "x.ipynb");
        File.WriteAllBytes(path, new UTF8Encoding(false).GetBytes(text));
        NotebookDocument.Load(path).Save(path);
        Assert.Equal(text, new UTF8Encoding(false).GetString(File.ReadAllBytes(path)));
    }

    [Fact]
    public void Cells_are_read_as_they_stand()
    {
        var document = Fixture();
        Assert.Equal([CellKind.Markdown, CellKind.Code, CellKind.Code, CellKind.Raw, CellKind.Code], document.Cells.Select(cell => cell.Kind));
        Assert.Equal("#r \"../lib/dist/Library.dll\"\nusing System;\nConsole.WriteLine(\"a\\tb\");", document.Cells[1].Source);
        Assert.Equal(["parameters"], document.Cells[1].Tags);
        Assert.Equal(2, document.Cells[2].ExecutionCount);
        Assert.Equal(3, document.Cells[2].Outputs.Count);
        Assert.Null(document.Cells[4].ExecutionCount);
    }

    [Fact]
    public void A_changed_source_changes_only_its_lines()
    {
        var document = Fixture();
        var before = document.ToString().Split('\n');
        document.Cells[2].Source = "1 + 2\n2";
        var after = document.ToString().Split('\n');
        Assert.Equal(["    \"1 + 1\""], before.Except(after));
        Assert.Equal(["    \"1 + 2\\n\",", "    \"2\""], after.Except(before));
    }

    [Fact]
    public void An_older_minor_becomes_4_5_with_ids_that_are_the_same_each_time()
    {
        var (first, second) = (Fixture("written-by-jupyter-4.2.ipynb"), Fixture("written-by-jupyter-4.2.ipynb"));
        first.Upgrade();
        second.Upgrade();
        Assert.Equal(first.ToString(), second.ToString());
        Assert.Equal(5, first.Json["nbformat_minor"]!.GetValue<int>());
        Assert.Equal(5, first.Cells.Select(cell => cell.Id).Distinct().Count());
        Assert.All(first.Cells, cell => Assert.Matches("^[0-9a-f]{8}$", cell.Id));
        Assert.Equal(["cell_type", "id", "metadata", "source"], first.Cells[0].Json.Select(pair => pair.Key));
    }

    [Theory]
    [InlineData("hello", "is not valid JSON (line 1")]
    [InlineData("", "is not valid JSON (line 1")]
    [InlineData("{\n \"cells\": [\n  {\n   \"cell_type\": \"code\",\n", "the file is cut short")]
    [InlineData("{\n<<<<<<< HEAD\n \"nbformat\": 4\n}\n", "is not valid JSON (line 2")]
    [InlineData("[]", "its top level is not an object")]
    [InlineData("{\"cells\": []}", "has no nbformat number")]
    [InlineData("{\"nbformat\": 3, \"worksheets\": []}", "is of nbformat 3")]
    [InlineData("{\"nbformat\": 5, \"cells\": []}", "is of nbformat 5")]
    [InlineData("{\"nbformat\": \"4\", \"cells\": []}", "has no nbformat number")]
    [InlineData("{\"nbformat\": 4}", "it has no list of cells")]
    [InlineData("{\"nbformat\": 4, \"cells\": [1]}", "cell 1 of the file is not an object")]
    [InlineData("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": [1]}]}", "the source of cell 1 of the file is not text")]
    [InlineData("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\", \"source\": \"\", \"outputs\": [{}]}]}", "has no output_type")]
    [InlineData("{\"nbformat\": 4, \"cells\": [], \"cells\": []}", "is not valid JSON")]
    [InlineData("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"raw\", \"source\": \"\\ud800\"}]}", "half of a surrogate pair")]
    public void What_is_no_notebook_is_refused_in_one_sentence(string text, string problem)
    {
        var path = Path.Combine(_folder, "bad.ipynb");
        File.WriteAllText(path, text);
        var error = Assert.Throws<NotebookException>(() => NotebookDocument.Load(path));
        Assert.Contains(problem, error.Message);
        Assert.Contains("bad.ipynb", error.Message);
        Assert.EndsWith(".", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Every_cut_of_a_real_file_is_refused_and_never_anything_but_a_notebook_error()
    {
        var text = Fixture().ToString();
        for (var length = 0; length < text.TrimEnd().Length; length += 7) Assert.Throws<NotebookException>(() => NotebookDocument.Parse(text[..length]));
    }

    [Fact]
    public void Random_damage_is_read_and_rendered_or_refused_and_never_crashes()
    {
        var random = new Random(1);
        var text = Fixture().ToString();
        string[] pieces = ["null", "1", "[]", "{}", "\"x\"", "[1]", "true", "\\u0000", ",", "\"", "\\ud800"];
        var refused = 0;
        for (var i = 0; i < 3000; i++)
        {
            var damaged = text;
            for (var n = random.Next(1, 3); n > 0; n--)
            {
                var at = random.Next(damaged.Length);
                // Replace one JSON value, or some bytes anywhere.
                var value = random.Next(3) > 0 ? System.Text.RegularExpressions.Regex.Match(damaged[at..], "(?<=\\\": )(\"[^\"\\n]*\"|\\d+|\\[[^\\[\\]]*\\]|\\{[^{}]*\\})") : null;
                var (start, length) = value is { Success: true } ? (at + value.Index, value.Length) : (at, Math.Min(random.Next(4), damaged.Length - at));
                damaged = damaged[..start] + pieces[random.Next(pieces.Length)] + damaged[(start + length)..];
            }
            try
            {
                HtmlRenderer.Render(NotebookDocument.Parse(damaged));
            }
            catch (NotebookException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 300, 2700);
    }

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_refused()
    {
        var path = Path.Combine(_folder, "latin1.ipynb");
        File.WriteAllBytes(path, [(byte)'"', 0xE9, (byte)'"']);
        Assert.Contains("is not UTF-8 text", Assert.Throws<NotebookException>(() => NotebookDocument.Load(path)).Message);
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("'none.ipynb' does not exist", Assert.Throws<NotebookException>(() => NotebookDocument.Load("none.ipynb")).Message);

    [Fact]
    public void A_failed_write_leaves_what_was_there_and_no_litter()
    {
        var path = Path.Combine(_folder, "taken.ipynb");
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "inside"), "kept");
        Assert.Contains("could not be written", Assert.Throws<NotebookException>(() => Fixture().Save(path)).Message);
        Assert.Equal("kept", File.ReadAllText(Path.Combine(path, "inside")));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void Mode_and_link_of_a_file_survive_a_write()
    {
        var (file, link) = (Path.Combine(_folder, "real.ipynb"), Path.Combine(_folder, "link.ipynb"));
        Fixture().Save(file);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        File.CreateSymbolicLink(link, file);
        NotebookDocument.Load(link).Save(link);
        Assert.Equal(file, File.ResolveLinkTarget(link, false)!.FullName);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(file));
    }

    static NotebookDocument Fixture(string name = "written-by-jupyter.ipynb") => NotebookDocument.Load(Path.Combine(AppContext.BaseDirectory, "Fixtures", name));
}
