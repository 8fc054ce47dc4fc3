using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class TokenEfficiencyTests
{
    const double Target = 1.5;

    readonly TokenEfficiency study = new(Preset.Desk);

    // The desk's own runs as the store would hold them: loss = floor - 0.1 ln(steps / 3000), so that a floor of 1.5 reaches 1.5 after 3,000 steps.
    static RunRecord Record(RunConfig config, double floor, double offset = 0)
    {
        var loss = floor + offset - 0.1 * Math.Log(config.Training.Steps / 3000.0);
        var points = Enumerable.Range(1, 10).Select(i => new RunPoint(config.Training.Steps * i / 10, config.Training.Steps * i / 10 * 1024L, i, 2, loss + 0.05 * (10 - i), 1e-3, 5e4)).ToList();
        return new RunRecord { Id = config.RunId, Config = config, State = RunState.Finished, Step = config.Training.Steps, Points = points, Result = new(loss, loss, config.Training.Steps * 1024L, 70, 5e4, 113_408, new string('a', 64)) };
    }

    // Targets as the settings hold them; AdamW gets there after 3,000 steps, AdEMAMix lies lower by the gain.
    List<RunRecord> Runs(double gain, double noise = 0.004) => [.. study.Plan.Runs.Select(c => Record(c, (c.Training.TargetLoss ?? Target) - (c.Optimizer.Kind == "AdEMAMix" ? gain : 0), c.Optimizer.Kind == "AdEMAMix" ? noise * (c.InitSeed % 3 - 1) : 0))];

    [Fact]
    public void Seeds_are_paired_and_both_optimizers_get_the_same_budgets()
    {
        foreach (var pair in study.Plan.Runs.GroupBy(r => (r.InitSeed, r.Model, r.Training.Steps)))
        {
            Assert.Equal(["AdEMAMix", "AdamW"], pair.Select(r => r.Optimizer.Kind).Order(StringComparer.Ordinal));
            Assert.Single(pair.Select(r => (r.DataSeed, r.Data, r.Training)).Distinct());
        }
        Assert.Equal(5, study.Seeds.Count);
        Assert.True(study.Sizes.Count >= 3);
    }

    [Fact]
    public void Every_budget_has_its_own_whole_schedule()
    {
        Assert.True(study.Budgets.Count >= 3);
        foreach (var run in study.Plan.Runs)
        {
            Assert.Null(run.Training.LinearDecaySteps);
            if (run.Optimizer.Kind == "AdEMAMix") Assert.Equal((run.Training.Steps, run.Training.Steps), (run.Optimizer.AlphaWarmup, run.Optimizer.Beta3Warmup));
        }
    }

    [Fact]
    public void Every_preset_has_runs_of_its_own_and_the_full_one_is_the_papers()
    {
        var smoke = new TokenEfficiency("smoke");
        Assert.Empty(smoke.Plan.Runs.Select(r => r.RunId).Intersect(study.Plan.Runs.Select(r => r.RunId)));
        var full = new TokenEfficiency("full");
        Assert.Contains(full.Plan.Runs, r => r is { Model: { Layers: 12, Width: 768, Heads: 12, Context: 1024 }, Training: { BatchSize: 64, Steps: 256_000, ClipNorm: 0.5, WarmupSteps: 3000 }, Optimizer: { Kind: "AdEMAMix", Alpha: 8, Beta3: 0.9999, AlphaWarmup: 256_000 } });
        Assert.NotEmpty(full.Plan.Needs);
    }

    [Fact]
    public void An_unknown_preset_is_refused_with_the_known_ones()
    {
        var error = Assert.Throws<ConfigException>(() => new TokenEfficiency("dsek"));
        Assert.Contains("smoke", error.Message);
        Assert.Contains("desk", error.Message);
    }

    [Fact]
    public void A_gain_of_a_tenth_nat_per_e_fold_is_the_factor_that_it_must_be()
    {
        var runs = Runs(gain: 0.04);
        var main = study.Factors(runs).Rows.Single(r => (string)r[0]! == study.MainSize);
        Assert.Equal(5, main[1]);
        // Tokens fall by exp(0.04 / 0.1); seeds scatter by 0.004, and 1, 2, 3, 4, 5 modulo 3 leave a mean offset of 0.004 / 5 ... 0.
        Assert.Equal(Math.Exp((0.04 + 0.004 / 5 * 0) / 0.1), ((Interval)main[2]!).Center, 0.02);
        Assert.Contains("times AdEMAMix's tokens", study.LossAgainstBudget(runs).Description);
        Assert.Contains("AdamW needed 1.4", study.Verdict(runs).ToString());
        Assert.Equal(ClaimVerdict.Reproduced, study.Outcome(runs).Verdict);
        Assert.EndsWith(": fewer, but not by the paper's 1.95", study.Outcome(runs).Result, StringComparison.Ordinal);
    }

    [Fact]
    public void Noise_is_called_inconclusive_and_a_loss_is_not_reproduced()
    {
        Assert.Equal(ClaimVerdict.Inconclusive, study.Outcome(Runs(gain: 0, noise: 0.02)).Verdict);
        Assert.Contains("inconclusive", study.Verdict(Runs(gain: 0, noise: 0.02)).ToString());
        var worse = Runs(gain: -0.02);
        Assert.Equal(ClaimVerdict.NotReproduced, study.Outcome(worse).Verdict);
        Assert.Contains("AdamW needed 0.8", study.Verdict(worse).ToString());
    }

    [Fact]
    public void A_target_that_one_optimizer_never_reaches_is_shown_as_a_miss_and_bounds_the_factor()
    {
        var runs = Runs(gain: -0.2);
        var row = study.CostOfTarget(runs).Rows.Single(r => (string)r[0]! == study.MainSize && (string)r[2]! == "AdEMAMix");
        Assert.Equal(5, row[7]);
        Assert.Equal(5, study.Factors(runs).Rows.Single(r => (string)r[0]! == study.MainSize)[7]);
        Assert.Contains("outside the budgets", study.Verdict(runs).ToString());
    }

    [Fact]
    public void One_missing_run_is_named_by_exactly_the_figures_that_need_it()
    {
        var gone = study.Plan.Runs.First(r => r.Training.Steps == study.Budgets[0]);
        var runs = Runs(gain: 0.04).Where(r => r.Id != gone.RunId).ToList();
        Assert.Contains(gone.RunId, study.LossAgainstBudget(runs).Description);
        Assert.Contains(gone.RunId, study.LossAgainstTokens(runs, study.Budgets[0]).Description);
        Assert.Contains(gone.RunId, study.FactorBySize(runs).Description);
        Assert.DoesNotContain("issing run", study.LossAgainstTokens(runs, study.Budgets[1]).Description);
        Assert.DoesNotContain("issing run", study.LossAgainstBudget(runs, study.Sizes.First(s => s != study.MainSize)).Description);
        // The seed without all its runs is no miss: it is not there.
        Assert.Equal(4, study.Factors(runs).Rows.Single(r => (string)r[0]! == study.MainSize)[1]);
        Assert.Equal(ClaimVerdict.Inconclusive, study.Outcome(runs).Verdict);
        Assert.StartsWith("39 of 40 runs", study.Outcome(runs).Result);
    }

    [Fact]
    public void Two_seeds_that_agree_are_still_no_claim()
    {
        var runs = Runs(gain: 0.04, noise: 0.0001).Where(r => r.Config.InitSeed <= 2).ToList();
        Assert.Contains("inconclusive", study.LossAgainstBudget(runs).Description);
        Assert.Contains("inconclusive", study.FactorBySize(runs).Description);
        Assert.Contains("2 paired seeds bear no claim", study.Verdict(runs).ToString());
    }

    [Fact]
    public void One_seed_has_a_factor_and_neither_interval_nor_test()
    {
        var outcome = study.Outcome([.. Runs(gain: 0.04).Where(r => r.Config.InitSeed == 1)]);
        Assert.Equal(ClaimVerdict.Inconclusive, outcome.Verdict);
        Assert.EndsWith("AdEMAMix's tokens (n = 1)", outcome.Result, StringComparison.Ordinal);
    }

    [Fact]
    public void A_diverged_run_is_counted_and_never_dropped()
    {
        var runs = Runs(gain: 0.04);
        var at = runs.FindIndex(r => r.Config is { InitSeed: 1, Optimizer.Kind: "AdamW" } c && c.Training.Steps == 3000 && c.Model == study.Plan.Runs[0].Model);
        runs[at] = runs[at] with { State = RunState.Diverged, Result = null };
        var row = study.FinalLosses(runs).Rows.Single(r => (string)r[0]! == study.MainSize && (int)r[1]! == 3000);
        Assert.Equal(1, row[8]);
        Assert.Equal(5, row[3]);
        Assert.Equal(5, study.Factors(runs).Rows.Single(r => (string)r[0]! == study.MainSize)[1]);
        Assert.Contains($"1 of {runs.Count} runs diverged", study.Verdict(runs).ToString());
    }

    [Fact]
    public void The_smoke_preset_says_that_it_proves_nothing()
    {
        var smoke = new TokenEfficiency(Preset.Smoke);
        var runs = smoke.Plan.Runs.Select(c => Record(c, 2)).ToList();
        Assert.Contains("proves nothing", smoke.Verdict(runs).ToString());
        Assert.Contains("too short to prove anything", smoke.LossAgainstTokens(runs).Description);
    }

    [Fact]
    public void Without_results_nothing_is_claimed()
    {
        Assert.Contains("nothing to compare", study.Verdict([]).ToString());
        Assert.Contains("missing runs", study.LossAgainstTokens([]).Description);
        Assert.Equal(ClaimVerdict.NotTested, study.Outcome([]).Verdict);
    }

    [Fact]
    public void A_budget_or_a_size_that_there_is_not_is_refused_with_those_that_there_are()
    {
        Assert.Contains("4000", Assert.Throws<FigureException>(() => study.LossAgainstTokens([], 123)).Message);
        Assert.Contains(study.MainSize, Assert.Throws<FigureException>(() => study.LossAgainstBudget([], "1B")).Message);
    }

    [Fact]
    public void The_plan_shows_what_is_done_and_what_is_left()
    {
        using var folder = new TemporaryFolder();
        using var store = RunStore.Open(folder["runs.db"]);
        var table = study.Plan.ToTable(store);
        Assert.StartsWith($"0 of {study.Plan.Runs.Count} runs done", table.Caption);
        store.Insert(Record(study.Plan.Runs[0], 1.48));
        table = study.Plan.ToTable(store);
        Assert.StartsWith($"1 of {study.Plan.Runs.Count} runs done", table.Caption);
        Assert.Equal("done", table.Rows[0][3]);
        Assert.Equal(0.0, table.Rows[0][4]);
        // That run has no recorded time, so the rest is estimated from the model's size.
        Assert.All(table.Rows.Skip(1), r => Assert.InRange((double)r[4]!, 0.01, 60));
    }

    [Fact]
    public void Provenance_names_runs_seeds_code_and_machine_but_no_host()
    {
        var run = Record(study.Plan.Runs[0], 1.48) with { Environment = RunEnvironment.Capture(null) };
        var text = RunProvenance.Of([run]).ToString();
        Assert.Contains(run.Id, text);
        Assert.Contains(".NET", text);
        Assert.DoesNotContain(Environment.MachineName, text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_comparison_shows_the_fields_that_differ_and_both_results()
    {
        var (adamW, mix) = (study.Plan.Runs[0], study.Plan.Runs[1]);
        var table = RunComparison.Of(Record(adamW, 1.48) with { Environment = new RunEnvironment { Blas = "OpenBLAS, Prescott kernels" } }, Record(mix, 1.45) with { Environment = new RunEnvironment { Blas = "OpenBLAS, SkylakeX kernels" } });
        var rows = table.Rows.ToDictionary(r => (string)r[0]!, r => ((string?)r[1], (string?)r[2]));
        Assert.Equal(("AdamW", "AdEMAMix"), rows["optimizer.kind"]);
        Assert.Null(rows["optimizer.beta3"].Item1);
        Assert.Equal(mix.Optimizer.Beta3!.Value.ToString(System.Globalization.CultureInfo.InvariantCulture), rows["optimizer.beta3"].Item2);
        Assert.DoesNotContain("initSeed", rows.Keys);
        Assert.Equal(("OpenBLAS, Prescott kernels", "OpenBLAS, SkylakeX kernels"), rows["BLAS"]);
    }
}
