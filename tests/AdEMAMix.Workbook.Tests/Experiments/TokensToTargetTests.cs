using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class TokensToTargetTests
{
    static readonly (double, double)[] Runs = [(1e6, 1.7), (2e6, 1.6), (4e6, 1.5)];

    [Fact]
    public void Between_two_budgets_the_line_runs_over_the_logarithm_of_tokens()
    {
        var reached = TokensToTarget.Of(Runs, 1.55);
        Assert.Equal(2e6 * Math.Sqrt(2), reached.Tokens, 1);
        Assert.Equal(Bound.Exact, reached.Bound);
        Assert.Equal(4e6, TokensToTarget.Of(Runs, 1.5).Tokens, 1);
    }

    [Fact]
    public void A_target_that_no_budget_reaches_is_a_miss() =>
        Assert.Equal(new TokensToTarget(4e6, Bound.AtLeast), TokensToTarget.Of(Runs, 1.4));

    [Fact]
    public void A_target_that_the_smallest_budget_reaches_is_an_upper_end() =>
        Assert.Equal(new TokensToTarget(1e6, Bound.AtMost), TokensToTarget.Of(Runs, 1.8));

    [Fact]
    public void The_first_crossing_counts_where_noise_makes_several() =>
        Assert.Equal(1.5e6, TokensToTarget.Of([(1e6, 1.7), (2.25e6, 1.5), (3e6, 1.65), (4e6, 1.5)], 1.6).Tokens, 1);

    [Fact]
    public void A_diverged_run_has_not_reached_the_target_and_is_no_end_of_a_line()
    {
        Assert.Equal(new TokensToTarget(4e6, Bound.AtMost), TokensToTarget.Of([(1e6, 1.7), (2e6, double.PositiveInfinity), (4e6, 1.5)], 1.55));
        Assert.True(TokensToTarget.Of([(1e6, double.PositiveInfinity)], 1.55).IsMiss);
    }

    [Theory]
    [InlineData("AtLeast", "Exact", "AtLeast")]
    [InlineData("Exact", "AtMost", "AtLeast")]
    [InlineData("Exact", "AtLeast", "AtMost")]
    [InlineData("AtMost", "Exact", "AtMost")]
    [InlineData("AtLeast", "AtLeast", "Unknown")]
    [InlineData("AtMost", "AtMost", "Unknown")]
    [InlineData("Exact", "Exact", "Exact")]
    public void A_quotient_is_bounded_as_its_parts_are(string above, string below, string quotient) =>
        Assert.Equal(Enum.Parse<Bound>(quotient), TokensToTarget.OfQuotient(Enum.Parse<Bound>(above), Enum.Parse<Bound>(below)));
}
