using Xunit;

namespace AdEMAMix.Tests;

public class SchedulesTests
{
    [Theory]
    [InlineData(0.9, 5.6)]
    [InlineData(0.99, 68)]
    [InlineData(0.999, 692)]
    [InlineData(0.9999, 6930)]
    public void Half_lives_are_those_of_the_paper(double beta, double halfLife) =>
        Assert.Equal(halfLife, Beta3Schedule.HalfLife(beta), halfLife * 0.005);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_warmup_of_0_or_1_steps_is_no_warmup(long warmup)
    {
        Assert.Equal(5, new AlphaSchedule(5, warmup).At(1));
        Assert.Equal(0.9999, new Beta3Schedule(0.9, 0.9999, warmup).At(1));
    }

    [Fact]
    public void Alpha_rises_linearly_and_is_reached_at_the_last_warmup_step()
    {
        var alpha = new AlphaSchedule(8, 40);
        Assert.Equal(0.2, alpha.At(1), 1e-15);
        Assert.Equal(4, alpha.At(20), 1e-15);
        Assert.Equal(8, alpha.At(40));
        Assert.Equal(8, alpha.At(41));
    }

    [Fact]
    public void Beta3_rises_linearly_in_its_half_life()
    {
        var beta3 = new Beta3Schedule(0.9, 0.9999, 1000);
        var halfLives = Enumerable.Range(1, 999).Select(t => Beta3Schedule.HalfLife(beta3.At(t))).ToArray();
        var step = (Beta3Schedule.HalfLife(0.9999) - Beta3Schedule.HalfLife(0.9)) / 1000;
        for (var i = 1; i < halfLives.Length; i++)
            Assert.Equal(step, halfLives[i] - halfLives[i - 1], step * 0.01);
        Assert.Equal(0.9999, beta3.At(1000));
    }

    [Fact]
    public void Beta1_zero_with_a_warmup_is_a_number()
    {
        var beta3 = new Beta3Schedule(0, 0.9999, 30);
        for (var t = 1; t <= 31; t++)
            Assert.InRange(beta3.At(t), 0, 0.9999);
    }
}
