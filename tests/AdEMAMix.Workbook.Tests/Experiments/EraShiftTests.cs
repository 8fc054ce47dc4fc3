using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class EraShiftTests
{
    readonly EraShift study = new("desk");

    // Runs as the store would hold them: the first era's loss is 1.5 at the shift, 1.6 when the decay starts, and at the end as given.
    List<RunRecord> Runs(Func<RunConfig, (double First, double Second)> end) => [.. study.Plan.Runs.Select(config => new RunRecord
    {
        Id = config.RunId,
        Config = config,
        State = RunState.Finished,
        Step = config.Training.Steps,
        Measurements = [At(1000, 1.8, 2.4), At(study.ShiftStep, 1.5, 2.2), At(study.DecayStep, 1.6, 1.7), At(config.Training.Steps, end(config).First, end(config).Second)],
    })];

    static RunMeasurement At(int step, double first, double second) => new(RunMeasurement.Shift, step, ["first", "second"], [[first, second]]);

    // A scatter of its own for every run, the same for no two seeds.
    static double Own(RunConfig c) => 0.001 * (c.InitSeed * 7 % 5 + (c.Optimizer.Kind == "AdEMAMix" ? c.InitSeed % 3 : 0));

    [Fact]
    public void Eras_do_not_overlap_and_every_evaluation_that_is_compared_takes_place()
    {
        Assert.Equal(12, study.Plan.Runs.Count);
        foreach (var preset in (EraShift[])[study, new EraShift("smoke")])
            Assert.All(preset.Plan.Runs, run =>
            {
                Assert.True(run.Data.End <= run.Shift!.Start);
                Assert.Equal(preset.ShiftStep, run.Shift.At);
                Assert.Equal(0, preset.ShiftStep % run.Training.EvaluationInterval);
                Assert.Equal(0, preset.DecayStep % run.Training.EvaluationInterval);
            });
    }

    [Fact]
    public void Optimizers_are_paired_in_everything_else()
    {
        foreach (var pair in study.Plan.Runs.GroupBy(r => (r.InitSeed, r.Training.LinearDecaySteps)))
        {
            Assert.Equal(["AdamW", "AdEMAMix"], pair.Select(r => r.Optimizer.Kind));
            Assert.Single(pair.Select(r => (r.Data, r.Shift, r.Model, r.Training, r.DataSeed)).Distinct());
        }
    }

    [Fact]
    public void The_learning_rate_is_constant_between_the_shift_and_the_decay()
    {
        var run = study.Plan.Runs.First(r => r.Training.LinearDecaySteps is not null);
        var schedule = LearningRateSchedule.Of(run);
        Assert.Equal(schedule.At(study.ShiftStep), schedule.At(study.DecayStep));
        Assert.True(schedule.At(study.DecayStep + 1) < schedule.At(study.DecayStep));
    }

    [Fact]
    public void Rise_and_losses_are_read_off_the_evaluations()
    {
        var row = study.Kept(Runs(_ => (1.58, 1.45))).Rows[0];
        Assert.Equal(["cosine", "AdamW", 3, 0], row.Take(4));
        Assert.Equal([1.5, 1.58, 0.08, 1.45], row.Skip(4).Select(x => Math.Round(((Interval)x!).Center, 9)));
    }

    [Fact]
    public void A_slower_forgetting_is_found_where_it_is_and_nowhere_else()
    {
        var runs = Runs(c => (1.6 + Own(c) - (c.Optimizer.Kind == "AdEMAMix" && c.Training.LinearDecaySteps is null ? 0.1 : 0), 1.4 + Own(c)));
        var rows = study.Differences(runs).Rows;
        Assert.Equal(7, rows.Count);
        Assert.Equal(["first era, at the end", "first era, rise from the shift to the end"], rows.Where(r => r[5] is < 0.05).Select(r => r[1]));
        Assert.Single(rows, r => (string)r[1]! == "first era, rise while the learning rate is constant");
        var verdict = study.Verdict(runs).ToString();
        Assert.Contains("With the cosine schedule, AdEMAMix less AdamW: first era, at the end -0.09", verdict);
        Assert.Contains("better; first era, rise", verdict);
        Assert.DoesNotContain("worse", verdict);
        Assert.StartsWith("First era since the shift: +0.102 nats with AdamW, +0.003 with AdEMAMix", study.Losses(runs).Description);
        Assert.Contains("inconclusive", study.Losses(runs, ForgettingSchedule.ConstantThenLinear).Description);
    }

    [Fact]
    public void A_diverged_run_is_in_no_mean_and_counts_in_every_comparison()
    {
        var runs = Runs(c => (1.6 + Own(c), 1.4 + Own(c)));
        runs[0] = runs[0] with { State = RunState.Diverged, Step = 700, Measurements = [] };
        Assert.Equal([2, 1], study.Kept(runs).Rows[0].Skip(2).Take(2));
        Assert.Equal(3, study.Differences(runs).Rows[0][2]);
        Assert.Contains("1 of 12 runs diverged", study.Verdict(runs).ToString());
        Assert.DoesNotContain("missing", study.Losses(runs).Description, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_missing_run_is_named_by_the_figure_that_needs_it_and_by_no_other()
    {
        var runs = Runs(c => (1.6 + Own(c), 1.4 + Own(c)));
        var missing = runs[0];
        runs.RemoveAt(0);
        Assert.Contains("Missing run:", study.Losses(runs).Description);
        Assert.Contains(missing.Id, study.Losses(runs).Description);
        Assert.DoesNotContain("Missing", study.Losses(runs, ForgettingSchedule.ConstantThenLinear).Description);
        Assert.Contains(missing.Id, study.Verdict(runs).ToString());
    }

    [Fact]
    public void The_shift_is_marked_and_the_second_era_is_dashed()
    {
        var figure = study.Losses(Runs(_ => (1.58, 1.45)));
        Assert.Contains("from here on the second era is read", figure.Json);
        Assert.Contains("\"dash\":\"dash\"", figure.Json.Replace(" ", "", StringComparison.Ordinal));
        Assert.Contains("stroke-dasharray=\"8 5\"", figure.ToSvg());
    }

    [Fact]
    public void Without_runs_nothing_is_claimed()
    {
        Assert.Contains("nothing to compare", study.Verdict([]).ToString());
        Assert.Empty(study.Kept([]).Rows);
        Assert.Empty(study.Differences([]).Rows);
        Assert.StartsWith("Losses of two eras", study.Losses([]).Description);
    }

    [Fact]
    public void A_short_run_is_said_to_prove_nothing() => Assert.Contains("proves nothing", new EraShift("smoke").Verdict([]).ToString());
}
