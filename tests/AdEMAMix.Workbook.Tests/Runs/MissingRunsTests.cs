using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class MissingRunsTests
{
    static readonly List<RunConfig> Needed = [.. Enumerable.Range(1, 5).Select(seed => SmallRun.Config with { Name = $"small, seed {seed}", InitSeed = seed })];

    static RunRecord Record(RunConfig config, RunState state) => new() { Id = config.RunId, Config = config, State = state };

    [Fact]
    public void A_single_missing_run_is_named_with_its_id() =>
        Assert.Equal($"Missing run: small, seed 2 ({Needed[1].RunId}).", MissingRuns.Sentence(Needed, [.. Needed.Where(r => r.InitSeed != 2).Select(r => Record(r, RunState.Finished))]));

    [Fact]
    public void Many_missing_runs_are_counted_and_the_first_are_named()
    {
        var sentence = MissingRuns.Sentence(Needed, [])!;
        Assert.StartsWith("5 missing runs: small, seed 1 (", sentence, StringComparison.Ordinal);
        Assert.EndsWith(" and 2 more.", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_diverged_run_is_there_and_an_unfinished_one_is_not()
    {
        var runs = Needed.Select(r => Record(r, r.InitSeed == 3 ? RunState.Running : RunState.Diverged)).ToList();
        Assert.Equal($"Missing run: small, seed 3 ({Needed[2].RunId}).", MissingRuns.Sentence(Needed, runs));
        Assert.Equal("n = 5", MissingRuns.Append("n = 5", Needed.Take(2), runs));
    }

    [Fact]
    public void Loading_trains_nothing_and_leaves_out_what_is_not_done()
    {
        using var folder = new TemporaryFolder();
        using var store = RunStore.Open(folder["runs.db"]);
        store.Insert(Record(Needed[0], RunState.Diverged) with { Step = 3 });
        var runs = Lab.Load(new RunPlan("test", Needed), store);
        Assert.Equal([Needed[0].RunId], runs.Select(r => r.Id));
        Assert.Single(store.List());
    }
}
