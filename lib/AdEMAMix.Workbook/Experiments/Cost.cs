using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// The paper's eleventh claim: AdEMAMix keeps one buffer more than AdamW, and AdamW's cheaper step buys it only 1 to 2 % more iterations in
/// the same time. Time and memory of both, measured side by side on one machine, and what the tokens that AdEMAMix saves are worth in seconds.
/// </summary>
public sealed partial class Cost
{
    // The upper end of what the paper says (section 3 and appendix).
    const double PapersMostPercent = 2;

    const string Remedy = "measure it in minutes with 'environment/workbook bench cost --json data/results/cost/NAME.json', or with 'measure = true' in the notebook";

    static readonly string[] formats = [OptimizerConfig.Full, OptimizerConfig.BFloat16, OptimizerConfig.EightBit];

    readonly CostSettings settings;

    /// <summary>The question at a preset.</summary>
    /// <param name="preset">"smoke" measures a few blocks of the smallest model, "desk" all; "full" is as "desk".</param>
    /// <exception cref="ConfigException">No such preset.</exception>
    public Cost(string preset)
    {
        Preset = Preset.Named(preset);
        settings = CostSettings.Of(Preset);
    }

    /// <summary>How much is measured.</summary>
    public Preset Preset { get; }

    /// <summary>What is measured, and whether a record of it is there.</summary>
    public Report Plan
    {
        get
        {
            var rows = settings.Sizes.Select(size => (object?[])[size.Name, Shape(size.Shape.Model), size.Shape.Training.BatchSize * size.Shape.Model.Context, settings.Rounds, settings.Blocks]);
            var shapes = string.Join(", ", settings.Shapes.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Tensors:N0} x {s.Elements:N0}")));
            return new Report(
                new Table(["model", "layers x width", "tokens a step", "repeats", "blocks a repeat"], rows, $"Whole training steps of {string.Join(", ", StepBenchmark.Optimizers.Select(o => o.Name))}, one thread, in alternating blocks; a repeat makes models and optimizers anew"),
                $"Beside them the optimizer's step alone, on tensors x values of {shapes}, in {settings.UpdateBlocks} blocks{(settings.HasPeers ? "; and AdEMAMix beside tensor operators and PyTorch" : "")}.",
                Latest() is { } record ? $"There is a record: {About(record)}." : $"**Not measured yet**: no record is committed. {Sentence(Remedy)}.");

            static string Shape(ModelConfig model) => string.Create(CultureInfo.InvariantCulture, $"{model.Layers} x {model.Width}");
        }
    }

    /// <summary>The committed record, or a new one of this machine.</summary>
    /// <param name="measure">
    /// True to measure here and now. That replaces nothing: the record is as long there as the notebook, until <see cref="CostRecord.Write"/> or
    /// 'environment/workbook bench cost --json FILE' puts one into data/results/cost.
    /// </param>
    /// <returns>Null where nothing is committed and nothing was to be measured.</returns>
    public CostRecord? Measure(bool measure)
    {
        var record = measure ? CostBenchmark.Run(Preset, WorkbookPaths.Find(), cancellation: AmbientCancellation.Token) : Latest();
        using var display = WorkbookDisplay.Start(new Report(
            record is null ? $"Not measured yet: no record is committed, and nothing was measured. {Sentence(Remedy)}."
            : measure ? $"Measured here: {About(record)}. Nothing committed was replaced."
            : $"Loaded: {About(record)}. Nothing was measured."), plainLines: true);
        return record;
    }

    /// <summary>Milliseconds of a whole step of each optimizer, and its time by AdamW's: geometric mean over repeats, with p-values Holm-corrected for all rows.</summary>
    public Table Steps(CostRecord? record)
    {
        var overheads = OverheadsOf(record);
        return Table.Of(
            from size in record?.Steps ?? []
            from side in size.Sides
            select (Size: size, Side: side, Overhead: overheads.Find(o => o.Size == size && o.Side == side)),
            Caption("Whole training steps, forward and backward included; time by AdamW's: geometric mean [95 % interval] over repeats", record),
            ("model", r => r.Size.Model),
            (new TableColumn("parameters") { Format = "N0" }, r => r.Size.Parameters),
            ("optimizer", r => r.Side.Optimizer),
            (new TableColumn("ms a step") { Format = "0.00" }, r => Interval.OfMean(r.Side.Milliseconds)),
            (new TableColumn("tokens/s") { Format = "N0" }, r => r.Size.TokensPerStep / (r.Side.Milliseconds.Average() / 1000)),
            ("n", r => r.Overhead?.Logs.Values.Count),
            (new TableColumn("more time than AdamW, %") { Format = "+0.00;-0.00" }, r => r.Overhead?.Percent),
            (new TableColumn("p (Holm)") { Format = "0.0000" }, r => r.Overhead is { Logs.HasP: true } o ? o.Logs.HolmP : null),
            (new TableColumn("detectable, %") { Format = "0.00" }, r => r.Overhead is { Logs.HasP: true } o ? 100 * (Math.Exp(o.Logs.SmallestDetectable) - 1) : null));
    }

