// Every notebook through nbconvert and through `workbook run`: the same outputs.

using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace AdEMAMix.Cli.Tests;

[Collection(JupyterCollection.Name)]
public sealed partial class NbconvertTests(SharedClone shared)
{
    public static TheoryData<string> Notebooks => [.. Directory.EnumerateFiles(Path.Combine(TemporaryWorkbook.Repository, "notebooks"), "*.ipynb").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Notebooks))]
    public void Nbconvert_gives_what_run_gives(string name)
    {
        JupyterClone.SkipUnless(File.Exists("/usr/bin/jupyter-nbconvert"), "jupyter-nbconvert is not installed: environment/workbook test installs it");
        var clone = shared.Get();
        var notebook = Path.Combine(clone.Root, "notebooks", name);
        File.Copy(Path.Combine(TemporaryWorkbook.Repository, "notebooks", name), notebook);
        var converted = notebook[..^6] + ".converted.ipynb";

        var run = clone.Run("dotnet", clone.Program, "run", notebook);
        Assert.True(run.ExitCode == 0, run.Error);
        var before = Metadata(notebook);
        // Some notebooks train a little. The second time every run is in the store, as it is for nbconvert.
        run = clone.Run("dotnet", clone.Program, "run", notebook);
        Assert.True(run.ExitCode == 0, run.Error);
        var nbconvert = clone.Run("/usr/bin/jupyter-nbconvert", "--to", "notebook", "--execute", "--ExecutePreprocessor.timeout=600", "--output", converted, notebook);
        Assert.True(nbconvert.ExitCode == 0, nbconvert.Error);

        // `run` has put pictures of the charts into the file; `render` does so for notebooks that others ran.
        var render = clone.Run("dotnet", clone.Program, "render", converted, "--out", Path.Combine(clone.Root, "pages"));
        Assert.True(render.ExitCode == 0, render.Error);

        Assert.Equal(Outputs(notebook), Outputs(converted));
        var after = Metadata(converted);
        // All that a Jupyter front end changes in the file's own data is what the kernel says of its language.
        Assert.Equal("C#", after["language_info"]!["name"]!.ToString());
        before.Remove("language_info");
        after.Remove("language_info");
        Assert.Equal(before.ToJsonString(), after.ToJsonString());
    }

    [Fact]
    public void The_smoke_preset_of_the_main_notebook_trains_all_that_it_shows()
    {
        var clone = shared.Get();
        var notebook = Path.Combine(clone.Root, "notebooks", "smoke.ipynb");
        File.Copy(Path.Combine(TemporaryWorkbook.Repository, "notebooks", "03-token-efficiency.ipynb"), notebook);
        var run = clone.Run("dotnet", clone.Program, "run", notebook, "--preset", "smoke");
        Assert.True(run.ExitCode == 0, run.Error);
        var outputs = string.Concat(Outputs(notebook));
        Assert.Contains("token-efficiency: all 24 runs done", outputs, StringComparison.Ordinal);
        Assert.Contains("proves nothing", outputs, StringComparison.Ordinal);
    }

    static JsonObject Metadata(string file) => JsonNode.Parse(File.ReadAllText(file))!["metadata"]!.AsObject();

    static string[] Outputs(string file) =>
        [.. JsonNode.Parse(File.ReadAllText(file))!["cells"]!.AsArray().Where(cell => cell!["cell_type"]!.ToString() == "code").Select(cell => Comparable($"[{cell!["execution_count"]}] {Canonical(cell["outputs"])!.ToJsonString()}"))];

    // Python writes 1e-05 where .NET writes 1E-05: the numbers are compared, not their spelling.
    static JsonNode? Canonical(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Select(pair => KeyValuePair.Create(pair.Key, Canonical(pair.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Canonical)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => JsonValue.Create(value.GetValue<double>()),
        _ => node?.DeepClone(),
    };

    // How long something took and when it was made differ from one call to the next, whoever calls; and a picture's mark is a hash of
    // its chart's JSON, spelling included.
    static string Comparable(string outputs) => PictureMarks().Replace(Times().Replace(outputs, "TIME"), "MARK");

    [GeneratedRegex("""(?<=data-picture=\\u0022)[0-9a-f]+""")]
    private static partial Regex PictureMarks();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?Z?|\b\d+(\.\d+)? (s|ms|min|seconds|minutes)\b")]
    private static partial Regex Times();
}
