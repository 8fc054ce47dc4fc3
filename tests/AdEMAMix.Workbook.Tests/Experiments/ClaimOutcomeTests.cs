using Xunit;

namespace AdEMAMix.Workbook.Tests;

// Verdicts on records as the store would hold them, with losses and tracks that are given.
public sealed class ClaimOutcomeTests
{
    readonly GradientRelevance relevance = new("desk");
    readonly Forgetting forgetting = new("desk");

    // A little scatter of its own for every run, so that there is something to test against.
    static double Own(RunConfig c) => 0.0003 * ((c.RunId[0] + c.InitSeed) % 3);

    List<RunRecord> Relevance(Func<RunConfig, double?> loss) => [.. relevance.Plan.Runs.Select(c => new RunRecord
    {
        Id = c.RunId,
        Config = c,
        State = loss(c) is null ? RunState.Diverged : RunState.Finished,
        Step = c.Training.Steps,
        Result = loss(c) is { } value ? new(value + Own(c), 1, 4_096_000, 70, 5e4, 113_408, new string('a', 64)) : null,
    })];

    static bool IsLongBeta1(RunConfig c) => c.Optimizer.Kind == "AdamW" && c.Averaging is null && c.Optimizer.Beta1 != new OptimizerConfig().Beta1;

    List<RunRecord> Forgetting(Func<RunConfig, int, double> kept) => [.. forgetting.Plan.Runs.Select(c => new RunRecord
    {
        Id = c.RunId,
        Config = c,
        State = RunState.Finished,
        Step = c.Training.Steps,
        Measurements = [.. c.Forgetting!.At.Select(at => Track(at, c.Forgetting.Batches, kept(c, at) + 10 * Own(c)))],
    })];

    static RunMeasurement Track(int at, int batches, double kept)
    {
        var columns = new List<string> { "offset" };
        foreach (var injected in Enumerable.Range(0, batches).Select(b => (int?)b).Prepend(null)) columns.AddRange(Enumerable.Range(0, batches).Select(b => ForgettingTrack.Name(injected, b)));
        return new(RunMeasurement.Forgetting, at, columns, [Row(0, 0), Row(1, -0.1), Row(400, -0.1 * kept)]);

        IReadOnlyList<double?> Row(double offset, double own) => [offset, .. from injected in Enumerable.Range(-1, batches + 1)
                                                                              from measured in Enumerable.Range(0, batches)
                                                                              select (double?)(2 + (injected == measured ? own : 0))];
    }

    static int Late(int at, IReadOnlyList<int> all) => at == all[^1] ? 1 : 0;

    [Fact]
    public void Without_a_run_a_claim_is_not_tested()
    {
        var outcomes = relevance.Outcomes([]).Concat(forgetting.Outcomes([])).ToList();
        Assert.Equal([2, 3, 4], outcomes.Select(o => o.Claim));
        Assert.All(outcomes, o => Assert.Equal(ClaimVerdict.NotTested, o.Verdict));
        Assert.Equal("0 of 20 runs", outcomes[2].Result);
        Assert.Equal("GPT of 113 thousand parameters, austen, 4,000 steps, 5 seeds", outcomes[2].Scale);
    }

    [Fact]
    public void Long_memories_that_help_and_long_beta1_that_harms_reproduce_claims_2_and_3()
    {
        var outcomes = relevance.Outcomes(Relevance(c => c.Optimizer.Kind == "AdEMAMix" ? 1.40 : IsLongBeta1(c) ? 1.60 : 1.50));
        Assert.Equal([ClaimVerdict.Reproduced, ClaimVerdict.Reproduced], outcomes.Select(o => o.Verdict));
        Assert.Matches(@"^15 runs: .*: -0\.1[0-9]+ \[-0\.1[0-9]+, -0\.0?[0-9]+\], n = 3, p .*\(Holm\); below AdamW at 4 of 4 memories", outcomes[0].Result);
        Assert.Contains("below at 0 of 8 settings, above at 8", outcomes[1].Result);
        Assert.Equal((15, 27), (outcomes[0].Runs.Count, outcomes[1].Runs.Count));
    }

