namespace AdEMAMix.Workbook;

/// <summary>Live progress of a plan: a table and growing loss curves where a notebook listens, a line now and then on a console.</summary>
sealed class LabDisplay(RunPlan plan) : IDisposable
{
    LiveDisplay? display;
    string last = "";

    /// <summary>Shows where the runs are, if that has changed.</summary>
    public void Update(IReadOnlyList<RunRecord> runs)
    {
        var state = string.Join(",", runs.Select(r => $"{r.State}{r.Step}"));
        if (state == last) return;
        last = state;
        var status = new LabStatus(plan.Experiment, runs);
        if (display is null) display = WorkbookDisplay.Start(status, plainLines: true);
        else display.Update(status);
    }

    /// <summary>Leaves the state that the notebook's file keeps: no time left, and no speed of runs that are still going.</summary>
    public void End(IReadOnlyList<RunRecord> runs)
    {
        var status = new LabStatus(plan.Experiment, runs, ended: true);
        if (display is null) display = WorkbookDisplay.Start(status, plainLines: true);
        else display.End(status);
    }

    public void Dispose() => display?.Dispose();
}