    /// <summary>The optimizer's step alone, on as many values as stand in main memory: time, bytes, and how near it is to the speed of memory.</summary>
    public Table Updates(CostRecord? record) => Table.Of(Largest(record), Caption("The optimizer's step alone; bytes: what must be read and written at the least", record),
        ("optimizer", u => u.Optimizer),
        ("moments", u => u.States),
        (new TableColumn("parameters") { Format = "N0" }, u => u.Parameters),
        (new TableColumn("ns a parameter") { Format = "0.000" }, u => u.NanosecondsPerParameter),
        (new TableColumn("by AdamW fp32") { Format = "0.00" }, u => u.RatioToAdamW),
        (new TableColumn("bytes of moments") { Format = "0.00" }, u => u.StateBytesPerParameter),
        (new TableColumn("bytes moved") { Format = "0.0" }, u => u.TrafficBytesPerParameter),
        (new TableColumn("of the speed of memory") { Format = "P0" }, u => u.ShareOfMemorySpeed));

    /// <summary>AdEMAMix's step beside the same in tensor operators and in PyTorch, operator by operator.</summary>
    public Table Peers(CostRecord? record) => Table.Of(record?.Peers ?? [], Caption("AdEMAMix beside its peers: how many times their time it saves, neighbouring blocks", record),
        ("implementation", r => r.Implementation),
        ("mode", r => r.Mode),
        ("tensors", r => r.Tensors),
        (new TableColumn("parameters") { Format = "N0" }, r => r.Parameters),
        (new TableColumn("ms a step") { Format = "0.000" }, r => r.MsPerStep),
        (new TableColumn("of the speed of memory") { Format = "P0" }, r => r.FractionOfLimit),
        (new TableColumn("operators' time by it") { Format = "0.0" }, r => r.RatioToTensorOps),
        (new TableColumn("PyTorch's time by it") { Format = "0.0" }, r => r.RatioToPytorch));

    /// <summary>Several processes that train together: bytes against the least possible, and the share of time spent waiting.</summary>
    public Table Ranks(CostRecord? record) => Table.Of(record?.Ranks is { } ranks ? [ranks] : Array.Empty<RanksBenchmark>(),
        Caption("Ranks on one machine. Ranks that share a core take turns: their speed says nothing about more machines, their bytes do", record),
        ("ranks", r => r.Ranks),
        ("cores", r => r.Cores),
        ("states divided", r => r.ShardStates),
        (new TableColumn("bytes a rank and step") { Format = "N0" }, r => r.BytesSentPerStep),
        (new TableColumn("by the least") { Format = "0.000" }, r => r.BytesToMinimum),
        (new TableColumn("waiting") { Format = "P0" }, r => r.CommunicationShare),
        (new TableColumn("tokens/s") { Format = "N0" }, r => r.TokensPerSecond),
        (new TableColumn("by one process") { Format = "0.00" }, r => r.Speedup),
        (new TableColumn("bytes of moments a rank") { Format = "N0" }, r => r.StateBytesPerRank));

    /// <summary>Where the numbers come from.</summary>
    public Report Provenance(CostRecord? record) => record is null
        ? new Report($"Nothing was measured, so nothing above but the memory is a measurement. {Sentence(Remedy)}.")
        : new Report(
            $"- {About(record)}; code: {new CodeHistory(WorkbookPaths.Find().Root).Since(record.Environment.Commit)}\n- {record.Environment}, workbook {record.Environment.Workbook}",
            "The intervals count the repeats of one process on one machine; another machine, BLAS or batch has its own ratio.");

    static CostRecord? Latest() => CostRecord.Latest(WorkbookPaths.Find());

    static string About(CostRecord record) => string.Create(CultureInfo.InvariantCulture,
        $"measured {record.Measured:yyyy-MM-dd HH:mm} UTC at commit {record.Environment.Commit}, {record.Threads} thread{(record.Threads == 1 ? "" : "s")}");

    static string Caption(string caption, CostRecord? record) => record is null ? $"{caption}. Not measured yet" : caption;

    static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    // The tensors that stand in main memory.
    static IEnumerable<UpdateBenchmark> Largest(CostRecord? record) =>
        record is { Updates.Count: > 0 } ? record.Updates.Where(u => u.Parameters == record.Updates.Max(x => x.Parameters)) : [];
}
