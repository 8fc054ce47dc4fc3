using System.Globalization;

namespace AdEMAMix.Workbook;

// What a plan takes, known before it starts; and the refusal of one that does not fit the machine.
public sealed partial class RunPlan
{
    // What a core of a few years ago makes of a small GPT; only until the store knows better.
    const double AssumedFlops = 15e9;

    static readonly double nodeFlops = 8 * Accelerator.Assumed.BFloat16Flops * ScalePlan.DefaultMfu;

    const double SecondsPerDay = 86400;

    readonly Lazy<Dictionary<string, RunEstimate>> estimates;

    /// <summary>What each kind of run takes, computed from the configurations: parameters, operations, memory, disk, days on eight GPUs.</summary>
    public Table Costs()
    {
        var kinds = Runs.GroupBy(r => (r.Model, r.Optimizer.Kind, r.Training.Steps, r.Training.BatchSize)).Select(g => (Runs: g.Count(), Config: g.First(), Estimate: EstimateOf(g.First())));
        return Table.Of(kinds, "What each kind of run takes: operations of forward and backward pass; memory with weights, gradients and moments in float on one device; days on eight GPUs of 312 TFLOP/s if training gets 40 % of that",
            ("model (width/layers/heads)", k => string.Create(CultureInfo.InvariantCulture, $"{k.Config.Model.Width}/{k.Config.Model.Layers}/{k.Config.Model.Heads}")),
            ("optimizer", k => k.Config.Optimizer.Kind),
            ("runs", k => k.Runs),
            ("parameters", k => string.Create(CultureInfo.InvariantCulture, $"{k.Estimate.Parameters / 1e6:#,0.#}M")),
            ("steps", k => k.Config.Training.Steps),
            (Samples, k => string.Create(CultureInfo.InvariantCulture, $"{k.Estimate.Tokens / 1e9:#,0.##}B")),
            (new TableColumn("FLOPs") { Format = "0.0E0" }, k => k.Estimate.Flops),
            ("memory", k => RunEstimate.Text(k.Estimate.TensorBytes)),
            ("checkpoint", k => RunEstimate.Text(k.Estimate.CheckpointBytes)),
            (new TableColumn("days, 8 GPUs") { Format = "#,0.0" }, k => k.Estimate.Flops / nodeFlops / SecondsPerDay));
    }

    /// <summary>
    /// How many runs go at once where nobody else trains: as many as fit the cores, and one on each GPU where there are some; fewer where
    /// the largest would not fit the memory so often.
    /// </summary>
    internal int SlotsOn(MachineRoom machine)
    {
        if (Runs.Count == 0) return 1;
        var byCores = machine.Cores / Runs.Max(r => r.Training.Threads);
        var byMemory = machine.MemoryBytes / Runs.Max(r => machine.HostBytes(EstimateOf(r)));
        var byGpus = machine.Gpus.Count > 0 ? machine.Gpus.Count : int.MaxValue;
        return (int)Math.Max(1, Math.Min(Math.Min(byCores, byGpus), byMemory));
    }

    /// <summary>Refuses a plan that cannot end well here, before anything is started.</summary>
    /// <param name="known">What the store holds: runs that are done need nothing.</param>
    /// <param name="machine">Where the plan is to run.</param>
    /// <exception cref="ConfigException">The plan has needs, or an unfinished run needs more memory or disk than there is.</exception>
    internal void RequireRoom(IReadOnlyList<RunRecord> known, MachineRoom machine)
    {
        var open = Open(known).Select(r => (Config: r, Estimate: EstimateOf(r))).ToList();
        if (open.Count == 0) return;
        if (Needs.Count > 0)
            throw new ConfigException(string.Create(CultureInfo.InvariantCulture, $"The plan '{Experiment}' cannot be run yet ({Needs.Count} needs: {string.Join("; ", Needs.Select(n => n.TrimEnd('.')))}): choose the preset desk, or a size of your own."));
        Require(open.MaxBy(r => machine.HostBytes(r.Estimate)), machine.HostBytes, "memory", machine.MemoryBytes, "the machine");
        if (machine.Gpus.Count > 0) Require(open.MaxBy(r => r.Estimate.TensorBytes), e => e.TensorBytes, "GPU memory", machine.GpuMemoryBytes, "a GPU");
        var disk = DiskBytes(open.Select(r => r.Estimate), SlotsOn(machine));
        if (disk > machine.FreeDiskBytes)
            throw new ConfigException(string.Create(CultureInfo.InvariantCulture,
                $"The {open.Count} runs of '{Experiment}' that are left need about {RunEstimate.Text(disk)} of disk for checkpoints, but {RunEstimate.Text(machine.FreeDiskBytes)} are free: free space, or run fewer of them; nothing was started."));
    }

