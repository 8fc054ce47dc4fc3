using Xunit;

namespace AdEMAMix.Workbook.Tests;

// Verdicts on claims 5, 6, 7, 8, 9 and 12 from records whose losses are given.
public sealed class AblationOutcomeTests
{
    readonly Ablations study = new("desk");

    static bool IsMix(RunConfig c) => c.Optimizer.Kind == "AdEMAMix" && c.Switch is null;

    static bool IsLarge(RunConfig c) => c.Optimizer.Alpha == 8;

    static bool LacksWarmup(RunConfig c) => IsMix(c) && (c.Optimizer.AlphaWarmup == 0 || c.Optimizer.Beta3Warmup == 0);

    ClaimOutcome Warmups(Func<RunConfig, double?> loss) => study.Warmups.Outcome(AblationRecords.Of(study.Warmups.Plan, loss));

    [Fact]
    public void Without_a_run_no_claim_is_tested()
    {
        var outcomes = study.Outcomes([]);
        Assert.Equal([5, 6, 7, 8, 9, 12], outcomes.Select(o => o.Claim));
        Assert.All(outcomes, o => Assert.Equal(ClaimVerdict.NotTested, o.Verdict));
        Assert.All(outcomes, o => Assert.Equal("05-ablations", o.Notebook));
        Assert.StartsWith("GPT of 32 thousand parameters, austen, 2,000 steps, 5 seeds", outcomes[0].Scale);
    }

    [Fact]
    public void Runs_that_never_recover_without_a_warmup_reproduce_claim_5_and_so_do_runs_that_diverge()
    {
        foreach (var lost in (double?[])[1.9, null])
        {
            var outcome = Warmups(c => LacksWarmup(c) && IsLarge(c) ? lost : 1.5);
            Assert.Equal(ClaimVerdict.Reproduced, outcome.Verdict);
            Assert.Contains("above at 3 of 3 (no alpha warmup, no beta3 warmup, neither)", outcome.Result);
        }
    }

    [Fact]
    public void A_warmup_that_harms_contradicts_claim_5_and_one_that_does_nothing_leaves_it_open()
    {
        Assert.Equal(ClaimVerdict.NotReproduced, Warmups(c => IsLarge(c) && c.Optimizer.AlphaWarmup == 0 ? 1.4 : 1.5).Verdict);
        Assert.Equal(ClaimVerdict.Inconclusive, Warmups(_ => 1.5).Verdict);
    }

    [Fact]
    public void A_peak_in_the_first_quarter_is_measured_against_AdamW()
    {
        var runs = AblationRecords.Of(study.Warmups.Plan, _ => 1.5, (c, step) => LacksWarmup(c) && IsLarge(c) && step == 200 ? 0.8 : 0);
        var row = study.Warmups.EarlyExcess(runs).Rows.Single(r => (string)r[0]! == "alpha 8, no warmup");
        Assert.Equal(0.8, ((Interval)row[2]!).Center, 2);
        Assert.Equal(0.8, ((Interval)row[4]!).Center, 2);
        Assert.True((double)row[5]! < 0.05);
        Assert.Contains("0.80 nats above AdamW's", study.Warmups.EarlyLosses(runs).Description);
    }

    static double Switched(RunConfig c, double tunedAt25, double tunedAt75, double atOnce) =>
        c.Switch is not { } change || change.Optimizer.Kind != "AdEMAMix" ? 1.5 : change.Optimizer.Alpha == 2 ? atOnce : change.At == 500 ? tunedAt25 : change.At == 1500 ? tunedAt75 : (tunedAt25 + tunedAt75) / 2;

    ClaimVerdict Switch(double tunedAt25, double tunedAt75, double atOnce) => study.Switch.Outcome(AblationRecords.Of(study.Switch.Plan, c => Switched(c, tunedAt25, tunedAt75, atOnce))).Verdict;

    [Fact]
    public void A_switch_is_best_early_not_at_all_or_undecided()
    {
        Assert.Equal(ClaimVerdict.Reproduced, Switch(1.40, 1.45, 1.6));
        Assert.Equal(ClaimVerdict.NotReproduced, Switch(1.6, 1.6, 1.6));
        Assert.Equal(ClaimVerdict.NotReproduced, Switch(1.45, 1.40, 1.5));
        Assert.Equal(ClaimVerdict.Inconclusive, Switch(1.45, 1.45, 1.5));
    }

    [Fact]
    public void The_rise_after_a_switch_is_that_of_the_first_steps_only()
    {
        var runs = AblationRecords.Of(study.Switch.Plan, c => Switched(c, 1.4, 1.4, 1.4), (c, step) => c.Switch is { Optimizer.Alpha: 2, At: 500 } && step is 520 or 540 ? 1 : 0);
        Assert.Matches("just after the switch with alpha 2 at once \\+0\\.9[0-9]* ", study.Switch.Outcome(runs).Result);
    }

    [Fact]
    public void A_missing_fast_average_works_with_spikes_or_it_does_not()
    {
        ClaimVerdict Of(double without, double spike) => study.FastAverage.Outcome(AblationRecords.Of(study.FastAverage.Plan,
            c => c.Optimizer.Beta1 == 0 ? without : IsMix(c) ? 1.45 : 1.5, (c, step) => c.Optimizer.Beta1 == 0 && c.Training.BatchSize == 128 && step == 200 ? spike : 0)).Verdict;
        Assert.Equal(ClaimVerdict.Reproduced, Of(1.45, 0.5));
        Assert.Equal(ClaimVerdict.Inconclusive, Of(1.45, 0));
        Assert.Equal(ClaimVerdict.NotReproduced, Of(1.6, 0.5));
    }

