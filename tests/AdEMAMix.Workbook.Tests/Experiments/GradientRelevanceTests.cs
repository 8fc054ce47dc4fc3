using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class GradientRelevanceTests
{
    readonly GradientRelevance study = new("desk");

    // Runs as the store would hold them; a seed's own level is the same for all settings.
    List<RunRecord> Runs(Func<RunConfig, double> loss) => [.. study.Plan.Runs.Select(config => new RunRecord
    {
        Id = config.RunId,
        Config = config,
        State = RunState.Finished,
        Step = config.Training.Steps,
        Result = new(loss(config) + 0.01 * config.InitSeed, 1, 4_096_000, 70, 5e4, 113_408, new string('a', 64)),
        Measurements =
        [
            .. config.Averaging is null ? [] : new[] { new RunMeasurement(RunMeasurement.Averages, config.Training.Steps, [.. config.Averaging.Decays.Select(WeightAverages.Name)], [[.. config.Averaging.Decays.Select(d => (double?)(loss(config) + 0.01 * config.InitSeed - 0.002))]]) },
            .. config.Relevance is null ? [] : config.Relevance.At.Select(at => new RunMeasurement(RunMeasurement.Relevance, at, ["youngest", "oldest", "kept", "cosine", "cosine of mean", "projection of mean", "loss change", "loss change preconditioned"],
                [[0, 0, 1, 0.9, 0.9, 0.8, -0.01, -0.02], [1, 1, 1, 0.3, 0.3, 0.7, -0.003, -0.004], [2, 3, 2, 0.2, 0.25, 0.6, -0.002, -0.003], [-1, -1, 1, 0.4, 0.4, 0.5, -0.005, -0.005]])),
        ],
    })];

    [Fact]
    public void Every_setting_has_every_seed_and_differs_in_the_optimizer_alone()
    {
        Assert.Equal(19 * 3, study.Plan.Runs.Count);
        Assert.Single(study.Plan.Runs.Where(r => r.Relevance is null).Select(r => (r.Data, r.Model, r.Training)).Distinct());
        Assert.All(study.Plan.Runs, r => Assert.Equal(r.Relevance is null ? 2000 : 4000, r.Training.Steps));
        Assert.Equal(2 * 3, study.Plan.Runs.Count(r => r.Relevance is not null));
        Assert.All(study.Plan.Runs, r => Assert.Equal(r.InitSeed, r.DataSeed));
    }

    [Fact]
    public void The_papers_own_memory_is_one_of_the_full_sweeps_and_is_one_run()
    {
        var full = new GradientRelevance("full").Plan.Runs;
        Assert.Equal(21 * 3, full.Count);
        Assert.Equal(3, full.Count(r => r is { Relevance: null, Optimizer: { Beta3: 0.9999, AlphaWarmup: 256_000 } }));
    }

    [Fact]
    public void A_memory_is_a_half_life_in_shares_of_the_run()
    {
        // 2.7 % of 2,000 steps are 54.
        Assert.Equal(0.5, Math.Pow(study.DecayOf(0.027), 54), 3);
        Assert.Contains(study.Plan.Runs, r => r.Optimizer.Beta3 == study.DecayOf(0.27));
        Assert.Contains(study.Plan.Runs, r => r.Optimizer is { Kind: "AdamW", Beta1Warmup: 2000 } && r.Optimizer.Beta1 == study.DecayOf(0.27));
    }

    [Fact]
    public void A_sweep_that_helps_is_told_from_one_that_harms()
    {
        // A little scatter of its own for every setting, so that there is something to test against.
        static double Own(RunConfig c) => 0.0005 * ((c.RunId[0] + c.InitSeed) % 3);
        var runs = Runs(c => Own(c) + (c.Optimizer.Kind == "AdEMAMix" ? 1.40 : c.Optimizer.Beta1 > 0.9 && c.Averaging is null ? 1.60 : 1.50));
        var verdict = study.Verdict(runs).ToString();
        Assert.Contains("AdEMAMix ended below tuned AdamW at 4 of 4 memories", verdict);
        Assert.Contains("AdamW with one long average ended below tuned AdamW at 0 of 4 memories, above it at 4", verdict);
        Assert.Contains("that is warmed up ended below tuned AdamW at 0 of 4 memories, above it at 4", verdict);
        var table = study.FinalLosses(runs);
        Assert.Equal(17, table.Rows.Count);
        Assert.Null(table.Rows[0][4]);
        Assert.Equal(-0.1, ((Interval)table.Rows[1][4]!).Center, 0.002);
    }

    [Fact]
    public void A_diverged_run_is_counted_and_not_averaged()
    {
        var runs = Runs(_ => 1.5);
        var index = runs.FindIndex(r => r.Config.Optimizer.AlphaWarmup == 0);
        runs[index] = runs[index] with { State = RunState.Diverged, Result = null };
        var row = study.FinalLosses(runs).Rows.Single(r => (string)r[0]! == "AdEMAMix, no warmups of alpha and beta3");
        Assert.Equal([2, 1], row.Skip(1).Take(2));
        // Equal losses otherwise: the median difference is zero, and without an interval.
        Assert.Equal(0, ((Interval)row[4]!).Center);
        Assert.True(double.IsNaN(((Interval)row[4]!).Low));
        Assert.Contains("1 of 57 runs diverged", study.Verdict(runs).ToString());
    }

    [Fact]
    public void Ages_are_drawn_from_one_step_on()
    {
        var runs = Runs(_ => 1.5);
        var figure = study.CosineAgainstAge(runs, 2000);
        Assert.Contains("Age of the gradients", figure.Json);
        Assert.Contains("0.25", figure.Json);
        Assert.DoesNotContain("0.9]", figure.Json);
        Assert.Contains("choose one of 1000, 2000, 3000", Assert.Throws<FigureException>(() => study.LossChangeAgainstAge(runs, 7)).Message);
    }

    [Fact]
    public void Averaged_weights_are_compared_with_the_runs_own_and_with_AdEMAMix()
    {
        var rows = study.Averages(Runs(c => c.Optimizer.Kind == "AdEMAMix" ? 1.46 : 1.5)).Rows;
        Assert.Equal(4, rows.Count);
        Assert.All(rows.Take(3), row => Assert.Equal(-0.002, ((Interval)row[2]!).Center, 1e-9));
        Assert.Equal(-0.04, ((Interval)rows[3][2]!).Center, 1e-9);
    }

    [Fact]
    public void A_table_of_ages_has_every_band_with_fresh_text_and_the_runs_own_update_beside_them()
    {
        var rows = study.GradientsByAge(Runs(_ => 1.5), 1000).Rows;
        Assert.Equal(["0, other text", "1", "2 to 3", "the run's own update"], rows.Take(4).Select(r => r[1]));
        Assert.Equal(["AdamW", "AdEMAMix"], rows.Select(r => r[0]).Distinct());
        Assert.Equal([0.25, 0.6, -0.002, -0.003], rows[2].Skip(3).Select(x => Math.Round(((Interval)x!).Center, 9)));
    }

    [Fact]
    public void The_ages_that_point_downhill_are_named_and_the_others_counted()
    {
        // Three equal seeds: intervals of no width. Ages 1 and 2 to 3 lie above zero.
        var verdict = study.Verdict(Runs(_ => 1.5)).ToString();
        Assert.Contains("Along AdEMAMix, after step 3,000, the mean gradient pointed downhill at present at these ages in steps: 1, 2 to 3; uphill: none; for the other 0 of 2 bands", verdict);
        Assert.DoesNotContain("pointed downhill", study.Verdict([.. Runs(_ => 1.5).Where(r => r.Config.InitSeed < 3)]).ToString());
    }

    [Fact]
    public void The_oldest_band_stands_in_the_title() =>
        Assert.StartsWith("After step 2,000, cosine with gradients 2 to 3 steps old: 0.25 (AdamW), 0.25 (AdEMAMix)", study.CosineAgainstAge(Runs(_ => 1.5), 2000).Description);

    [Fact]
    public void Warmups_are_compared_with_those_as_long_as_the_run()
    {
        var figure = study.LossAgainstWarmup(Runs(c => c.Optimizer.AlphaWarmup == 0 ? 1.52 : 1.46));
        Assert.StartsWith("Without warmups of alpha and beta3 AdEMAMix ends 0.060 nats above itself with them", figure.Description);
        var runs = Runs(_ => 1.5);
        var index = runs.FindIndex(r => r.Config.Optimizer.AlphaWarmup == 0);
        runs[index] = runs[index] with { State = RunState.Diverged, Result = null };
        Assert.StartsWith("Without the warmups 1 of 3 runs of AdEMAMix diverged", study.LossAgainstWarmup(runs).Description);
    }

    [Fact]
    public void A_missing_run_is_named_by_the_figures_that_need_it_and_by_no_other()
    {
        var runs = Runs(_ => 1.5);
        var missing = runs.Find(r => r.Config.Optimizer.AlphaWarmup == 0)!;
        runs.Remove(missing);
        Assert.Contains(missing.Id, study.LossAgainstWarmup(runs).Description);
        Assert.DoesNotContain("Missing", study.LossAgainstMemory(runs).Description);
        Assert.DoesNotContain("Missing", study.CosineAgainstAge(runs, 1000).Description);
    }

    [Fact]
    public void The_search_shows_the_best_trial_at_every_beta2()
    {
        var trials = new TokenEfficiencySearch().Plan.Runs.Select(c => new RunRecord
        {
            Id = c.RunId,
            Config = c,
            State = RunState.Finished,
            Result = new(c.Optimizer.Kind == "AdamW" ? 1.5 + c.Optimizer.LearningRate + c.Optimizer.Beta2 : 1.4 + c.Optimizer.LearningRate, 1, 1, 1, 1, 1, "00"),
        }).ToList();
        var rows = study.TunedBeta2(trials).Rows;
        Assert.Equal(["AdEMAMix"], rows.Skip(rows.Count - 1).Select(r => r[0]));
        Assert.Equal(trials.Select(t => t.Config.Optimizer).Where(o => o.Kind == "AdamW").Select(o => o.Beta2).Distinct().Order(), rows.SkipLast(1).Select(r => (double)r[1]!));
        Assert.Equal(trials.Where(t => t.Config.Optimizer is { Kind: "AdamW" } o && o.Beta2 == (double)rows[0][1]!).Min(t => t.Result!.ValidationLoss), rows[0][4]);
    }

    [Fact]
    public void Without_runs_nothing_is_claimed()
    {
        Assert.Contains("bears no claim", study.Verdict([]).ToString());
        Assert.Empty(study.Averages([]).Rows);
        Assert.Equal("Final loss against the memory of the average", study.LossAgainstMemory([]).Description.Split(". ")[0]);
    }
}
