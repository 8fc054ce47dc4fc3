using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class CostTests
{
    static readonly TokenEfficiency Tokens = new("desk");

    static readonly Cost Desk = new("desk");

    // A record as a machine would write it, with these ratios of AdEMAMix's step to AdamW's at each of the desk's sizes.
    static CostRecord Record(params double[][] ratios) => new()
    {
        Measured = new DateTime(2026, 1, 2, 3, 4, 0, DateTimeKind.Utc),
        Threads = 1,
        Environment = new RunEnvironment { Commit = "unknown", Cpu = "a processor" },
        Steps = [.. ratios.Zip(Tokens.Sizes, (r, size) => new StepBenchmark(size, 113_408, 1024, 8,
            [Side("AdamW", r.Select(_ => 1.0)), Side("AdEMAMix", r), Side("AdEMAMix b1 = 0", r.Select(x => 2 - x))]))],
        Updates =
        [
            new("AdamW", "fp32", 1_000_000, 10, 1.0, 1, 8, 28, 0.9),
            new("AdEMAMix", "fp32", 1_000_000, 10, 1.25, 1.25, 12, 36, 0.95),
            new("AdEMAMix", "fp32", 1_000_000, 100, 1.5, 1.3, 12, 36, 0.9),
            new("AdEMAMix", "fp32", 10_000_000, 10, 13, 1.3, 12, 36, 0.9),
        ],
    };

    static StepBenchmarkSide Side(string name, IEnumerable<double> ratios) => new(name, 1, [.. ratios.Select(r => 20 * r)], [.. ratios]);

    // About one per cent, with a scatter of a thousandth.
    static readonly double[] OnePercent = [1.009, 1.010, 1.011, 1.010, 1.009];
    static readonly double[] FivePercent = [1.049, 1.050, 1.051, 1.050, 1.049];

    static List<RunRecord> Runs()
    {
        // Final losses that reach the target (1.501 at the main size) at 3,000 steps with AdamW and at 2,000 with AdEMAMix.
        var runs = new List<RunRecord>();
        foreach (var config in Tokens.Plan.Runs.Where(r => r.Training.TargetLoss == 1.501))
        {
            var (mix, steps) = (config.Optimizer.Kind == "AdEMAMix", config.Training.Steps);
            var loss = 1.501 + (mix ? 2000 - steps : 3000 - steps) / 10_000.0;
            runs.Add(new RunRecord { Id = config.RunId, Config = config, State = RunState.Finished, Step = steps, Result = new(loss, loss, steps * 1024L, 70, 5e4, 113_408, new string('a', 64)) });
        }
        return runs;
    }

    [Fact]
    public void Whole_steps_of_all_optimizers_are_measured_against_AdamW_in_the_same_round()
    {
        var shape = SmallRun.Config with { Training = SmallRun.Config.Training with { Steps = 10 } };
        var blocks = 0;
        var measured = StepBenchmark.Run("tiny", shape, vocabulary: 30, rounds: 2, blocks: 1, onBlock: () => blocks++);
        Assert.Equal(6, blocks);
        Assert.Equal(["AdamW", "AdEMAMix", "AdEMAMix b1 = 0"], measured.Sides.Select(s => s.Optimizer));
        Assert.All(measured.Sides, s => Assert.Equal(2, s.Milliseconds.Count(ms => ms > 0)));
        Assert.Equal([1, 1], measured.Sides[0].Ratios);
        Assert.All(measured.Sides[1].Ratios, ratio => Assert.InRange(ratio, 0.01, 100));
        Assert.Equal([8 * measured.Parameters, 12 * measured.Parameters, 8 * measured.Parameters], measured.Sides.Select(s => s.StateBytes));
        Assert.Equal(RunEstimate.Of(shape, 30).Parameters, measured.Parameters);
        Assert.Equal(64, measured.TokensPerStep);
    }

    [Fact]
    public void An_update_is_measured_in_every_format_with_the_bytes_that_it_holds_and_moves()
    {
        var rows = UpdateBenchmark.Run(tensors: 3, elements: 512, threads: 1, blocks: 1);
        Assert.Equal(10, rows.Count);
        Assert.All(rows, r => Assert.True(r.MsPerStep > 0 && r.Parameters == 1536 && r.Tensors == 3));
        Assert.Equal([8, 12, 8], rows.Where(r => r.States == "fp32").Select(r => r.StateBytesPerParameter));
        Assert.Equal([4, 6, 4], rows.Where(r => r.States == "bf16").Select(r => r.StateBytesPerParameter));
        Assert.Equal([28, 36, 28], rows.Where(r => r.States == "fp32").Select(r => r.TrafficBytesPerParameter));
        // A byte, and a scale of four bytes for 256 of them.
        Assert.Equal(3 * (1 + 4 / 256.0), rows.Single(r => r is { States: "8-bit", Optimizer: "AdEMAMix" }).StateBytesPerParameter, 1e-9);
        Assert.Null(rows.Single(r => r.States == "operators").ShareOfMemorySpeed);
        Assert.Equal(1, rows[0].RatioToAdamW);
    }

    [Fact]
    public void The_claim_is_reproduced_where_every_size_costs_less_than_two_per_cent()
    {
        var outcome = Desk.Outcome(Record(OnePercent, OnePercent, OnePercent));
        Assert.Equal((11, ClaimVerdict.Reproduced, "07-cost"), (outcome.Claim, outcome.Verdict, outcome.Notebook));
        Assert.Contains("+0.98 % [", outcome.Result);
        Assert.Contains("5 repeats", outcome.Scale);
    }

    [Fact]
    public void The_claim_is_not_reproduced_where_the_largest_size_costs_more()
    {
        Assert.Equal(ClaimVerdict.NotReproduced, Desk.Outcome(Record(OnePercent, OnePercent, FivePercent)).Verdict);
        Assert.Equal(ClaimVerdict.Inconclusive, Desk.Outcome(Record(FivePercent, OnePercent, OnePercent)).Verdict);
    }

    [Fact]
    public void Scatter_or_few_repeats_or_a_smoke_preset_leave_it_open()
    {
        Assert.Equal(ClaimVerdict.Inconclusive, Desk.Outcome(Record([0.9, 1.1, 1.0, 1.05])).Verdict);
        Assert.Equal(ClaimVerdict.Inconclusive, Desk.Outcome(Record([1.01, 1.01])).Verdict);
        Assert.Equal(ClaimVerdict.Inconclusive, new Cost("smoke").Outcome(Record(OnePercent)).Verdict);
        Assert.Contains("so few repeats bear no claim", Desk.Verdict(Record([1.01, 1.01]), Tokens, []).ToString());
    }

    [Fact]
    public void Without_a_record_everything_says_that_nothing_was_measured()
    {
        var outcome = Desk.Outcome(null);
        Assert.Equal(ClaimVerdict.NotTested, outcome.Verdict);
        foreach (var figure in (Figure[])[Desk.StepOverhead(null), Desk.Growth(null), Desk.SecondsToTarget(null, Tokens, [])]) Assert.Contains("not measured yet", figure.Description);
        foreach (var table in (Table[])[Desk.Steps(null), Desk.Updates(null), Desk.Peers(null), Desk.Ranks(null), Desk.Seconds(null, Tokens, [])])
        {
            Assert.Empty(table.Rows);
            Assert.Contains("Not measured yet", table.Caption);
        }
        Assert.Contains("environment/workbook bench cost", Desk.Verdict(null, Tokens, []).ToString());
        Assert.Contains("environment/workbook bench cost", Desk.Provenance(null).ToString());
    }

    [Fact]
    public void Seconds_are_tokens_times_the_time_of_a_step()
    {
        var row = Assert.Single(Desk.Seconds(Record(OnePercent, OnePercent), Tokens, Runs()).Rows);
        Assert.Equal([Tokens.MainSize, 5, 5], row.Take(3));
        // 3,000 steps of 20 ms, and 2,000 of 20.196.
        Assert.Equal(60, (double)row[3]!, 1e-6);
        Assert.Equal(40 * 1.0098, (double)row[4]!, 1e-3);
        Assert.Equal(1.5, ((Interval)row[5]!).Center, 1e-9);
        var seconds = (Interval)row[6]!;
        Assert.Equal(1.5 / 1.0098, seconds.Center, 1e-4);
        // All of the scatter is that of the step: the interval is the step's own with four degrees of freedom.
        var step = Interval.OfMean([.. OnePercent.Select(ratio => Math.Log(ratio))]);
        Assert.Equal(1.5 / Math.Exp(step.High), seconds.Low, 1e-9);
        Assert.Equal(1.5 / Math.Exp(step.Low), seconds.High, 1e-9);
        Assert.True((double)row[7]! < 1e-6);
    }

    [Fact]
    public void A_figure_of_growth_has_a_line_for_parameters_and_one_for_tensors()
    {
        var figure = Desk.Growth(Record(OnePercent));
        Assert.Contains("10M parameters takes 13.0 ms, 1.30 times AdamW's", figure.Description);
        Assert.Contains(figure.Data, trace => trace!["x"]!.AsArray().Select(x => (double)x!).SequenceEqual([1e6, 1e7]));
        Assert.Contains(figure.Data, trace => trace!["x"]!.AsArray().Select(x => (double)x!).SequenceEqual([10, 100]));
    }

    [Fact]
    public void Memory_is_that_of_the_modes_and_the_largest_model_has_its_name()
    {
        var rows = Cost.Memory().Rows;
        var main = rows.Where(r => (string)r[0]! == Tokens.MainSize).ToList();
        Assert.Equal([8.0, 12.0, 8.0], main.Select(r => (double)r[7]!));
        Assert.Equal([4.0, 6.0, 4.0], main.Select(r => (double)r[8]!));
        Assert.Equal(113_408L, main[0][2]);
        Assert.Equal(1.9, (long)rows.First(r => (string)r[0]! == "1.9M parameters")[2]! / 1e6, 0.05);
        Assert.Equal(3 * 7, rows.Count);
    }

    [Fact]
    public void A_record_survives_its_file_and_an_edited_one_is_refused()
    {
        using var folder = new TemporaryFolder();
        var file = folder["cost.json"];
        var record = Record(OnePercent, FivePercent) with { Ranks = new(2, true, 2, 100, 60, 1.7, 1000, null, 500, null, 0.2, 10, 10) };
        record.Write(file);
        var text = File.ReadAllText(file);
        var read = CostRecord.Read(file);
        Assert.Equal(record.Steps[1].Sides[1].Ratios, read.Steps[1].Sides[1].Ratios);
        Assert.Equal((record.Updates[3], record.Ranks, record.Measured, record.Environment), (read.Updates[3], read.Ranks, read.Measured, read.Environment));
        read.Write(file);
        Assert.Equal(text, File.ReadAllText(file));

        File.WriteAllText(file, text.Replace("1.049", "1.009", StringComparison.Ordinal));
        Assert.Contains("does not match its hash", Assert.Throws<StoreException>(() => CostRecord.Read(file)).Message);
        File.WriteAllText(file, "[1]");
        Assert.Contains("not a record of costs", Assert.Throws<StoreException>(() => CostRecord.Read(file)).Message);
    }

    [Fact]
    public void The_newest_record_counts_and_the_run_store_leaves_records_alone()
    {
        using var folder = new TemporaryFolder();
        var paths = new WorkbookPaths(folder.Path);
        Assert.Null(CostRecord.Latest(paths));
        Record(OnePercent).Write(Path.Combine(paths.Results, CostRecord.Folder, "new.json"));
        (Record(FivePercent) with { Measured = DateTime.UnixEpoch }).Write(Path.Combine(paths.Results, CostRecord.Folder, "old.json"));
        Assert.Equal(OnePercent, CostRecord.Latest(paths)!.Steps[0].Sides[1].Ratios);
        using var store = RunStore.Open(folder["runs.db"]);
        Assert.Equal(0, ResultFile.ImportAll(store, paths.Results));
    }
}
