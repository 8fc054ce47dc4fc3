using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class PairedDifferenceTests
{
    [Fact]
    public void The_p_value_is_that_of_students_paired_t_test()
    {
        // With two degrees of freedom the two-sided p-value is 1 - |t| / sqrt(2 + t^2); here t = -9.11443.
        Assert.Equal(0.0118245, new PairedDifference([1.451 - 1.487, 1.441 - 1.486, 1.450 - 1.481]).PValue, 1e-6);
    }

    [Fact]
    public void A_diverged_run_counts_against_its_side_by_the_sign_test()
    {
        var difference = new PairedDifference([-0.03, double.NegativeInfinity, -0.04, -0.02, -0.05]);
        Assert.Equal(2 / 32.0, difference.PValue, 1e-12);
        Assert.Equal(-0.04, difference.Mean.Center);
        Assert.True(double.IsNaN(difference.Mean.Low));
        Assert.False(difference.IsConclusive);
        Assert.Contains("1 with a run that diverged", difference.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pair_that_diverged_under_both_is_a_tie()
    {
        var difference = new PairedDifference([double.NaN, -0.1, -0.2, -0.1, -0.2, -0.1, -0.3]);
        Assert.Equal(2 / 64.0, difference.PValue, 1e-12);
        Assert.True(difference.IsConclusive);
        Assert.Equal(1, new PairedDifference([double.NaN, double.NaN]).PValue);
    }

    [Fact]
    public void Where_all_diverged_on_one_side_the_median_is_infinite_and_not_a_number_nowhere()
    {
        var difference = new PairedDifference([double.PositiveInfinity, double.PositiveInfinity]);
        Assert.Equal(double.PositiveInfinity, difference.Mean.Center);
        Assert.Equal(0.5, difference.PValue, 1e-12);
    }
}
