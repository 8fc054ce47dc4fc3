using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class TokenEfficiencySearchTests
{
    readonly TokenEfficiencySearch search = new();

    List<RunRecord> Runs(Func<OptimizerConfig, double> loss) => [.. search.Plan.Runs.Select(config => new RunRecord
    {
        Id = config.RunId,
        Config = config,
        State = RunState.Finished,
        Step = TokenEfficiencySearch.Steps,
        Result = new(loss(config.Optimizer), 1, 2_048_000, 70, 5e4, 113_408, new string('a', 64)),
    })];

    [Fact]
    public void Both_optimizers_get_the_same_number_of_trials_at_every_size()
    {
        foreach (var size in search.Plan.Runs.GroupBy(r => r.Model))
            Assert.Single(size.GroupBy(r => r.Optimizer.Kind).Select(g => g.Count()).Distinct());
        Assert.Equal(3, search.Plan.Runs.Select(r => r.Model).Distinct().Count());
    }

    [Fact]
    public void Trials_of_a_size_differ_in_nothing_but_the_optimizer() =>
        Assert.Equal(3, search.Plan.Runs.Select(r => (r.Data, r.Model, r.Training, r.InitSeed, r.DataSeed)).Distinct().Count());

    [Fact]
    public void The_seeds_of_search_and_target_are_no_seeds_of_the_report()
    {
        foreach (var preset in Preset.All)
            Assert.Empty(new TokenEfficiency(preset).Plan.Runs.Select(r => r.InitSeed).Intersect(TokenEfficiencyTarget.Seeds.Append(TokenEfficiencySearch.Seed)));
    }

    [Fact]
    public void The_best_trial_is_the_lowest_and_an_edge_is_named()
    {
        var runs = Runs(o => o is { Kind: "AdamW", LearningRate: 1.6e-2, Beta1: 0.95, Beta2: 0.99 } ? 1.5 : o is { Kind: "AdEMAMix", LearningRate: 8e-3, Alpha: 4, Beta3: 0.998 } ? 1.4 : 1.6);
        var rows = search.Best(runs).Rows.Where(r => (string)r[0]! == new TokenEfficiency(Preset.Desk).MainSize).ToList();
        Assert.Equal("AdamW, learning rate 0.016, beta1 0.95, beta2 0.99", rows[0][3]);
        Assert.Equal([1.5, "beta1"], rows[0].Skip(4));
        Assert.Equal("AdEMAMix, learning rate 0.008, alpha 4, beta3 0.998", rows[1][3]);
        Assert.Equal([1.4, "beta3"], rows[1].Skip(4));
    }

    [Fact]
    public void A_diverged_trial_is_shown_last_and_is_never_the_best()
    {
        var runs = Runs(_ => 1.5);
        runs[0] = runs[0] with { State = RunState.Diverged, Result = null, Step = 7 };
        Assert.Equal("diverged at step 7", search.Trials(runs).Rows[runs.Count(r => r.Config.Model == runs[0].Config.Model && r.Config.Optimizer.Kind == "AdamW") - 1][7]);
        Assert.DoesNotContain(search.Best(runs).Rows, r => runs[0].Config.Name.EndsWith((string)r[3]!, StringComparison.Ordinal));
    }
}
