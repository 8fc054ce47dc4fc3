using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class ForgettingTests
{
    readonly Forgetting study = new("desk");

    // Runs as the store would hold them: an injected batch falls by 0.1 and comes back to the share that is asked for; the others fall by 0.01.
    List<RunRecord> Runs(Func<RunConfig, int, double> kept) => [.. study.Plan.Runs.Select(config => new RunRecord
    {
        Id = config.RunId,
        Config = config,
        State = RunState.Finished,
        Step = config.Training.Steps,
        Measurements = [.. config.Forgetting!.At.Select(at => Track(at, config.Forgetting.Batches, kept(config, at)))],
    })];

    static RunMeasurement Track(int at, int batches, double kept)
    {
        string[] columns = ["offset", .. Enumerable.Range(1, batches).Select(b => $"batch {b} without"),
            .. Enumerable.Range(1, batches).SelectMany(injected => Enumerable.Range(1, batches).Select(b => $"batch {b} with {injected}"))];
        var rows = new List<IReadOnlyList<double?>>();
        foreach (var (offset, own, placebo) in ((double, double, double)[])[(0, 0, 0), (1, -0.1, -0.01), (400, -0.1 * kept, -0.01)])
            rows.Add([offset, .. Enumerable.Range(1, batches).Select(b => (double?)(2 + b)),
                .. Enumerable.Range(1, batches).SelectMany(injected => Enumerable.Range(1, batches).Select(b => (double?)(2 + b + (b == injected ? own : placebo))))]);
        return new RunMeasurement(RunMeasurement.Forgetting, at, columns, rows);
    }

    [Fact]
    public void Batches_are_injected_at_the_papers_shares_of_the_run() => Assert.Equal([1406, 2656, 2968, 3593], study.InjectionSteps);

    [Fact]
    public void Optimizers_are_paired_in_everything_else()
    {
        Assert.Equal(20, study.Plan.Runs.Count);
        foreach (var pair in study.Plan.Runs.GroupBy(r => (r.InitSeed, r.Training.LinearDecaySteps)))
        {
            Assert.Equal(["AdamW", "AdEMAMix"], pair.Select(r => r.Optimizer.Kind));
            Assert.Single(pair.Select(r => (r.Data, r.Model, r.Training, r.DataSeed)).Distinct());
        }
    }

    [Fact]
    public void Drop_share_kept_and_placebo_are_read_off_the_tracks()
    {
        var table = study.Retention(Runs((config, _) => config.Optimizer.Kind == "AdamW" ? 0.2 : 0.5));
        Assert.Equal(16, table.Rows.Count);
        Assert.Equal(["cosine", 1406, "AdamW", 5, 0], table.Rows[0].Take(5));
        Assert.Equal([0.1, 0.2, -0.01], table.Rows[0].Skip(5).Select(x => Math.Round(((Interval)x!).Center, 9)));
        Assert.Equal([0.1, 0.5, -0.01], table.Rows[1].Skip(5).Select(x => Math.Round(((Interval)x!).Center, 9)));
    }

    [Fact]
    public void A_difference_at_one_time_is_found_there_and_nowhere_else()
    {
        // Scatter over seeds that is the same for both, plus some of its own; a real difference only late under the cosine.
        double Kept(RunConfig c, int at)
        {
            var seed = c.InitSeed;
            var mix = c.Optimizer.Kind == "AdEMAMix";
            return 0.3 + 0.02 * seed + (mix ? 0.01 * (seed % 3 - 1) : 0) + (mix && at == 3593 && c.Training.LinearDecaySteps is null ? 0.3 : 0);
        }
        var runs = Runs(Kept);
        runs.Reverse();
        var verdict = study.Verdict(runs).ToString();
        Assert.Contains("With the cosine schedule AdEMAMix kept more of the drop than AdamW at 1 of 4 injection times (step 3,593: +0.302), less at 0", verdict);
        Assert.Contains("With the constant, then linear schedule AdEMAMix kept more of the drop than AdamW at 0 of 4 injection times, less at 0", verdict);
        var rows = study.Differences(runs).Rows;
        Assert.Equal(8, rows.Count);
        Assert.True((double)rows[3][5]! < 0.05);
        Assert.All(rows.Where((_, i) => i != 3), row => Assert.True((double)row[5]! > 0.05));
    }

    [Fact]
    public void A_figure_says_what_is_left_and_draws_every_run()
    {
        var figure = study.Tracks(Runs((config, _) => config.Optimizer.Kind == "AdamW" ? 0.2 : 0.5), 3593);
        Assert.StartsWith("After 400 steps AdamW keeps 20% of a batch's gain, AdEMAMix 50%. injected after", figure.Description);
        Assert.Contains("seed 5", figure.Json);
        Assert.Contains("choose one of 1406", Assert.Throws<FigureException>(() => study.Tracks([], 7)).Message);
    }

    [Fact]
    public void The_placebo_is_drawn_dashed_beside_the_injected_batch()
    {
        var json = study.Tracks(Runs((_, _) => 0.3), 3593).Json;
        Assert.Contains("AdEMAMix, another batch", json);
        Assert.Contains("\"dash\"", json);
        Assert.DoesNotContain("another batch", study.NormalisedTracks(Runs((_, _) => 0.3), 3593).Json);
    }

    [Fact]
    public void Shares_are_drawn_against_the_time_of_the_injection()
    {
        double Kept(RunConfig c, int at) => 0.3 + 0.01 * c.InitSeed + (c.Optimizer.Kind == "AdEMAMix" ? 0.005 * (c.InitSeed % 3) + (at == 3593 ? 0.3 : 0) : 0);
        Assert.StartsWith("AdEMAMix keeps more of an injected batch than AdamW at 1 of 4 times", study.ShareKept(Runs(Kept)).Description);
        Assert.StartsWith("AdEMAMix keeps less of an injected batch than AdamW at 4 of 4 times", study.ShareKept(Runs((c, _) => 0.3 + 0.01 * c.InitSeed - (c.Optimizer.Kind == "AdEMAMix" ? 0.1 + 0.001 * (c.InitSeed % 3) : 0))).Description);
    }

    [Fact]
    public void A_diverged_run_is_counted_and_a_missing_one_is_named_where_it_is_needed()
    {
        var runs = Runs((_, _) => 0.3);
        var missing = runs[0];
        runs[1] = runs[1] with { State = RunState.Diverged, Measurements = [] };
        runs.RemoveAt(0);
        Assert.Equal(["AdEMAMix", 4, 1], study.Retention(runs).Rows[1].Skip(2).Take(3));
        Assert.Contains("1 of 19 runs diverged", study.Verdict(runs).ToString());
        // The missing AdamW run leaves four pairs; the diverged run of AdEMAMix shares its seed.
        Assert.Equal(4, study.Differences(runs).Rows[0][2]);
        Assert.Contains(missing.Id, study.ShareKept(runs).Description);
        Assert.DoesNotContain("Missing", study.ShareKept(runs, ForgettingSchedule.ConstantThenLinear).Description);
    }

    [Fact]
    public void Without_runs_nothing_is_claimed()
    {
        Assert.Contains("nothing to compare", study.Verdict([]).ToString());
        Assert.Empty(study.Retention([]).Rows);
    }

    [Fact]
    public void A_short_run_is_said_to_prove_nothing() =>
        Assert.Contains("proves nothing", new Forgetting("smoke").Verdict([]).ToString());

    // Holm (1979): sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1, never falling: 0.02, 0.03, 0.06, 0.06.
    [Fact]
    public void Holm_corrects_in_the_order_of_the_p_values() =>
        Assert.Equal([0.03, 0.06, 0.06, 0.02], PairedDifference.Holm([0.01, 0.04, 0.03, 0.005]).Select(p => Math.Round(p, 12)));
}