    [Fact]
    public void Every_alpha_with_a_good_cell_and_a_short_warmup_that_harms_reproduce_claim_8()
    {
        ClaimOutcome Of(double alpha20, double shortWarmup) => study.Sensitivity.Outcome(AblationRecords.Of(study.Sensitivity.Plan, c => !IsMix(c) ? 1.5 : c.Optimizer.AlphaWarmup < 2000 ? shortWarmup : c.Optimizer.Alpha == 20 ? alpha20 : 1.4));
        Assert.Equal(ClaimVerdict.Reproduced, Of(1.45, 1.8).Verdict);
        Assert.Equal(ClaimVerdict.Inconclusive, Of(1.45, 1.4).Verdict);
        Assert.Equal(ClaimVerdict.NotReproduced, Of(1.7, 1.8).Verdict);
        Assert.Contains("alpha 20 0 and 5 of 5", Of(1.7, 1.8).Result);
    }

    [Fact]
    public void Memories_that_change_places_reproduce_claim_9()
    {
        ClaimVerdict Of(Func<double, int, double> loss) => study.Iterations.Outcome(AblationRecords.Of(study.Iterations.Plan, c => IsMix(c) ? loss(c.Optimizer.Beta3!.Value, c.Training.Steps) : 1.6)).Verdict;
        Assert.Equal(ClaimVerdict.Reproduced, Of((beta3, steps) => steps <= 500 ? 1.5 + (beta3 > 0.99 ? 0.2 : 0) : 1.5 - (beta3 > 0.96 ? 0.1 : 0)));
        Assert.Equal(ClaimVerdict.NotReproduced, Of((beta3, steps) => steps <= 500 ? 1.5 - (beta3 > 0.99 ? 0.2 : 0) : 1.5));
        Assert.Equal(ClaimVerdict.Inconclusive, Of((beta3, steps) => steps <= 500 ? 1.5 + (beta3 > 0.99 ? 0.2 : 0) : 1.5 + (beta3 > 0.96 ? 0.1 : 0)));
    }

    [Fact]
    public void Two_seeds_and_a_preset_that_proves_nothing_bear_no_verdict()
    {
        var lost = AblationRecords.Of(study.Warmups.Plan, c => LacksWarmup(c) ? 1.9 : 1.5);
        var two = study.Warmups.Outcome(lost.Where(r => r.Config.InitSeed < 3).ToList());
        Assert.Equal(ClaimVerdict.Inconclusive, two.Verdict);
        Assert.Contains("fewer than 3 paired seeds", two.Result);
        var smoke = new Ablations("smoke", [1, 2, 3]);
        Assert.Equal(ClaimVerdict.Inconclusive, smoke.Warmups.Outcome(AblationRecords.Of(smoke.Warmups.Plan, c => LacksWarmup(c) ? 1.9 : 1.5)).Verdict);
    }

    [Fact]
    public void Lion_below_AdamW_or_a_third_average_that_gains_contradicts_claim_12()
    {
        var smoke = new Ablations("smoke", [1, 2, 3, 4, 5]);
        // At a preset that proves nothing a verdict is held back, and the words stay.
        string Of(double lion, double third) => smoke.Optimizers.Outcome(AblationRecords.Of(smoke.Optimizers.Plan, c => c.Optimizer.Kind switch { "Lion" => lion, "Ad3EMAMix" => third, "AdEMAMix" => 1.4, _ => 1.5 })).Result;
        Assert.EndsWith("Mamba is not testable here", Of(1.6, 1.45).Replace("; preset smoke, too short to prove anything", "", StringComparison.Ordinal));
        Assert.EndsWith("too short to prove anything", Of(1.3, 1.45));
        Assert.EndsWith("too short to prove anything", Of(1.6, 1.3));
        Assert.Matches("Lion less AdamW: \\+0\\.(09|10).*Ad3EMAMix less AdEMAMix: \\+0\\.0[45].*Muon less AdamW", Of(1.6, 1.45));
    }

    [Fact]
    public void Noise_that_costs_one_optimizer_more_is_told_from_a_gain_that_stays()
    {
        string Of(double cost) => study.Noise.Saw(AblationRecords.Of(study.Noise.Plan, c => (IsMix(c) ? 1.4 : 1.5) + (c.Data.LabelNoise is > 0 ? IsMix(c) ? cost : 0.2 : 0)));
        Assert.Matches("10% of the labels random -0\\.(09|10)", Of(0.1));
        Assert.Contains("hurts AdEMAMix less", Of(0.1));
        Assert.Contains("hurts AdEMAMix more", Of(0.3));
        Assert.DoesNotContain("hurts AdEMAMix", Of(0.2));
    }

    [Fact]
    public void Sayings_take_what_the_runs_showed_beside_the_claims()
    {
        var table = StartHere.Sayings([], study.Sayings(AblationRecords.Of(study.Plan, _ => 1.5)));
        Assert.Contains("10% of the labels random", (string)table.Rows.Single(r => (string)r[0]! == "is robust to noise")[2]!);
        Assert.Contains("validation less training at the end", (string)table.Rows.Single(r => (string)r[0]! == "overfits less")[2]!);
        Assert.Throws<FigureException>(() => StartHere.Sayings([], [new SayingOutcome("is cheap", "no")]));
    }
}
