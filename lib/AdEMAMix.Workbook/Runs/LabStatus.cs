using System.Globalization;
using System.Text;

namespace AdEMAMix.Workbook;

/// <summary>A plan's runs at one moment: a headline, a table with bars, and the curves so far.</summary>
[TypeFormatterSource(typeof(LabStatusFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
sealed class LabStatus(string experiment, IReadOnlyList<RunRecord> runs, bool ended = false)
{
    // Beyond so many runs the table shows those in progress and those that went wrong; the others are counted.
    const int MostRows = 24;
    const int BarWidth = 10;

    public string ToHtml()
    {
        var html = new StringBuilder(ToTable().ToHtml());
        if (LabCurves.Draw(runs) is { } curves)
            html.Append(CultureInfo.InvariantCulture, $"\n<img src=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(curves.ToSvg()))}\" alt=\"{System.Net.WebUtility.HtmlEncode(curves.Description)}\" width=\"{curves.Width}\" style=\"max-width:100%;height:auto\">");
        return html.ToString();
    }

    // A console gets the headline: a table every ten seconds would be a flood.
    public override string ToString() => ended ? ToTable().ToString() : Headline();

    Table ToTable()
    {
        var shown = runs.Count <= MostRows ? runs : [.. runs.Where(r => r.State is RunState.Running or RunState.Failed or RunState.Diverged or RunState.Stopped).Take(MostRows)];
        var hidden = runs.Count - shown.Count;
        (TableColumn, Func<RunRecord, object?>)[] columns =
        [
            ("run", r => r.Id),
            ("name", r => r.Config.Name),
            ("state", RunPlan.StateOf),
            ("progress", Bar),
            (TableColumn.Nats("validation loss"), r => r.Result?.ValidationLoss ?? r.Points.LastOrDefault(p => p.ValidationLoss is not null)?.ValidationLoss),
            (new TableColumn("tokens/s") { Format = "N0" }, r => r.TokensPerSecond > 0 && (!ended || r.IsDone) ? r.TokensPerSecond : null),
            ("left", r => r.IsDone || r.Step == 0 ? null : TimeSpan.FromSeconds(Math.Round(SecondsLeft(r)))),
        ];
        return Table.Of(shown, hidden == 0 ? Headline() : string.Create(CultureInfo.InvariantCulture, $"{Headline()} ({hidden} done or waiting runs not listed)"), ended ? columns[..^1] : columns);
    }

    string Headline()
    {
        var done = runs.Count(r => r.IsDone);
        if (done == runs.Count) return $"{experiment}: all {done} runs done";
        var (text, active) = ($"{experiment}: {done} of {runs.Count} runs done", runs.Where(r => r.State == RunState.Running && r.Step > 0).ToList());
        var speed = active.Sum(r => r.TokensPerSecond);
        if (ended) return text + ", stopped";
        if (active.Count == 0 || speed <= 0) return text;
        var secondsPerStep = active.Average(r => r.Seconds / r.Step);
        var left = runs.Where(r => !r.IsDone).Sum(r => (r.Config.Training.Steps - r.Step) * (r.Step > 0 ? r.Seconds / r.Step : secondsPerStep));
        return string.Create(CultureInfo.InvariantCulture, $"{text}, {active.Count} training, {speed:N0} tokens/s, about {ProgressState.Clock(TimeSpan.FromSeconds(left / active.Count))} left");
    }

    static string Bar(RunRecord run)
    {
        var share = Math.Clamp((double)run.Step / run.Config.Training.Steps, 0, 1);
        var full = (int)(share * BarWidth);
        return string.Create(CultureInfo.InvariantCulture, $"{new string('█', full)}{new string('░', BarWidth - full)} {share * 100:N0} %");
    }

    static double SecondsLeft(RunRecord run) => run.Seconds / run.Step * (run.Config.Training.Steps - run.Step);
}
