using System.Globalization;

namespace AdEMAMix.Workbook;

// What would fit instead of a plan that does not: every combination of the changes at hand is planned anew, the smallest are named.
public sealed partial record ScalePlan
{
    const int MostNamed = 3;

    /// <summary>Refuses a plan that does not fit, naming what would.</summary>
    /// <exception cref="CapacityException">A rank's tensors exceed its GPU.</exception>
    public void RequireRoom()
    {
        if (Fits) return;
        var remedies = Remedies();
        var remedy = remedies.Count > 0 ? $"what would fit: {string.Join(", or ", remedies.Take(MostNamed))}" : Hopeless();
        throw new CapacityException(string.Create(CultureInfo.InvariantCulture,
            $"'{Config.Name}' needs {RunEstimate.Text(RankBytes)} on each GPU, but {RunEstimate.Text(UsableBytes)} of its {RunEstimate.Text(Device.MemoryBytes)} may be filled; {remedy}."));
    }

    /// <summary>The smallest changes under which the run fits, as options of `workbook plan` with the bytes that a rank then needs; more GPUs only where nothing else helps.</summary>
    internal IReadOnlyList<string> Remedies()
    {
        var batch = Config.Training.BatchSize;
        foreach (var gpus in Enumerable.Range(Layout.Gpus, batch - Layout.Gpus + 1).Where(g => g == Layout.Gpus || batch % g == 0))
        {
            // Fewer changes first, and none that holds a smaller one that fits already.
            var fitting = new List<(IReadOnlySet<string> Changes, string Text)>();
            foreach (var (changes, plan) in Combinations(gpus).Select(plan => (plan.Layout.Changes(Layout with { MicroBatch = wishedMicroBatch }), plan)).OrderBy(c => c.Item1.Count))
            {
                var kinds = changes.Select(c => c.Split(' ')[0]).ToHashSet();
                if (plan.Fits && !fitting.Any(f => f.Changes.IsSubsetOf(kinds)))
                    fitting.Add((kinds, $"{string.Join(" ", changes)} ({RunEstimate.Text(plan.RankBytes)})"));
            }
            if (fitting.Count > 0) return [.. fitting.Select(f => f.Text)];
        }
        return [];
    }

    IEnumerable<ScalePlan> Combinations(int gpus) =>
        from batch in (int[])[Config.Training.BatchSize]
        from shard in Either(Layout.ShardStates, gpus > 1 && Config.Optimizer is { Kind: not OptimizerConfig.Muon, StateFormat: null or OptimizerConfig.Full })
        from bfloat16 in Either(Layout.BFloat16, true)
        from recompute in Either(Layout.Recompute, true)
        from micro in wishedMicroBatch is { } wished && wished <= (batch + gpus - 1) / gpus ? (int?[])[wished, null] : [null]
        select new ScalePlan(Config, estimate, new ScaleLayout(gpus) { ShardStates = shard, BFloat16 = bfloat16, Recompute = recompute, MicroBatch = micro }, Device, Mfu);

    // As it is, and switched on where that is possible.
    static IEnumerable<bool> Either(bool now, bool possible) => now || !possible ? [now] : [false, true];

    // With as many GPUs as sequences, one at a time, and everything that saves memory.
    string Hopeless()
    {
        var batch = Config.Training.BatchSize;
        var least = Combinations(batch).Min(plan => plan.RankBytes);
        return string.Create(CultureInfo.InvariantCulture,
            $"even one sequence on each of {batch} GPUs with recomputation and sharded states needs {RunEstimate.Text(least)} on each: choose GPUs of at least {RunEstimate.Text(least / (1 - Reserve))}, or a smaller model");
    }
}
