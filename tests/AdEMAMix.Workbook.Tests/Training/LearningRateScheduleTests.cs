using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class LearningRateScheduleTests
{
    static readonly LearningRateSchedule Schedule = new(Peak: 1e-2, Final: 1e-5, WarmupSteps: 100, Steps: 4000);

    [Fact]
    public void It_rises_linearly_to_the_peak_and_falls_to_the_final_rate_at_the_last_step()
    {
        Assert.Equal(1e-4, Schedule.At(1), 1e-12);
        Assert.Equal(5e-3, Schedule.At(50), 1e-12);
        Assert.Equal(1e-2, Schedule.At(100), 1e-12);
        Assert.Equal((1e-2 + 1e-5) / 2, Schedule.At(2050), 1e-12);
        Assert.Equal(1e-5, Schedule.At(4000), 1e-12);
    }

    [Fact]
    public void After_the_warmup_it_never_rises()
    {
        for (var step = 101; step <= 4000; step++) Assert.True(Schedule.At(step) < Schedule.At(step - 1));
    }

    [Fact]
    public void No_warmup_and_a_run_of_one_step_are_no_special_cases()
    {
        Assert.Equal(1e-5, (Schedule with { WarmupSteps = 0, Steps = 1 }).At(1), 1e-12);
        Assert.True(double.IsFinite((Schedule with { WarmupSteps = 5, Steps = 5 }).At(5)));
        Assert.Equal(2e-3, (Schedule with { WarmupSteps = 5, Steps = 3 }).At(1), 1e-12);
    }

    [Fact]
    public void A_constant_schedule_stays_at_the_peak_and_then_falls_in_a_straight_line()
    {
        var schedule = Schedule with { LinearDecaySteps = 1000 };
        Assert.Equal(5e-3, schedule.At(50), 1e-12);
        Assert.All((int[])[100, 101, 2000, 3000], step => Assert.Equal(1e-2, schedule.At(step)));
        Assert.Equal((1e-2 + 1e-5) / 2, schedule.At(3500), 1e-12);
        Assert.Equal(1e-5, schedule.At(4000), 1e-12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3901)]
    public void A_decay_that_does_not_fit_beside_the_warmup_is_refused(int decay) =>
        Assert.Contains("training.linearDecaySteps", Assert.Throws<ConfigException>(() => RunConfig.Parse($$"""{ "training": { "steps": 4000, "warmupSteps": 100, "linearDecaySteps": {{decay}} } }""")).Message);
}
