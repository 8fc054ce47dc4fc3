using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class TokenEfficiencyTests
{
    readonly TokenEfficiency study = new(Preset.Desk);

    // Runs as the store would hold them, ending at the losses given; the curve falls in a straight line to them.
    RunRecord Run(string kind, int seed, double loss)
    {
        var config = study.Plan.Runs.Single(r => r.Optimizer.Kind == kind && r.InitSeed == seed);
        var points = Enumerable.Range(1, 20).Select(i => new RunPoint(i * 200, i * 200 * 1024L, i, 2, loss + 0.05 * (20 - i), 1e-3, 5e4)).ToList();
        return new RunRecord { Id = config.RunId, Config = config, State = RunState.Finished, Step = 4000, Points = points, Result = new(loss, loss, 4_096_000, 70, 5e4, 113_408, new string('a', 64)) };
    }

    List<RunRecord> Runs(double[] adamW, double[] adEMAMix) =>
        [.. adamW.Select((loss, i) => Run("AdamW", i + 1, loss)), .. adEMAMix.Select((loss, i) => Run("AdEMAMix", i + 1, loss))];

    [Fact]
    public void Seeds_are_paired_and_both_optimizers_get_the_same_budget()
    {
        foreach (var pair in study.Plan.Runs.GroupBy(r => r.InitSeed))
        {
            Assert.Equal(["AdEMAMix", "AdamW"], pair.Select(r => r.Optimizer.Kind).Order(StringComparer.Ordinal));
            Assert.Single(pair.Select(r => (r.DataSeed, r.Data, r.Model, r.Training)).Distinct());
        }
        Assert.Equal(5, study.Seeds.Count);
    }

    [Fact]
    public void The_presets_have_different_runs_and_enough_seeds_for_an_interval()
    {
        var smoke = new TokenEfficiency("smoke");
        Assert.Empty(smoke.Plan.Runs.Select(r => r.RunId).Intersect(study.Plan.Runs.Select(r => r.RunId)));
        Assert.True(smoke.Seeds.Count >= 2);
        Assert.All(smoke.Plan.Runs, r => r.Validate());
    }

    [Fact]
    public void An_unknown_preset_is_refused_with_the_known_ones()
    {
        var error = Assert.Throws<ConfigException>(() => new TokenEfficiency("dsek"));
        Assert.Contains("smoke, desk and full", error.Message);
    }

    [Fact]
    public void A_clear_difference_is_stated_with_its_interval_and_direction()
    {
        var runs = Runs([1.487, 1.486, 1.481], [1.451, 1.441, 1.450]);
        var verdict = study.Verdict(runs).ToString();
        Assert.Contains("ended below AdamW", verdict);
        Assert.Contains("-0.0373", verdict);
        Assert.Contains("n = 3", verdict);
        Assert.Contains("below AdamW", study.LossAgainstTokens(runs).Description);
        // The line to 1.4473 passes AdamW's mean of 1.4847 three quarters of an evaluation before the end.
        Assert.Contains("3.94M of 4.1M", verdict);
    }

    [Fact]
    public void Noise_is_called_inconclusive()
    {
        var verdict = study.Verdict(Runs([1.48, 1.50, 1.46], [1.49, 1.47, 1.475])).ToString();
        Assert.Contains("Inconclusive", verdict);
        Assert.DoesNotContain("ended below", verdict);
    }

    [Fact]
    public void A_worse_result_is_shown_as_worse()
    {
        var verdict = study.Verdict(Runs([1.45, 1.44, 1.45], [1.48, 1.49, 1.48])).ToString();
        Assert.Contains("ended above AdamW", verdict);
        Assert.Contains("did not reach", verdict);
    }

    [Fact]
    public void Two_seeds_bear_no_claim() =>
        Assert.Contains("bear no claim", study.Verdict(Runs([1.48, 1.49], [1.45, 1.44])).ToString());

    [Fact]
    public void The_smoke_preset_says_that_it_proves_nothing()
    {
        var smoke = new TokenEfficiency(Preset.Smoke);
        var runs = smoke.Plan.Runs.Select(c => new RunRecord { Id = c.RunId, Config = c, State = RunState.Finished, Result = new(c.Optimizer.Kind == "AdamW" ? 2 : 1.9, 2, 1, 1, 1, 1, "00") }).ToList();
        Assert.Contains("proves nothing", smoke.Verdict(runs).ToString());
        Assert.Contains("too short to prove anything", smoke.LossAgainstTokens(runs).Description);
    }

    [Fact]
    public void Diverged_runs_are_counted_and_left_out()
    {
        var runs = Runs([1.48, 1.49, 1.48], [1.45, 1.44, 1.45]);
        runs[0] = runs[0] with { State = RunState.Diverged, Result = null };
        var table = study.FinalLosses(runs);
        Assert.Equal([2, 3, 2], table.Rows.Select(r => (int)r[1]!));
        Assert.Equal(1, table.Rows[0][5]);
        Assert.Contains("1 of 6 runs diverged", study.Verdict(runs).ToString());
    }

    [Fact]
    public void Without_results_nothing_is_claimed()
    {
        Assert.Contains("nothing to compare", study.Verdict([]).ToString());
        Assert.Equal(2, study.FinalLosses([]).Rows.Count);
        Assert.Contains("one token budget", study.LossAgainstTokens([]).Description);
    }

    [Fact]
    public void The_paired_p_value_is_that_of_students_t_test()
    {
        // With two degrees of freedom the two-sided p-value is 1 - |t| / sqrt(2 + t^2); here t = -9.11443.
        Assert.Equal(0.0118245, new PairedDifference([1.451 - 1.487, 1.441 - 1.486, 1.450 - 1.481]).PValue, 1e-6);
    }

    [Fact]
    public void The_plan_shows_what_is_done_and_what_is_left()
    {
        using var folder = new TemporaryFolder();
        using var store = RunStore.Open(folder["runs.db"]);
        var table = study.Plan.ToTable(store);
        Assert.StartsWith("0 of 10 runs done", table.Caption);
        store.Insert(Run("AdamW", 1, 1.48));
        table = study.Plan.ToTable(store);
        Assert.StartsWith("1 of 10 runs done", table.Caption);
        Assert.Equal("done", table.Rows[0][3]);
        Assert.Equal(0.0, table.Rows[0][4]);
        // That run has no recorded time, so the rest is estimated from the model's size.
        Assert.All(table.Rows.Skip(1), r => Assert.InRange((double)r[4]!, 0.1, 60));
    }

    [Fact]
    public void Provenance_names_runs_seeds_code_and_machine_but_no_host()
    {
        var run = Run("AdamW", 2, 1.48) with { Environment = RunEnvironment.Capture(null) };
        var text = RunProvenance.Of([run]).ToString();
        Assert.Contains(run.Id, text);
        Assert.Contains(".NET", text);
        Assert.DoesNotContain(Environment.MachineName, text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_comparison_shows_the_fields_that_differ_and_both_results()
    {
        var table = RunComparison.Of(Run("AdamW", 1, 1.48), Run("AdEMAMix", 1, 1.45));
        var rows = table.Rows.ToDictionary(r => (string)r[0]!, r => ((string?)r[1], (string?)r[2]));
        Assert.Equal(("AdamW", "AdEMAMix"), rows["optimizer.kind"]);
        Assert.Equal((null, "0.998"), rows["optimizer.beta3"]);
        Assert.Equal(("1.4800", "1.4500"), rows["validation loss"]);
        Assert.DoesNotContain("initSeed", rows.Keys);
    }
}
