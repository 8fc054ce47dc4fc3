namespace AdEMAMix.Cli.Tests;

public class RenderTests : IDisposable
{
    const string Saved = """
        {"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# A question\n\nThe first sentence. The second."},
          {"cell_type": "code", "id": "b", "execution_count": 1, "metadata": {}, "source": "System.IO.File.WriteAllText(\"ran.txt\", \"\");", "outputs": [{"output_type": "stream", "name": "stdout", "text": "stored\n"}]},
          {"cell_type": "code", "id": "c", "execution_count": 2, "metadata": {}, "source": "#!html\n<p>tool</p><script>console.log('tool');</script>", "outputs": []}],
         "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        """;

    readonly TemporaryWorkbook workbook = new();

    public void Dispose() => workbook.Dispose();

    [Fact]
    public void Pages_and_an_index_are_written_and_nothing_is_executed()
    {
        var (first, second) = (workbook.Write("notebooks/01-first.ipynb", Saved), workbook.Write("notebooks/02-second.ipynb", Saved.Replace("A question", "Another", StringComparison.Ordinal)));
        var outcome = workbook.Run("render");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        var folder = Path.Combine(workbook.Root, "notebooks", "rendered");
        Assert.Equal(["01-first.html", "02-second.html", "index.html"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        Assert.Contains("stored", File.ReadAllText(Path.Combine(folder, "01-first.html")));
        var index = File.ReadAllText(Path.Combine(folder, "index.html"));
        foreach (var shown in (string[])["href=\"01-first.html\"", "href=\"02-second.html\"", "A question", "Another", "<p>The first sentence.</p>", "<code>01-first.ipynb</code>"]) Assert.Contains(shown, index);
        Assert.Equal(Saved, File.ReadAllText(first));
        Assert.False(File.Exists(Path.Combine(workbook.Root, "notebooks", "ran.txt")));
        Assert.True(File.Exists(second));
    }

    [Fact]
    public void Another_folder_is_made_and_the_authors_scripts_can_be_left_out()
    {
        var file = workbook.Write("notebooks/01-first.ipynb", Saved);
        var folder = Path.Combine(workbook.Root, "site", "pages");
        Assert.Equal(0, workbook.Run("render", file, "--out", folder).ExitCode);
        Assert.Contains("<script>console.log('tool');</script>", File.ReadAllText(Path.Combine(folder, "01-first.html")));
        Assert.Equal(0, workbook.Run("render", file, "--out", folder, "--no-scripts").ExitCode);
        var page = File.ReadAllText(Path.Combine(folder, "01-first.html"));
        Assert.DoesNotContain("<script>console.log", page);
        Assert.Contains("<p>tool</p>", page);
        Assert.True(File.Exists(Path.Combine(folder, "index.html")));
    }

    [Theory]
    [InlineData("{\"nbformat\": 4, \"cells\": [")]
    [InlineData("{\"nbformat\": 3, \"worksheets\": []}")]
    public void A_file_that_is_no_notebook_is_named_before_anything_is_written(string content)
    {
        var (good, bad) = (workbook.Write("notebooks/good.ipynb", Saved), workbook.Write("notebooks/bad.ipynb", content));
        var outcome = workbook.Run("render", good, bad);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("bad.ipynb", outcome.Sentence);
        Assert.False(Directory.Exists(Path.Combine(workbook.Root, "notebooks", "rendered")));
    }
}
