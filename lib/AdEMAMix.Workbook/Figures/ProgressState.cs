using System.Globalization;
using System.Net;

namespace AdEMAMix.Workbook;

/// <summary>Whether what a bar shows goes on.</summary>
enum ProgressPhase
{
    Running,
    Done,
    Stopped,
}

/// <summary>A progress bar at one moment, as a page and a console show it.</summary>
[TypeFormatterSource(typeof(ProgressStateFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
sealed record ProgressState(string Label, string Unit, long Done, long? Total, TimeSpan Elapsed, string Note, ProgressPhase Phase)
{
    const string Blue = "#0072B2";

    /// <summary>Items per second since the start; NaN where it is too early to say.</summary>
    public double Rate => Elapsed.TotalSeconds > 0 && Done > 0 ? Done / Elapsed.TotalSeconds : double.NaN;

    /// <summary>The time left at this speed; null where it cannot be known.</summary>
    public TimeSpan? Left => Total is { } total && double.IsFinite(Rate) && total > Done && (total - Done) / Rate is < 1e8 and var seconds ? TimeSpan.FromSeconds(seconds) : null;

    public string ToHtml()
    {
        var share = Total is { } total ? total == 0 ? 1 : Math.Min(1, (double)Done / total) : Phase == ProgressPhase.Done ? 1 : 0;
        return string.Create(CultureInfo.InvariantCulture, $"""
            <div style="max-width:560px">{WebUtility.HtmlEncode(ToString())}
            <div style="height:6px;margin:4px 0;border-radius:3px;background:rgba(128,128,128,0.25)"><div style="width:{share * 100:0.#}%;height:6px;border-radius:3px;background:{Blue}"></div></div></div>
            """).ReplaceLineEndings("\n");
    }

    public override string ToString() => (Label.Length > 0 ? Label + ": " : "") + string.Join(", ", Parts());

    IEnumerable<string> Parts()
    {
        var unit = Unit.Length > 0 ? " " + Unit : "";
        yield return Total is { } total ? string.Create(CultureInfo.InvariantCulture, $"{Done:N0} of {total:N0}{unit}{(Phase == ProgressPhase.Running && total > 0 ? $" ({100.0 * Done / total:0} %)" : "")}")
            : string.Create(CultureInfo.InvariantCulture, $"{Done:N0}{unit}");
        if (Phase == ProgressPhase.Stopped) yield return "stopped";
        if (Phase == ProgressPhase.Running && double.IsFinite(Rate))
            yield return Rate >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{Digits(Rate)}{unit}/s") : string.Create(CultureInfo.InvariantCulture, $"{Digits(1 / Rate)} s each");
        if (Phase == ProgressPhase.Running && Left is { } left) yield return $"{Clock(left)} left";
        if (Note.Length > 0) yield return Note;
    }

    /// <summary>"0:05", "12:30", "1:02:03".</summary>
    public static string Clock(TimeSpan time)
    {
        var whole = TimeSpan.FromSeconds(Math.Ceiling(time.TotalSeconds));
        return string.Create(CultureInfo.InvariantCulture, $"{(whole.TotalHours >= 1 ? $"{(long)whole.TotalHours}:{whole.Minutes:00}" : whole.Minutes)}:{whole.Seconds:00}");
    }

    static string Digits(double value) => value.ToString(value >= 100 ? "N0" : "0.0", CultureInfo.InvariantCulture);
}
