using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class StartHereTests
{
    static RunRecord Run(string kind, RunState state) => new() { Id = kind + state, Config = new RunConfig { Optimizer = new OptimizerConfig { Kind = kind } }, State = state, Environment = new RunEnvironment { Commit = "unknown" } };

    static readonly ClaimOutcome Fourth = new(4, "small", "20 runs: +0.300", ClaimVerdict.Reproduced, "04-forgetting", [Run("AdamW", RunState.Finished), Run("AdEMAMix", RunState.Diverged)]);

    [Fact]
    public void Every_claim_has_a_row_and_those_without_an_experiment_say_so()
    {
        var table = StartHere.Claims(Fourth);
        Assert.Equal(Enumerable.Range(1, 12), table.Rows.Select(r => (int)r[0]!));
        Assert.Equal("The paper's 12 claims at our scale, intervals of 95 %: 1 reproduced, 11 not tested yet", table.Caption);
        Assert.Equal(["small", "20 runs: +0.300", "● reproduced", new Link("04", "04-forgetting.ipynb")], table.Rows[3].Skip(2));
        Assert.All(table.Rows.Where((_, i) => i != 3), r => Assert.Equal("○ not tested yet", r[4]));
        Assert.Contains("<a href=\"04-forgetting.ipynb\">04</a>", table.ToHtml());
        Assert.Contains("● reproduced,04", table.ToCsv());
    }

    [Fact]
    public void An_outcome_that_is_not_tested_is_counted_once() =>
        Assert.Equal("The paper's 12 claims at our scale, intervals of 95 %: 12 not tested yet", StartHere.Claims(Fourth with { Verdict = ClaimVerdict.NotTested }).Caption);

    [Fact]
    public void Two_outcomes_of_one_claim_are_refused()
    {
        Assert.Contains("Claim 4 has 2 outcomes", Assert.Throws<FigureException>(() => StartHere.Claims(Fourth, Fourth)).Message);
        Assert.Contains("numbered from 1 to 12", Assert.Throws<ConfigException>(() => StartHere.Claims(Fourth with { Claim = 13 })).Message);
    }

    [Fact]
    public void Sayings_show_what_the_outcomes_say_and_nothing_else()
    {
        var rows = StartHere.Sayings(Fourth).Rows.ToDictionary(r => (string)r[0]!, r => (string)r[2]!);
        Assert.Equal(9, rows.Count);
        Assert.Equal("claim 4 reproduced, 20 runs: +0.300", rows["forgets more slowly"]);
        Assert.StartsWith("diverged: 1 of 1 runs of AdEMAMix, 0 of 1 runs of AdamW", rows["is stable"]);
        Assert.Equal("not tested yet", rows["needs fewer tokens"]);
        Assert.All(StartHere.Sayings().Rows, r => Assert.Equal("not tested yet", r[2]));
    }

    [Fact]
    public void Shares_of_the_picture_add_up_to_all_of_the_say()
    {
        var figure = StartHere.Memories();
        foreach (var trace in figure.Data) Assert.Equal(1, trace!["y"]!.AsArray().Sum(y => (double)y!), 1e-4);
        // The fast average gives 1 - 0.9^10 to the last ten.
        Assert.Equal(0.6513, (double)figure.Data[0]!["y"]![0]!, 1e-4);
        Assert.Contains("75%", figure.Description);
        Assert.Contains("1,000 to 9,999", figure.ToSvg());
    }

    [Fact]
    public void The_footer_counts_the_runs_by_optimizer_and_code()
    {
        Assert.Contains("nothing above was measured", StartHere.Provenance().ToString());
        var table = (Table)StartHere.Provenance(Fourth, Fourth with { Claim = 5 }).Parts[0];
        Assert.Equal(["AdEMAMix", 1, 1, "unknown", "unknown commit"], table.Rows[0].Take(5));
        Assert.Equal(2, table.Rows.Count);
    }

    [Fact]
    public void A_wide_column_breaks_its_lines_and_the_others_do_not()
    {
        var html = new Table([new TableColumn("long") { Width = 12 }, "short"], [["a", "b"]]).ToHtml();
        Assert.Contains("white-space:normal;vertical-align:top;min-width:12em\">a", html);
        Assert.Contains("white-space:nowrap;vertical-align:top\">b", html);
    }
}
