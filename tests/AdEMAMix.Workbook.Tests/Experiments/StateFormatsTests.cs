using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class StateFormatsTests
{
    static readonly string[] formats = ["full", "bfloat16", "eightBit"];

    readonly StateFormats study = new();

    // Runs as the store would hold them, for seeds 11, 12, ...
    List<RunRecord> Runs(params double[][] losses) => [.. losses.Zip(formats).SelectMany(f => f.First.Select((loss, i) => Run(f.Second, 11 + i, loss)))];

    RunRecord Run(string format, int seed, double loss)
    {
        var config = study.Plan.Runs.Single(r => r.Optimizer.StateFormat == format && r.InitSeed == seed);
        return new RunRecord { Id = config.RunId, Config = config, State = RunState.Finished, Step = 2000, Result = new(loss, loss, 2_048_000, 70, 5e4, 113_408, new string('a', 64)) };
    }

    [Fact]
    public void Formats_differ_in_nothing_but_the_format()
    {
        Assert.Equal(15, study.Plan.Runs.Count);
        Assert.Single(study.Plan.Runs.Select(r => (r.Data, r.Model, r.Training, r.Optimizer with { StateFormat = null })).Distinct());
        foreach (var group in study.Plan.Runs.GroupBy(r => r.InitSeed))
        {
            Assert.Equal(formats, group.Select(r => r.Optimizer.StateFormat));
            Assert.All(group, r => Assert.Equal(group.Key, r.DataSeed));
        }
        Assert.Equal([11, 12, 13, 14, 15], study.Seeds);
    }

    [Fact]
    public void Runs_in_float_are_the_runs_of_a_configuration_without_the_field()
    {
        var run = study.Plan.Runs[0];
        Assert.Equal((run with { Optimizer = run.Optimizer with { StateFormat = null } }).RunId, run.RunId);
    }

    [Fact]
    public void A_format_that_costs_is_told_from_one_that_does_not()
    {
        var runs = Runs([1.500, 1.510, 1.505, 1.495, 1.502], [1.501, 1.508, 1.506, 1.494, 1.503], [1.520, 1.531, 1.524, 1.516, 1.521]);
        var verdict = study.Verdict(runs).ToString();
        Assert.Contains("Inconclusive for bf16 states", verdict);
        Assert.Contains("8-bit states ended above fp32", verdict);
        // Differences 1, -2, 1, -1, 1 thousandths: standard error 0.0006324555; t(0.975) and t(0.8) with four degrees of freedom
        // are 2.776445 and 0.940965.
        Assert.Contains("a difference of 0.0024 is the smallest", verdict);
    }

    [Fact]
    public void Differences_are_paired_by_seed_and_corrected_for_two_comparisons()
    {
        var runs = Runs([1.500, 1.510, 1.505], [1.510, 1.521, 1.514], [1.520, 1.531, 1.526]);
        runs.Reverse();
        var table = study.Differences(runs);
        Assert.Equal(["bf16 less fp32", "8-bit less fp32"], table.Rows.Select(r => (string)r[0]!));
        Assert.Equal(0.010, ((Interval)table.Rows[0][2]!).Center, 1e-12);
        var (p, holm) = (table.Rows.Select(r => (double)r[3]!).ToArray(), table.Rows.Select(r => (double)r[4]!).ToArray());
        Assert.True(p[1] < p[0]);
        Assert.Equal(2 * p[1], holm[1], 1e-12);
        Assert.Equal(Math.Max(p[0], holm[1]), holm[0], 1e-12);
    }

    [Fact]
    public void A_seed_without_its_partner_is_left_out_of_the_differences_but_not_of_the_losses()
    {
        var runs = Runs([1.50, 1.51, 1.52], [1.50, 1.52, 1.51, 1.40]);
        Assert.Equal(3, study.Differences(runs).Rows.Single()[1]);
        Assert.Equal([3, 4, 0], study.FinalLosses(runs).Rows.Select(r => (int)r[1]!));
    }

    [Fact]
    public void Two_seeds_bear_no_claim() => Assert.Contains("bear no claim", study.Verdict(Runs([1.50, 1.51], [1.60, 1.61])).ToString());

    [Fact]
    public void One_seed_has_a_difference_but_no_test()
    {
        var row = study.Differences(Runs([1.50], [1.51])).Rows.Single();
        Assert.Equal([null, null, null], row.Skip(3));
        Assert.Contains("With 1 paired seed bf16", study.Verdict(Runs([1.50], [1.51])).ToString());
    }

    [Fact]
    public void A_diverged_run_is_in_no_mean_and_counts_in_the_comparison()
    {
        var runs = Runs([1.50, 1.51, 1.52], [1.50, 1.52, 1.51]);
        runs[5] = runs[5] with { State = RunState.Diverged, Result = null };
        Assert.Equal(1, study.FinalLosses(runs).Rows[1][5]);
        Assert.Equal([2, 3], [study.FinalLosses(runs).Rows[1][1], study.Differences(runs).Rows[0][1]]);
        Assert.Contains("1 of 6 runs diverged", study.Verdict(runs).ToString());
    }

    [Fact]
    public void The_optimizers_readme_shows_what_the_committed_runs_come_to()
    {
        var paths = WorkbookPaths.Find();
        var runs = study.Plan.Runs.Select(r => Path.Combine(paths.Results, study.Plan.Experiment, r.RunId + ".json")).Where(File.Exists).Select(ResultFile.Read).ToList();
        Assert.All(study.FinalLosses(runs).Rows, row => Assert.True((int)row[1]! >= 3));
        var readme = File.ReadAllText(Path.Combine(paths.Root, "lib", "AdEMAMix", "README.md"));
        Assert.Contains(study.FinalLosses(runs).ToString(), readme);
        Assert.Contains(study.Differences(runs).ToString(), readme);
        Assert.Contains(study.Verdict(runs).ToString().Trim(), readme.ReplaceLineEndings(" "));
    }

    [Fact]
    public void Without_results_nothing_is_claimed() => Assert.Contains("nothing to compare", study.Verdict([]).ToString());
}
