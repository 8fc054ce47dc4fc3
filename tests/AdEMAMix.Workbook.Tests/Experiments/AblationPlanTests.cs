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

    [Fact]
    public void Batches_of_every_size_read_as_many_tokens()
    {
        var study = new Ablations("desk");
        Assert.Single(study.Iterations.Plan.Runs.Concat(study.Noise.Plan.Runs).Select(r => r.Training.Tokens(r.Model)).Distinct());
        Assert.Equal([4, 16, 64, 128], study.Iterations.Plan.Runs.Concat(study.Noise.Plan.Runs).Select(r => r.Training.BatchSize).Distinct().Order());
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
        Assert.All(search.Plan.Runs.GroupBy(r => r.Optimizer.Kind), g => Assert.True(g.Count() >= AblationSearch.TrialsEach));
        Assert.Empty(search.Plan.Runs.Select(r => r.InitSeed).Intersect(new Ablations("desk").Plan.Runs.Select(r => r.InitSeed)));
    }
}