    static void Require((RunConfig Config, RunEstimate Estimate) largest, Func<RunEstimate, long> needed, string what, long available, string where)
    {
        if (needed(largest.Estimate) > available)
            throw new ConfigException(string.Create(CultureInfo.InvariantCulture,
                $"The run '{largest.Config.Name}' needs about {RunEstimate.Text(needed(largest.Estimate))} of {what} ({largest.Estimate.Parameters / 1e6:#,0.#}M parameters), but {where} has {RunEstimate.Text(available)}: choose a smaller model or batch, or a machine with more memory; nothing was started."));
    }

    // What is left to train.
    IEnumerable<RunConfig> Open(IReadOnlyList<RunRecord> known)
    {
        var done = known.Where(r => r.IsDone).Select(r => r.Id).ToHashSet();
        return Runs.Where(r => !done.Contains(r.RunId));
    }

    internal RunEstimate EstimateOf(RunConfig config) => estimates.Value[config.RunId];

    string Caption(IReadOnlyList<RunRecord> known, MachineRoom machine, double seconds)
    {
        var open = Open(known).Select(EstimateOf).ToList();
        var caption = string.Create(CultureInfo.InvariantCulture, $"{Runs.Count - open.Count} of {Runs.Count} runs done, {Millions(Runs.Sum(r => r.Tokens))} {Samples} in all; ");
        if (open.Count == 0) return caption + "nothing left to train";
        var slots = Math.Min(SlotsOn(machine), open.Count);
        var memory = open.Select(e => e.MemoryBytes).OrderDescending().ToList();
        caption += string.Create(CultureInfo.InvariantCulture,
            $"about {Duration(seconds / slots)} left, {slots} at a time; memory {RunEstimate.Text(memory[0])} a run{(slots > 1 ? $", {RunEstimate.Text(memory.Take(slots).Sum())} at once" : "")}; disk {RunEstimate.Text(DiskBytes(open, slots))}");
        return Needs.Count == 0 ? caption : caption + "; it cannot be run yet, see below";
    }

    /// <summary>The needs as a list.</summary>
    internal string NeedsText => $"**What the workbook cannot do yet and these runs need:**\n\n{string.Join("\n", Needs.Select(n => "- " + n))}";

    // A checkpoint of every run, and of those that run at once a second one while it is written.
    static long DiskBytes(IEnumerable<RunEstimate> open, int slots)
    {
        var sizes = open.Select(e => e.CheckpointBytes).OrderDescending().ToList();
        return sizes.Sum() + sizes.Take(slots).Sum();
    }

    double SecondsLeft(RunConfig config, RunRecord? record, IEnumerable<RunRecord> known)
    {
        if (record?.IsDone == true) return 0;
        var share = 1 - (double)(record?.Step ?? 0) / config.Training.Steps;
        // The median of runs of the same model and batch, evaluation included.
        var alike = known.Where(r => r.Config.Model == config.Model && r.Config.Vision?.Patch == config.Vision?.Patch && r.Config.Training.BatchSize == config.Training.BatchSize && r.Seconds > 0 && r.Step > 0)
            .Select(r => r.Seconds / r.Step).Order().ToList();
        return share * (alike.Count > 0 ? config.Training.Steps * alike[alike.Count / 2] : EstimateOf(config).Flops / AssumedFlops);
    }

    static string Millions(long tokens) => tokens >= 1e9
        ? string.Create(CultureInfo.InvariantCulture, $"{tokens / 1e9:#,0.#}B")
        : string.Create(CultureInfo.InvariantCulture, $"{tokens / 1e6:0.#}M");

    static string Duration(double seconds) => seconds switch
    {
        < 5400 => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, Math.Ceiling(seconds / 60)):0} min"),
        < 2 * SecondsPerDay => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / SecondsPerDay:#,0} days"),
    };
}
