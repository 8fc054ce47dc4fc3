using Xunit;

namespace AdEMAMix.Workbook.Tests;

// Every figure and table of the ablations, with all runs, with some, and with none.
public sealed class AblationFigureTests
{
    static IEnumerable<Figure> Figures(Ablations s, IReadOnlyList<RunRecord> runs) =>
    [
        s.Warmups.EarlyLosses(runs), s.Switch.AroundTheSwitch(runs), s.Switch.Ends(runs), s.FastAverage.Ends(runs), s.Sensitivity.AlphaAndBeta3(runs), s.Sensitivity.RateAndAlpha(runs),
        s.Iterations.LossAgainstSteps(runs), s.Optimizers.Ends(runs), s.Noise.Gain(runs), s.Repetition.Losses(runs),
    ];

    static IEnumerable<Table> Tables(Ablations s, IReadOnlyList<RunRecord> runs) =>
    [
        s.Warmups.EarlyExcess(runs), s.FastAverage.Spikes(runs), s.Sensitivity.EarlyAndLate(runs), s.Sensitivity.ShortWarmups(runs), s.Noise.Cost(runs), s.Repetition.Apart(runs), s.Verdicts(runs),
        .. s.Questions.Select(q => q.FinalLosses(runs)),
    ];

    static double? Loss(RunConfig c) => (c.Optimizer.Kind == "AdEMAMix" ? 1.4 : 1.5) + 0.001 * (c.Optimizer.Alpha ?? 0);

    [Theory]
    [InlineData("smoke")]
    [InlineData("desk")]
    public void With_all_runs_nothing_is_missing_and_every_picture_can_be_drawn(string preset)
    {
        var study = new Ablations(preset);
        var runs = AblationRecords.Of(study.Plan, Loss);
        Assert.All(Figures(study, runs), figure =>
        {
            Assert.DoesNotContain("issing", figure.Description);
            Assert.StartsWith("<svg", figure.ToSvg());
            Assert.InRange(figure.Json.Length, 200, 90_000);
        });
        Assert.All(Tables(study, runs), table => Assert.NotEmpty(table.Rows));
        Assert.DoesNotContain("issing", study.Verdict(runs).ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_some_runs_or_with_runs_that_diverged_every_figure_stands(bool diverged)
    {
        var study = new Ablations("smoke");
        var runs = diverged ? AblationRecords.Of(study.Plan, c => c.Optimizer.Kind == "AdEMAMix" ? null : 1.5) : AblationRecords.Of(study.Plan, Loss).Where((_, i) => i % 3 > 0).ToList();
        foreach (var known in (IReadOnlyList<RunRecord>[])[runs, []])
        {
            Assert.All(Figures(study, known), figure => Assert.StartsWith("<svg", figure.ToSvg()));
            Assert.All(Tables(study, known), table => Assert.NotNull(table.ToHtml()));
            Assert.NotNull(study.Verdict(known).ToString());
        }
        Assert.Contains("issing", study.Noise.Gain([]).Description);
    }

    [Fact]
    public void A_map_marks_the_cells_that_end_below_AdamW_and_writes_every_number()
    {
        var study = new Ablations("desk");
        var runs = AblationRecords.Of(study.Sensitivity.Plan, c => c.Optimizer.Kind != "AdEMAMix" ? 1.5 : c.Optimizer.Alpha == 5 ? 1.4 : 1.6);
        var figure = study.Sensitivity.AlphaAndBeta3(runs);
        Assert.Contains("3 of 9 settings end below tuned AdamW, 6 above; the lowest at -0.100", figure.Description);
        Assert.Equal(3, figure.ToSvg().Split("▼</text>").Length - 1);
        Assert.Contains("-0.100 ▼", figure.ToSvg());
        // plotly.js takes a name such as "10" on an axis of names for the tenth place.
        using var json = System.Text.Json.JsonDocument.Parse(figure.Json);
        Assert.All(json.RootElement.GetProperty("layout").GetProperty("annotations").EnumerateArray(), note => Assert.InRange(note.GetProperty("x").GetInt32(), 0, 2));
    }

    [Fact]
    public void The_lines_after_a_switch_start_before_it_at_zero()
    {
        var study = new Ablations("desk");
        var curve = study.Switch.AroundTheSwitch(AblationRecords.Of(study.Switch.Plan, c => 1.5, (c, step) => c.Switch is { } change && step > change.At ? 0.3 : 0)).Json;
        using var json = System.Text.Json.JsonDocument.Parse(curve);
        var mean = json.RootElement.GetProperty("data").EnumerateArray().First(t => t.TryGetProperty("showlegend", out var shown) && shown.GetBoolean());
        var y = mean.GetProperty("y").EnumerateArray().Select(v => v.GetDouble()).ToList();
        Assert.Equal(0, y[0], 2);
        Assert.Equal(0.3, y[^1], 2);
    }
}
