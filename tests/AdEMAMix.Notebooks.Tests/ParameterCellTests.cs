// Parameters given by name: typed by the notebook's own declarations, written into its cell.
namespace AdEMAMix.Notebooks.Tests;

public sealed class ParameterCellTests
{
    const string Source = """
        // What a reader is likeliest to change.
        string preset = "smoke";   // smoke, desk or full
        int steps = 100;           // optimizer steps
        int[] seeds = [1, 2, 3];   // one run each
        var rate = 1e-3;           // learning rate
        var count = 3L; var names = new[] { "a", "b" };
        float dropout = 0.1f; bool quick = false; decimal price = 1m; int? cap = null; double clip = -1;
        var when = DateTime.Now;   // cannot be given by name
        """;

    [Theory]
    [InlineData("preset", "desk", "string preset = \"desk\";   // smoke, desk or full")]
    [InlineData("preset", "a\"b\\", "string preset = \"a\\\"b\\\\\";   // smoke, desk or full")]
    [InlineData("steps", "2000", "int steps = 2000;           // optimizer steps")]
    [InlineData("steps", "2_000", "int steps = 2000;           // optimizer steps")]
    [InlineData("seeds", "4,5", "int[] seeds = [4, 5];   // one run each")]
    [InlineData("seeds", "[7]", "int[] seeds = [7];   // one run each")]
    [InlineData("seeds", "", "int[] seeds = [];   // one run each")]
    [InlineData("rate", "3e-4", "var rate = 3e-4;           // learning rate")]
    [InlineData("rate", "2", "var rate = 2.0;           // learning rate")]
    [InlineData("rate", ".5", "var rate = 0.5;           // learning rate")]
    [InlineData("count", "9", "var count = 9L; var names = new[] { \"a\", \"b\" };")]
    [InlineData("names", "x, y", "var count = 3L; var names = new string[] { \"x\", \"y\" };")]
    [InlineData("names", "[\"x, y\"]", "var count = 3L; var names = new string[] { \"x, y\" };")]
    public void A_value_replaces_the_default_and_keeps_the_comment(string name, string value, string line)
    {
        var document = Notebooks.Of(("parameters", Source));
        ParameterCell.Find(document).Set(new Dictionary<string, string> { [name] = value });
        Assert.Contains(line, document.Cells[0].Source.Split('\n'));
        Assert.Single(document.Cells[0].Source.Split('\n').Except(Source.Split('\n')));
    }

    [Fact]
    public void Several_values_at_once_and_every_type()
    {
        var document = Notebooks.Of(("parameters", Source));
        ParameterCell.Find(document).Set(new Dictionary<string, string> { ["clip"] = "1", ["dropout"] = "0.25", ["quick"] = "True", ["price"] = "2.50", ["cap"] = "7", ["steps"] = "1" });
        Assert.Contains("float dropout = 0.25f; bool quick = true; decimal price = 2.50m; int? cap = 7; double clip = 1.0;", document.Cells[0].Source);
    }

    [Theory]
    [InlineData("stepz", "1", "The parameter 'stepz' is unknown: the notebook has preset (string), steps (int), seeds (int[]), rate (double)")]
    [InlineData("steps", "many", "The value 'many' is not a whole number (int) as the parameter 'steps' needs")]
    [InlineData("steps", "1.5", "is not a whole number")]
    [InlineData("steps", "99999999999", "is not a whole number")]
    [InlineData("rate", "1,5", "is not a number (double)")]
    [InlineData("rate", "NaN", "is not a number (double)")]
    [InlineData("quick", "yes", "is not true or false")]
    [InlineData("seeds", "1,b", "is not a list of int (1,2,3)")]
    [InlineData("seeds", "[1,2", "is not a list of int (1,2,3)")]
    [InlineData("when", "2026", "has a type that no command can give a value for")]
    public void A_wrong_name_or_value_is_refused_with_the_known_ones(string name, string value, string message)
    {
        var document = Notebooks.Of(("parameters", Source));
        var error = Assert.Throws<ParameterException>(() => ParameterCell.Find(document).Set(new Dictionary<string, string> { ["preset"] = "desk", [name] = value }));
        Assert.Contains(message, error.Message);
        Assert.Equal(2, error.ExitCode);
        Assert.Equal(Source, document.Cells[0].Source);
    }

    [Fact]
    public void A_notebook_without_the_tag_has_no_parameters()
    {
        var document = Notebooks.Of(("", Source));
        Assert.Empty(ParameterCell.Find(document).Parameters);
        Assert.Contains("has no cell tagged 'parameters'", Assert.Throws<ParameterException>(() => ParameterCell.Find(document).Set(new Dictionary<string, string> { ["steps"] = "1" })).Message);
    }
}
