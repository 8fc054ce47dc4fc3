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
    public void Both_optimizers_get_the_same_number_of_trials() =>
        Assert.Equal([("AdamW", 36), ("AdEMAMix", 36)], search.Plan.Runs.GroupBy(r => r.Optimizer.Kind).Select(g => (g.Key, g.Count())));

    [Fact]
    public void Trials_differ_in_nothing_but_the_optimizer() =>
        Assert.Single(search.Plan.Runs.Select(r => (r.Data, r.Model, r.Training, r.InitSeed, r.DataSeed)).Distinct());

    [Fact]
    public void The_seed_of_the_search_is_no_seed_of_the_report()
    {
        foreach (var preset in Preset.All)
            Assert.DoesNotContain(TokenEfficiencySearch.Seed, new TokenEfficiency(preset).Seeds);
    }

    [Fact]
    public void The_best_trial_is_the_lowest_and_an_edge_is_named()
    {
        var runs = Runs(o => o is { Kind: "AdamW", LearningRate: 1.6e-2, Beta1: 0.95, Beta2: 0.99 } ? 1.5 : o is { Kind: "AdEMAMix", LearningRate: 8e-3, Alpha: 4, Beta3: 0.998 } ? 1.4 : 1.6);
        var rows = search.Best(runs).Rows;
        Assert.Equal(["AdamW", 36, "AdamW, learning rate 0.016, beta1 0.95, beta2 0.99", 1.5, "beta1"], rows[0]);
        Assert.Equal(["AdEMAMix", 36, "AdEMAMix, learning rate 0.008, alpha 4, beta3 0.998", 1.4, "beta3"], rows[1]);
    }

    [Fact]
    public void A_diverged_trial_is_shown_last_and_is_never_the_best()
    {
        var runs = Runs(_ => 1.5);
        runs[0] = runs[0] with { State = RunState.Diverged, Result = null, Step = 7 };
        Assert.Equal("diverged at step 7", search.Trials(runs).Rows[35][7]);
        Assert.Equal(36, search.Best(runs).Rows[0][1]);
        Assert.NotEqual(runs[0].Config.Name, search.Best(runs).Rows[0][2]);
    }
}
