using System.Globalization;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

[Collection(nameof(WorkbookDisplay))]
public sealed class ProgressTests
{
    static List<string> Shown(Action run)
    {
        var seen = new List<string>();
        try
        {
            // Runs of other tests may show themselves meanwhile.
            WorkbookDisplay.Sink = (_, value, _) =>
            {
                if (value is ProgressState) seen.Add(value.ToString()!);
            };
            run();
        }
        finally
        {
            WorkbookDisplay.Sink = null;
        }
        return seen;
    }

    [Fact]
    public void A_loop_over_items_leaves_a_line_without_times()
    {
        var sum = 0;
        var seen = Shown(() =>
        {
            foreach (var i in Progress.Over([1, 2, 3], "rates", "runs")) sum += i;
        });
        Assert.Equal(6, sum);
        Assert.Equal(["rates: 0 of 3 runs (0 %)", "rates: 3 of 3 runs"], [seen[0], seen[^1]]);
    }

    [Fact]
    public void A_loop_that_is_left_early_says_stopped()
    {
        var left = Shown(() =>
        {
            foreach (var i in Progress.Over(Enumerable.Range(0, 10).ToArray()))
                if (i == 4) break;
        });
        Assert.Equal("4 of 10, stopped", left[^1]);
        var thrown = Shown(() => Assert.Throws<FormatException>(() =>
        {
            foreach (var i in Progress.Over([1, 2])) throw new FormatException();
        }));
        Assert.Equal("0 of 2, stopped", thrown[^1]);
    }

    [Fact]
    public void A_sequence_of_unknown_length_counts()
    {
        Assert.Equal(["lines: 0", "lines: 3"], Shown(() =>
        {
            foreach (var _ in Progress.Over(Lines(), "lines"))
            {
            }
        }));
        Assert.Equal("0 of 0", Shown(() =>
        {
            foreach (var _ in Progress.Over(Array.Empty<int>()))
            {
            }
        })[^1]);

        static IEnumerable<int> Lines()
        {
            for (var i = 0; i < 3; i++) yield return i;
        }
    }

    [Fact]
    public void A_bar_tells_speed_time_left_and_a_note()
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("fr-FR");
            var time = new ManualTime();
            var seen = Shown(() =>
            {
                using var bar = Progress.Of(4000, "training", "tokens", time);
                time.Advance(TimeSpan.FromSeconds(2));
                bar.Advance(1000, "loss 1.5");
                Assert.Equal(1000, bar.Done);
            });
            Assert.Equal("training: 1,000 of 4,000 tokens, stopped, loss 1.5", seen[^1]);
            var running = new ProgressState("training", "tokens", 1000, 4000, TimeSpan.FromSeconds(2), "loss 1.5", ProgressPhase.Running);
            Assert.Equal("training: 1,000 of 4,000 tokens (25 %), 500 tokens/s, 0:06 left, loss 1.5", running.ToString());
            Assert.Contains("width:25%", running.ToHtml());
            Assert.Equal("1 of 3 (33 %), 2.5 s each, 0:05 left", new ProgressState("", "", 1, 3, TimeSpan.FromSeconds(2.5), "", ProgressPhase.Running).ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Theory]
    [InlineData(0.2, "0:01")]
    [InlineData(59.5, "1:00")]
    [InlineData(3599, "59:59")]
    [InlineData(100000, "27:46:40")]
    public void Time_left_reads_as_a_clock(double seconds, string expected) => Assert.Equal(expected, ProgressState.Clock(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void A_bar_does_not_count_below_zero_or_past_its_page()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Progress.Of(-1));
        Assert.Contains("width:100%", new ProgressState("", "", 7, 3, TimeSpan.Zero, "", ProgressPhase.Running).ToHtml());
        Assert.Contains("&lt;b&gt;", new ProgressState("<b>", "", 1, 3, TimeSpan.Zero, "", ProgressPhase.Running).ToHtml());
    }
}
