using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>The runs that an experiment needs; shows which are done and what the rest will take.</summary>
[TypeFormatterSource(typeof(RunPlanFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed class RunPlan
{
    // What a core of a few years ago makes of a small GPT; only until the store knows better.
    const double AssumedFlops = 15e9;

    /// <summary>A plan.</summary>
    /// <param name="experiment">The experiment's name, also of its folder under data/results.</param>
    /// <param name="runs">The runs; each configuration once.</param>
    /// <exception cref="ConfigException">A configuration is wrong or stands twice.</exception>
    public RunPlan(string experiment, IEnumerable<RunConfig> runs)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(experiment);
        ArgumentNullException.ThrowIfNull(runs);
        Experiment = experiment;
        Runs = [.. runs.Select(r => r.Validate())];
        var twice = Runs.GroupBy(r => r.RunId).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null) throw new ConfigException($"The plan holds run {twice.Key} twice ({string.Join(" and ", twice.Select(r => $"'{r.Name}'"))}); remove one or change a seed.");
    }

    /// <summary>The experiment's name.</summary>
    public string Experiment { get; }

    /// <summary>The runs in the order in which they start.</summary>
    public IReadOnlyList<RunConfig> Runs { get; }

    /// <summary>The plan against the workbook's store: runs, tokens, what is done, minutes left.</summary>
    public Table ToTable()
    {
        var paths = WorkbookPaths.Find();
        using var store = RunStore.Open(paths.Store);
        ResultFile.ImportAll(store, paths.Results);
        return ToTable(store);
    }

    internal Table ToTable(RunStore store)
    {
        var records = store.List().ToDictionary(r => r.Id);
        var rows = Runs.Select(config =>
        {
            var record = records.GetValueOrDefault(config.RunId);
            return (Config: config, Record: record, Seconds: SecondsLeft(config, record, records.Values));
        }).ToList();
        var slots = Math.Min(Slots(Runs), Math.Max(1, rows.Count(r => r.Seconds > 0)));
        var minutes = rows.Sum(r => r.Seconds) / slots / 60;
        var done = rows.Count(r => r.Record?.IsDone == true);
        var left = done == rows.Count ? "nothing left to train" : string.Create(CultureInfo.InvariantCulture, $"about {Math.Max(1, Math.Ceiling(minutes)):N0} min left, {slots} at a time");
        return Table.Of(rows, $"{done} of {rows.Count} runs done; {left}",
            ("run", r => r.Config.RunId),
            ("name", r => r.Config.Name),
            (new TableColumn("tokens") { Format = "N0" }, r => r.Config.Training.Tokens(r.Config.Model)),
            ("state", r => r.Record is { } record ? StateOf(record) : "not begun"),
            (new TableColumn("minutes left") { Format = "0.0" }, r => r.Seconds / 60));
    }

    /// <summary>How many runs fit this machine's cores at once.</summary>
    internal static int Slots(IReadOnlyList<RunConfig> runs) => Math.Max(1, Environment.ProcessorCount / runs.Select(r => r.Training.Threads).DefaultIfEmpty(1).Max());

    internal static string StateOf(RunRecord run) => run.State switch
    {
        RunState.Running when run.IsAbandoned => "interrupted",
        RunState.Diverged => string.Create(CultureInfo.InvariantCulture, $"diverged at step {run.Step:N0}"),
        RunState.Finished => "done",
        _ => RunStore.Name(run.State),
    };

    /// <summary>The sentence on runs that diverged and so are in no average; nothing where none did.</summary>
    internal static IEnumerable<string> LeftOut(IReadOnlyList<RunRecord> runs) => runs.Count(r => r.State == RunState.Diverged) is > 0 and var diverged
        ? [string.Create(CultureInfo.InvariantCulture, $"{diverged} of {runs.Count} runs diverged and are not in these numbers.")]
        : [];

    static double SecondsLeft(RunConfig config, RunRecord? record, IEnumerable<RunRecord> known)
    {
        if (record?.IsDone == true) return 0;
        var share = 1 - (double)(record?.Step ?? 0) / config.Training.Steps;
        // The median of runs of the same model and batch, evaluation included.
        var alike = known.Where(r => r.Config.Model == config.Model && r.Config.Training.BatchSize == config.Training.BatchSize && r.Seconds > 0 && r.Step > 0)
            .Select(r => r.Seconds / (r.Step * (double)r.Config.Training.BatchSize * r.Config.Model.Context)).Order().ToList();
        var perToken = alike.Count > 0 ? alike[alike.Count / 2] : 6 * EstimatedParameters(config.Model) / AssumedFlops;
        return share * config.Training.Tokens(config.Model) * perToken;
    }

    static double EstimatedParameters(ModelConfig model) => 12.0 * model.Layers * model.Width * model.Width + (2 * 100 + model.Context) * (double)model.Width;

    internal string ToHtml() => ToTable().ToHtml();

    /// <inheritdoc/>
    public override string ToString() => ToTable().ToString();
}
