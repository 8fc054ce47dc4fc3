using Xunit;

namespace AdEMAMix.Workbook.Tests;

// What is run, before anything is.
public sealed class AblationPlanTests
{
    static IReadOnlyList<AblationQuestion> Questions(Ablations study) =>
        [study.Warmups, study.Switch, study.FastAverage, study.Sensitivity, study.Iterations, study.Optimizers, study.Clipping, study.Noise, study.Repetition];

    [Theory]
    [InlineData("smoke")]
    [InlineData("desk")]
    [InlineData("full")]
    public void Every_run_stands_in_the_plan_once_and_belongs_to_a_question(string preset)
    {
        var study = new Ablations(preset);
        Assert.Equal(study.Plan.Runs.Select(r => r.RunId).ToHashSet(), Questions(study).SelectMany(q => q.Plan.Runs).Select(r => r.RunId).ToHashSet());
        Assert.All(Questions(study), q => Assert.Superset(study.Seeds.Take(3).ToHashSet(), q.Seeds.ToHashSet()));
    }

    [Theory]
    [InlineData("smoke")]
    [InlineData("desk")]
    [InlineData("full")]
    public void Every_run_is_the_same_run_once_its_file_is_read_again(string preset) =>
        Assert.All(new Ablations(preset).Plan.Runs, run => Assert.Equal(run.RunId, RunConfig.Parse(run.ToJson()).RunId));

    [Fact]
    public void Batches_of_every_size_read_as_many_tokens()
    {
        var study = new Ablations("desk");
        Assert.Single(study.Iterations.Plan.Runs.Concat(study.Noise.Plan.Runs).Select(r => r.Training.Tokens(r.Model)).Distinct());
        Assert.Equal([4, 16, 64, 128], study.Iterations.Plan.Runs.Concat(study.Noise.Plan.Runs).Select(r => r.Training.BatchSize).Distinct().Order());
    }

    [Fact]
    public void The_overview_counts_every_run_once_and_all_its_minutes()
    {
        var study = new Ablations("desk");
        var table = (Table)study.Overview().Parts[0];
        Assert.Equal(study.Plan.Runs.Count, table.Rows.Sum(row => (int)row[4]!));
        Assert.Equal(study.Plan.ToTable().Rows.Sum(row => (double)row[4]!), table.Rows.Sum(row => (double)row[7]!), 1e-6);
        Assert.Equal(study.Plan.ToTable().Caption, table.Caption);
        Assert.Equal(3, new Ablations("full").Overview().Parts.Count);
    }

    [Fact]
    public void A_full_plan_costs_something_and_says_what_it_needs()
    {
        var plan = new Ablations("full").Plan;
        Assert.NotEmpty(plan.Needs);
        Assert.Contains("days", plan.Costs().ToString());
    }

    [Fact]
    public void The_search_gives_every_optimizer_as_many_trials_on_a_seed_that_no_report_has()
    {
        var search = new AblationSearch();
        Assert.Equal(AblationSearch.Kinds, search.Plan.Runs.Select(r => r.Optimizer.Kind).Distinct());
        Assert.Single(search.Plan.Runs.CountBy(r => r.Optimizer.Kind).Select(g => g.Value).Distinct());
        Assert.True(search.Plan.Runs.Count >= AblationSearch.TrialsEach * AblationSearch.Kinds.Count);
        Assert.Empty(search.Plan.Runs.Select(r => r.InitSeed).Intersect(new Ablations("desk").Plan.Runs.Select(r => r.InitSeed)));
    }

    [Fact]
    public void Every_chosen_setting_is_the_best_of_its_optimizers_committed_trials()
    {
        var chosen = AblationSettings.Of(Preset.Desk).Relatives;
        if (chosen.Count == 0) Assert.Skip("The search for the other optimizers is not decided yet.");
        var search = new AblationSearch();
        var folder = Path.Combine(WorkbookPaths.Find().Results, search.Plan.Experiment);
        var trials = Directory.GetFiles(folder, "*.json").Select(ResultFile.Read).Where(r => search.Plan.Runs.Any(c => c.RunId == r.Id)).ToList();
        Assert.Equal(search.Plan.Runs.Count, trials.Count);
        Assert.Equal(AblationSearch.Kinds, chosen.Select(c => c.Kind));
        Assert.All(chosen, c => Assert.Equal(trials.Where(r => r.Config.Optimizer.Kind == c.Kind).MinBy(r => r.FinalLoss)!.Config.Optimizer.Canonical, c.Canonical));
    }

    [Fact]
    public void The_search_says_which_best_values_lie_at_an_edge()
    {
        var search = new AblationSearch();
        var runs = AblationRecords.Of(search.Plan, c => 1.5 + Math.Abs(Math.Log(c.Optimizer.LearningRate / 5e-4)));
        var best = search.Best(runs);
        Assert.Equal(AblationSearch.Kinds, best.Rows.Select(row => (string)row[0]!));
        Assert.StartsWith("learning rate", (string)best.Rows[0][4]!);
        Assert.Equal(search.Plan.Runs.Count, search.Trials(runs).Rows.Count);
    }

    [Fact]
    public void Provenance_by_setting_names_every_run_once()
    {
        var study = new Ablations("smoke");
        var text = RunProvenance.BySetting(AblationRecords.Of(study.Plan, _ => 1.5)).ToString();
        Assert.All(study.Plan.Runs, r => Assert.Equal(2, text.Split(r.RunId).Length));
        Assert.Contains("AdamW, tuned", text);
        Assert.DoesNotContain(", seed", text);
    }
}
