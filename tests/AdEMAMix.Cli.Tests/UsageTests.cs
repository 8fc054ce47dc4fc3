namespace AdEMAMix.Cli.Tests;

public class UsageTests : IDisposable
{
    readonly TemporaryWorkbook workbook = new();

    public void Dispose() => workbook.Dispose();

    [Theory]
    [InlineData("nonsense")]
    [InlineData("runs", "lst")]
    [InlineData("parity")]
    [InlineData("parity", "a.json", "--jsn", "b")]
    [InlineData("data", "fetch", "--all")]
    [InlineData("runs", "show")]
    public void A_wrong_call_is_one_sentence_and_exit_code_2(params string[] arguments)
    {
        var outcome = workbook.Run(arguments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--help", outcome.Sentence);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("render")]
    [InlineData("train")]
    [InlineData("runs")]
    [InlineData("data")]
    [InlineData("parity")]
    [InlineData("plan")]
    [InlineData("bench")]
    [InlineData("doctor")]
    public void Every_verb_has_help(string verb)
    {
        var outcome = workbook.Run(verb, "--help");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("Usage:", outcome.Output);
    }

    [Fact]
    public void An_empty_store_says_what_fills_it()
    {
        var outcome = workbook.Run("runs", "list");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("environment/workbook run", outcome.Output);
    }

    [Fact]
    public void Doctor_names_the_parts_and_a_remedy_for_each_that_is_missing()
    {
        var outcome = workbook.Run("doctor");
        foreach (var part in new[] { "libtorch", "BLAS", "processor", "GPU", "memory", "disk", "data austen", "run store" }) Assert.Contains(part, outcome.Output);
        var lines = outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < lines.Length; i++)
            if (lines[i].StartsWith("FAIL", StringComparison.Ordinal) || lines[i].StartsWith("warn", StringComparison.Ordinal)) Assert.Contains("->", lines[i + 1]);
        Assert.Equal(lines.Any(l => l.StartsWith("FAIL", StringComparison.Ordinal)) ? 1 : 0, outcome.ExitCode);
    }

    [Fact]
    public void Doctor_warns_of_a_reference_BLAS_and_names_the_remedy()
    {
        const string Reference = "/usr/lib/x86_64-linux-gnu/blas";
        Assert.SkipUnless(File.Exists(Path.Combine(Reference, "libblas.so.3")), "No reference BLAS is installed here (libblas3).");
        var lines = workbook.RunWith(new() { ["LD_LIBRARY_PATH"] = Reference }, "doctor").Output.Split('\n');
        var blas = Array.FindIndex(lines, l => l.Contains(" BLAS ", StringComparison.Ordinal));
        Assert.StartsWith("warn", lines[blas]);
        Assert.Contains("libopenblas0-pthread", lines[blas + 1]);
    }
}
