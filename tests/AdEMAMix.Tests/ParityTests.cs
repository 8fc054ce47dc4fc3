
using System.Text.Json.Nodes;
using Xunit;

namespace AdEMAMix.Tests;

public class ParityTests
{
    static readonly string Golden = File.ReadAllText(Make.Fixture("ademamix.json"));

    [Fact]
    public void Every_implementation_follows_the_golden_trajectories()
    {
        var rows = Parity.Replay(Golden);
        Assert.All(rows, row => Assert.True(row.MaxRelativeError <= row.Limit, $"{row.Implementation} {row.Dtype} {row.Mode}: {row.MaxRelativeError:E2} > {row.Limit:E0}"));
        Assert.Contains(rows, row => row is { Implementation: "AdEMAMix", Dtype: "float32", Mode: "kernel", Cases: 10 });
        Assert.Contains(rows, row => row is { Implementation: "AdamW", Dtype: "float64", Mode: "operators", Cases: 1 });
    }

    [Fact]
    public void Every_public_optimizer_is_in_the_table() => Assert.Empty(ParityImplementation.Missing);

    [Fact]
    public void A_row_spells_its_fields_as_other_tools_read_them()
    {
        var json = ParityRow.ToJson([new ParityRow("AdEMAMix", "cpu", "float32", "kernel", 10, 1e-7)]);
        var row = JsonNode.Parse(json)![0]!.AsObject();
        Assert.Equal(["implementation", "device", "dtype", "mode", "cases", "max_relative_error"], row.Select(p => p.Key));
        Assert.Equal(1e-7, row["max_relative_error"]!.GetValue<double>());
    }

    [Theory]
    [InlineData("", "not a file of golden trajectories")]
    [InlineData("[1, 2", "not a file of golden trajectories")]
    [InlineData("{}", "cases")]
    [InlineData("""{"cases": []}""", "no cases")]
    public void A_malformed_file_says_what_is_wrong(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<ParityFileException>(() => Parity.Replay(text)).Message);

    [Fact]
    public void A_case_whose_parts_do_not_fit_is_named()
    {
        var file = JsonNode.Parse(Golden)!;
        file["cases"]![0]!["initial"]![0]!.AsArray().RemoveAt(0);
        var message = Assert.Throws<ParityFileException>(() => Parity.Replay(file.ToJsonString())).Message;
        Assert.Contains("'paper-defaults'", message);
        Assert.Contains("2 elements in tensor 0 of the initial", message);
    }

    [Fact]
    public void A_missing_file_is_one_clear_sentence() =>
        Assert.Contains("nowhere.json cannot be read", Assert.Throws<ParityFileException>(() => Parity.ReplayFile("nowhere.json")).Message);

    [Fact]
    public void A_wrong_golden_number_is_noticed()
    {
        var file = JsonNode.Parse(Golden)!;
        file["cases"]![3]!["expected"]![4]!["tensors"]![0]!["slow"]![2] = 0.5;
        Assert.Contains(Parity.Replay(file.ToJsonString()), row => row.MaxRelativeError > 1e-2);
    }
}
