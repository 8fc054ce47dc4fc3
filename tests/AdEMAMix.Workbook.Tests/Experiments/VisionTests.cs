using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class VisionTests
{
    readonly Vision study = new("desk");

    // Runs as the store would hold them. AdEMAMix's losses and errors differ from AdamW's by what is given.
    List<RunRecord> Runs(Func<double, (double Training, double Test)> differences) => [.. study.Plan.Runs.Select(config =>
    {
        var (training, test) = config.Optimizer.Kind == "AdEMAMix" ? differences(config.Vision!.TrainingShare) : (0, 0);
        // A scatter of its own for every run, the same for no two seeds.
        var own = 0.002 * (config.InitSeed * 7 % 5 + (config.Optimizer.Kind == "AdEMAMix" ? config.InitSeed % 3 : 0) * 0.2);
        return new RunRecord
        {
            Id = config.RunId,
            Config = config,
            State = RunState.Finished,
            Step = config.Training.Steps,
            Result = new RunResult(0.4 + own + test, 0.3, 1, 1, 1, 1, ""),
            Measurements = [At(500, 0.35, 0.8, 0.4, 0.85), At(config.Training.Steps, 0.4 + own + test, 0.88 - own - test, 0.2 + own + training, 0.93)],
        };
    })];

    static RunMeasurement At(int step, params double[] values) => new(RunMeasurement.Classification, step, RunMeasurement.ClassificationColumns, [[.. values.Select(v => (double?)v)]]);

    [Fact]
    public void Optimizers_are_paired_in_everything_else()
    {
        Assert.Equal(study.Seeds.Count * study.Shares.Count * 2, study.Plan.Runs.Count);
        foreach (var pair in study.Plan.Runs.GroupBy(r => (r.InitSeed, r.Vision!.TrainingShare)))
        {
            Assert.Equal(["AdamW", "AdEMAMix"], pair.Select(r => r.Optimizer.Kind));
            Assert.Single(pair.Select(r => (r.Data, r.Vision, r.Model, r.Training, r.DataSeed)).Distinct());
        }
    }

    [Fact]
    public void Both_optimizers_get_as_many_trials_on_a_seed_and_on_images_that_no_reported_run_uses()
    {
        var search = new VisionSearch();
        Assert.Single(search.Plan.Runs.CountBy(r => r.Optimizer.Kind).Select(c => c.Value).Distinct());
        Assert.All(search.Plan.Runs, run => Assert.True(run.Vision!.HoldOut));
        Assert.DoesNotContain(VisionSearch.Seed, study.Seeds);
        Assert.All(study.Plan.Runs, run => Assert.False(run.Vision!.HoldOut));
    }

    [Fact]
    public void The_reported_runs_have_the_hyperparameters_that_the_search_found()
    {
        var search = new VisionSearch();
        var folder = Path.Combine(WorkbookPaths.Find(AppContext.BaseDirectory).Results, search.Plan.Experiment);
        Assert.SkipUnless(Directory.Exists(folder), "The search has no committed records yet.");
        using var temporary = new TemporaryFolder();
        using var store = RunStore.Open(temporary["runs.db"]);
        ResultFile.ImportAll(store, WorkbookPaths.Find(AppContext.BaseDirectory).Results);
        var trials = search.Plan.Runs.Select(run => store.Find(run.RunId)).OfType<RunRecord>().ToList();
        Assert.Equal(search.Plan.Runs.Count, trials.Count);
        foreach (var kind in (string[])["AdamW", "AdEMAMix"])
        {
            var (best, used) = (VisionSearch.Best(trials, kind)!.Config.Optimizer, study.Plan.Runs.First(r => r.Optimizer.Kind == kind).Optimizer);
            Assert.Equal((best.LearningRate, best.Beta2, best.Alpha), (used.LearningRate, used.Beta2, used.Alpha));
        }
    }

    [Fact]
    public void A_gain_on_much_data_alone_with_a_lower_training_loss_is_what_the_paper_says()
    {
        var runs = Runs(share => (-0.05, share == 1 ? -0.04 : 0));
        Assert.Equal(ClaimVerdict.Reproduced, Verdict(runs));
        Assert.Contains("lower on all images, inconclusive on 10 % of the images", study.LossDifferences(runs).Description);
        Assert.Contains("All images, AdEMAMix less AdamW: training loss -0.04", study.Verdict(runs).ToString());
    }

    [Fact]
    public void Overfitting_on_little_data_goes_with_the_paper_and_a_gain_there_does_not()
    {
        Assert.Equal(ClaimVerdict.Reproduced, Verdict(Runs(share => (-0.05, share == 1 ? -0.04 : 0.04))));
        Assert.Equal(ClaimVerdict.NotReproduced, Verdict(Runs(_ => (-0.05, -0.04))));
    }

    [Fact]
    public void A_higher_loss_where_it_should_be_lower_contradicts_and_no_difference_decides_nothing()
    {
        Assert.Equal(ClaimVerdict.NotReproduced, Verdict(Runs(_ => (-0.05, 0.04))));
        Assert.Equal(ClaimVerdict.NotReproduced, Verdict(Runs(share => (0.05, share == 1 ? -0.04 : 0))));
        Assert.Equal(ClaimVerdict.Inconclusive, Verdict(Runs(_ => (0, 0))));
        Assert.Equal(ClaimVerdict.Inconclusive, Verdict([.. Runs(_ => (-0.05, -0.04)).Where(r => r.Config.InitSeed < 3)]));
        Assert.Equal(ClaimVerdict.NotTested, Verdict([]));
    }

    [Fact]
    public void Losses_and_accuracies_are_read_off_the_evaluations()
    {
        var table = study.Results(Runs(_ => (-0.1, -0.2)));
        Assert.Equal(4, table.Rows.Count);
        Assert.Equal(["all images", "AdEMAMix", study.Seeds.Count, 0], table.Rows[1].Take(4));
        var means = table.Rows[1].Skip(4).Select(x => ((Interval)x!).Center).ToList();
        Assert.Equal(0.1, means[0], 0.02);
        Assert.Equal(0.2, means[1], 0.02);
        Assert.Equal(0.93, means[3], 1e-9);
        // AdamW's test loss was lower once: it overfits.
        Assert.Equal(0.05, ((Interval)table.Rows[0][6]!).Center, 0.02);
    }

    [Fact]
    public void A_diverged_run_is_in_no_mean_and_counts_in_every_comparison()
    {
        var runs = Runs(_ => (-0.05, -0.04));
        runs[0] = runs[0] with { State = RunState.Diverged, Step = 700, Measurements = [], Result = null };
        Assert.Equal([study.Seeds.Count - 1, 1], study.Results(runs).Rows[0].Skip(2).Take(2));
        Assert.Equal(study.Seeds.Count, study.Differences(runs).Rows[0][2]);
        Assert.Contains($"1 of {runs.Count} runs diverged", study.Verdict(runs).ToString());
    }

    [Fact]
    public void A_missing_run_is_named_by_the_figure_that_needs_it_and_by_no_other()
    {
        var runs = Runs(_ => (0, 0));
        var missing = runs[0];
        runs.RemoveAt(0);
        Assert.Contains(missing.Id, study.Losses(runs).Description);
        Assert.DoesNotContain("Missing", study.Losses(runs, study.Shares[^1]).Description);
        Assert.Throws<FigureException>(() => study.Losses(runs, 0.5));
    }

    [Fact]
    public void Without_runs_nothing_is_claimed()
    {
        Assert.Contains("nothing to compare", study.Verdict([]).ToString());
        Assert.Empty(study.Results([]).Rows);
        Assert.Empty(study.Differences([]).Rows);
        Assert.StartsWith("Test accuracy, trained on all images", study.Accuracy([]).Description);
        Assert.StartsWith("AdEMAMix less AdamW: no pair", study.LossDifferences([]).Description);
    }

    [Fact]
    public void The_full_preset_has_the_papers_two_models_and_says_what_it_needs()
    {
        var full = new Vision("full");
        Assert.Equal([384, 768], full.Plan.Runs.Select(r => r.Model.Width).Distinct());
        Assert.NotEmpty(full.Plan.Needs);
        Assert.Contains("22M", full.Plan.Costs().ToString());
        Assert.Contains("86.5M", full.Plan.Costs().ToString());
        Assert.Contains("proves nothing", new Vision("smoke").Verdict([]).ToString());
    }

    ClaimVerdict Verdict(IReadOnlyList<RunRecord> runs)
    {
        var outcome = Assert.Single(study.Outcomes(runs));
        Assert.Equal((10, "06-vision"), (outcome.Claim, outcome.Notebook));
        Assert.StartsWith("ViT of 203 thousand parameters, fashion-mnist", outcome.Scale);
        return outcome.Verdict;
    }
}