    [Fact]
    public void A_papers_memory_that_harms_contradicts_claim_2_and_so_does_one_that_diverges()
    {
        bool Longest(RunConfig c) => c.Optimizer.Beta3 == relevance.DecayOf(0.27);
        foreach (var loss in (double?[])[1.9, null])
        {
            var outcome = relevance.Outcomes(Relevance(c => c.Optimizer.Kind != "AdEMAMix" ? 1.50 : Longest(c) ? loss : 1.40))[0];
            Assert.Equal(ClaimVerdict.NotReproduced, outcome.Verdict);
            Assert.Contains("below AdamW at 3 of 4 memories (0.9%, 2.7%, 9.0%), above at 1 (27.0%)", outcome.Result);
        }
    }

    [Fact]
    public void A_single_long_average_that_wins_contradicts_claim_3_and_one_that_might_leaves_it_open()
    {
        ClaimVerdict Of(double level) => relevance.Outcomes(Relevance(c => !IsLongBeta1(c) ? 1.50 : c.Optimizer.Beta1 == relevance.DecayOf(0.009) && c.Optimizer.Beta1Warmup is null ? level : 1.60))[1].Verdict;
        Assert.Equal(ClaimVerdict.NotReproduced, Of(1.40));
        Assert.Equal(ClaimVerdict.Inconclusive, Of(1.4995));
        Assert.Equal(ClaimVerdict.Reproduced, Of(1.60));
    }

    [Fact]
    public void Two_seeds_bear_no_verdict_on_claims_2_and_3()
    {
        var runs = Relevance(c => c.Optimizer.Kind == "AdEMAMix" ? 1.40 : 1.60).Where(r => r.Config.InitSeed < 3).ToList();
        Assert.All(relevance.Outcomes(runs), o => Assert.Equal(ClaimVerdict.Inconclusive, o.Verdict));
        var outcome = relevance.Outcomes(runs)[0];
        Assert.StartsWith("10 of 15 runs: ", outcome.Result);
        Assert.Contains("fewer than 3 paired seeds", outcome.Result);
    }

    [Fact]
    public void More_kept_at_the_latest_injection_reproduces_claim_4()
    {
        var outcome = forgetting.Outcomes(Forgetting((c, at) => c.Optimizer.Kind == "AdEMAMix" ? 0.3 + 0.3 * Late(at, forgetting.InjectionSteps) : 0.3)).Single();
        Assert.Equal(ClaimVerdict.Reproduced, outcome.Verdict);
        Assert.Contains("more at 1 of 4 times, less at 0", outcome.Result);
        Assert.Contains("n = 5", outcome.Result);
    }

    [Fact]
    public void Less_kept_at_any_time_contradicts_claim_4()
    {
        var outcome = forgetting.Outcomes(Forgetting((c, at) => c.Optimizer.Kind != "AdEMAMix" ? 0.5 : at == forgetting.InjectionSteps[0] ? 0.2 : 0.8)).Single();
        Assert.Equal(ClaimVerdict.NotReproduced, outcome.Verdict);
        Assert.Contains("more at 3 of 4 times, less at 1", outcome.Result);
    }

    [Fact]
    public void No_difference_and_four_seeds_are_inconclusive_for_claim_4()
    {
        Assert.Equal(ClaimVerdict.Inconclusive, forgetting.Outcomes(Forgetting((_, _) => 0.3)).Single().Verdict);
        var four = Forgetting((c, _) => c.Optimizer.Kind == "AdEMAMix" ? 0.8 : 0.3).Where(r => r.Config.InitSeed < 5).ToList();
        var outcome = forgetting.Outcomes(four).Single();
        Assert.Equal(ClaimVerdict.Inconclusive, outcome.Verdict);
        Assert.Contains("16 of 20 runs", outcome.Result);
        Assert.Contains("fewer than 5 paired seeds", outcome.Result);
    }

    [Fact]
    public void A_run_that_belongs_to_no_plan_is_not_counted() =>
        Assert.Equal(ClaimVerdict.NotTested, forgetting.Outcomes(Relevance(_ => 1.5)).Single().Verdict);
}
