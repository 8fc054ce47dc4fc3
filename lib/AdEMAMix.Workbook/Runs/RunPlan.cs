using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>The runs that an experiment needs; shows which are done, and what the rest will take in time, memory and disk.</summary>
[TypeFormatterSource(typeof(RunPlanFormatters), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed partial class RunPlan
{
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
        estimates = new(() =>
        {
            var paths = WorkbookPaths.Find();
            return Runs.ToDictionary(r => r.RunId, r => RunEstimate.Of(r, paths));
        });
    }

    /// <summary>The experiment's name.</summary>
    public string Experiment { get; }

    /// <summary>The runs in the order in which they start.</summary>
    public IReadOnlyList<RunConfig> Runs { get; }

    /// <summary>What the workbook cannot do yet and these runs need, a sentence each; a plan with needs is shown with its costs and never started.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>The plan against the workbook's store: runs, tokens, what is done, minutes left, memory and disk.</summary>
    public Table ToTable()
    {
        var paths = WorkbookPaths.Find();
        using var store = RunStore.Open(paths.Store);
        ResultFile.ImportAll(store, paths.Results);
        return ToTable(store);
    }

    internal Table ToTable(RunStore store) => ToTable(store.List(), MachineRoom.Here(store.FilePath));

    internal Table ToTable(IReadOnlyList<RunRecord> known, MachineRoom machine)
    {
        var records = known.ToDictionary(r => r.Id);
        var rows = Runs.Select(config =>
        {
            var record = records.GetValueOrDefault(config.RunId);
            return (Config: config, Record: record, Seconds: SecondsLeft(config, record, known));
        }).ToList();
        return Table.Of(rows, Caption(known, machine, rows.Sum(r => r.Seconds)),
            ("run", r => r.Config.RunId),
            ("name", r => r.Config.Name),
            (new TableColumn(Samples) { Format = "N0" }, r => r.Config.Tokens),
            ("state", r => r.Record is { } record ? StateOf(record) : "not begun"),
            (new TableColumn("minutes left") { Format = "#,0.0" }, r => r.Seconds / 60));
    }

    string Samples => Runs.Count > 0 && Runs.All(r => r.Vision is not null) ? "images" : "tokens";

    internal static string StateOf(RunRecord run) => run.State switch
    {
        RunState.Running when run.IsAbandoned => "interrupted",
        RunState.Diverged => string.Create(CultureInfo.InvariantCulture, $"diverged at step {run.Step:N0}"),
        RunState.Finished => "done",
        _ => RunStore.Name(run.State),
    };

    /// <summary>The sentence on runs that diverged; nothing where none did.</summary>
    internal static IEnumerable<string> Diverged(IReadOnlyList<RunRecord> runs) => runs.Count(r => r.State == RunState.Diverged) is > 0 and var diverged
        ? [string.Create(CultureInfo.InvariantCulture, $"{diverged} of {runs.Count} runs diverged: they are in no mean, and in every comparison they count as worse than any run that did not.")]
        : [];

    internal string ToHtml() => ToReport().ToHtml();

    /// <inheritdoc/>
    public override string ToString() => ToReport().ToString();

    Report ToReport() => Needs.Count == 0 ? new Report(ToTable()) : new Report(ToTable(), Costs(), NeedsText);
}
