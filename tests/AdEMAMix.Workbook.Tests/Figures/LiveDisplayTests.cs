using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class LiveDisplayTests
{
    readonly ManualTime time = new();
    readonly List<object> shown = [];

    LiveDisplay Start(object value) => new("id", (_, shownValue, _) => shown.Add(shownValue), value, LiveDisplay.NotebookPause, time);

    [Fact]
    public void A_host_is_told_at_most_twice_a_second_and_always_of_the_last_value()
    {
        var display = Start(0);
        for (var i = 1; i <= 1000; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            display.Update(i);
        }
        // Ten seconds: the first value, then each half second the one that waited.
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (object)(i * 50 - 1)).Prepend(0), shown);
        display.Update(1001);
        time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.Equal(999, shown[^1]);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1001, shown[^1]);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(22, shown.Count);
    }

    [Fact]
    public void The_end_is_shown_at_once_and_stays()
    {
        var display = Start("begin");
        display.Update("middle");
        display.End("end");
        display.Update("late");
        display.End("later");
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(["begin", "end"], shown);
    }

    [Fact]
    public void Disposing_shows_what_waits()
    {
        using (var display = Start("begin")) display.Update("last");
        Assert.Equal(["begin", "last"], shown);
    }

    [Fact]
    public void A_host_that_has_gone_does_not_stop_the_work()
    {
        var display = new LiveDisplay("id", (_, _, update) =>
        {
            if (update) throw new ObjectDisposedException("engine");
        }, 0, LiveDisplay.NotebookPause, time);
        time.Advance(TimeSpan.FromSeconds(1));
        display.Update(1);
        display.End(2);
    }
}
