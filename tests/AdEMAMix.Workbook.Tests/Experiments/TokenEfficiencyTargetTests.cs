using Xunit;

namespace AdEMAMix.Workbook.Tests;

/// <summary>The committed records against the constants that were taken from them.</summary>
public sealed class TokenEfficiencyTargetTests
{
    static List<RunRecord> Committed(string experiment)
    {
        var folder = Path.Combine(WorkbookPaths.Find().Results, experiment);
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.json").Select(ResultFile.Read)] : [];
    }

    [Fact]
    public void Every_target_is_the_mean_of_its_committed_runs()
    {
        var records = Committed("token-efficiency-target");
        var compared = 0;
        foreach (var preset in Preset.All)
        {
            var target = new TokenEfficiencyTarget(preset);
            foreach (var size in TokenEfficiencySettings.Of(preset).Sizes.Where(s => s.TargetLoss is not null))
            {
                var losses = target.LossesOf(size, records);
                Assert.Equal(TokenEfficiencyTarget.Seeds.Count, losses.Count);
                Assert.Equal(Math.Round(losses.Average(), 3), size.TargetLoss);
                compared++;
            }
        }
        Assert.True(compared > 0);
    }

    [Fact]
    public void Every_target_was_there_before_the_first_reported_run()
    {
        var targets = Committed("token-efficiency-target");
        foreach (var size in Committed("token-efficiency").GroupBy(r => r.Config.Model))
            Assert.True(targets.Where(t => t.Config.Model == size.Key).Max(t => t.Ended) < size.Min(r => r.Ended));
    }

    [Fact]
    public void Every_sizes_hyperparameters_are_those_of_its_best_committed_trials()
    {
        var search = new TokenEfficiencySearch();
        var trials = Committed("token-efficiency-search").FindAll(r => search.Plan.Runs.Any(c => c.RunId == r.Id));
        foreach (var size in TokenEfficiencySettings.Of(Preset.Desk).Sizes)
            foreach (var chosen in (OptimizerConfig[])[size.Tuned.AdamW, size.Tuned.AdEMAMix(TokenEfficiencySearch.Steps)])
            {
                var best = trials.Where(r => r.Config.Model == size.Base.Model && r.Config.Optimizer.Kind == chosen.Kind && r.State == RunState.Finished).MinBy(r => r.Result!.ValidationLoss)!;
                Assert.Equal(best.Config.Optimizer, chosen);
            }
    }
}
