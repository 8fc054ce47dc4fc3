using System.Diagnostics;
using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>Live progress of a plan: a table where a notebook listens, a line now and then on a console.</summary>
sealed class LabDisplay(RunPlan plan)
{
    const int BarWidth = 10;
    static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    readonly bool hosted = WorkbookDisplay.Sink is not null || InteractiveDisplay.Find() is not null;
    LiveDisplay? display;
    long written;
    string last = "";

    /// <summary>Shows where the runs are, if that has changed.</summary>
    public void Update(IReadOnlyList<RunRecord> runs)
    {
        var headline = Headline(runs);
        var state = headline + string.Join(",", runs.Select(r => $"{r.State}{r.Step}"));
        if (state == last) return;
        last = state;
        if (hosted)
        {
            var table = ToTable(runs, headline);
            if (display is null) display = WorkbookDisplay.Start(table);
            else display.Update(table);
        }
        else if (written == 0 || Stopwatch.GetElapsedTime(written) >= BetweenLines || runs.All(r => r.IsDone))
        {
            written = Stopwatch.GetTimestamp();
            Console.Error.WriteLine(headline);
        }
    }

    static Table ToTable(IReadOnlyList<RunRecord> runs, string headline) => Table.Of(runs, headline,
        ("run", r => r.Id),
        ("name", r => r.Config.Name),
        ("state", RunPlan.StateOf),
        ("progress", Bar),
        (new TableColumn("validation loss") { Format = "0.0000" }, r => r.Result?.ValidationLoss ?? r.Points.LastOrDefault(p => p.ValidationLoss is not null)?.ValidationLoss),
        (new TableColumn("tokens/s") { Format = "N0" }, r => r.TokensPerSecond > 0 ? r.TokensPerSecond : null),
        ("left", r => r.IsDone || r.Step == 0 ? null : TimeSpan.FromSeconds(Math.Round(SecondsLeft(r)))));

    static string Bar(RunRecord run)
    {
        var share = (double)run.Step / run.Config.Training.Steps;
        var full = (int)(share * BarWidth);
        return string.Create(CultureInfo.InvariantCulture, $"{new string('█', full)}{new string('░', BarWidth - full)} {share * 100:N0} %");
    }

    string Headline(IReadOnlyList<RunRecord> runs)
    {
        var done = runs.Count(r => r.IsDone);
        if (done == runs.Count) return $"{plan.Experiment}: all {done} runs done";
        var active = runs.Where(r => r.State == RunState.Running && r.Step > 0).ToList();
        var speed = active.Sum(r => r.TokensPerSecond);
        if (active.Count == 0 || speed <= 0) return $"{plan.Experiment}: {done} of {runs.Count} runs done";
        var secondsPerStep = active.Average(r => r.Seconds / r.Step);
        var left = runs.Where(r => !r.IsDone).Sum(r => (r.Config.Training.Steps - r.Step) * (r.Step > 0 ? r.Seconds / r.Step : secondsPerStep));
        var eta = TimeSpan.FromSeconds(Math.Ceiling(left / active.Count));
        return string.Create(CultureInfo.InvariantCulture, $"{plan.Experiment}: {done} of {runs.Count} runs done, {active.Count} training, {speed:N0} tokens/s, about {eta:h\\:mm\\:ss} left");
    }

    static double SecondsLeft(RunRecord run) => run.Seconds / run.Step * (run.Config.Training.Steps - run.Step);
}
