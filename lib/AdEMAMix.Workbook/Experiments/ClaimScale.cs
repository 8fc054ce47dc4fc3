using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>What every row of the claims table says of its plan: how large, how long, how many seeds, how many of the runs are there.</summary>
static class ClaimScale
{
    /// <summary>Model, data, length and seeds, in one line.</summary>
    public static string Of(RunPlan plan)
    {
        var sizes = plan.Runs.Select(r => plan.EstimateOf(r).Parameters).Distinct().Order().Select(Count).ToList();
        var steps = plan.Runs.Select(r => r.Training.Steps).Distinct().Order().ToList();
        var seeds = plan.Runs.Select(r => r.InitSeed).Distinct().Count();
        return string.Create(CultureInfo.InvariantCulture,
            $"{(plan.Runs.All(r => r.Vision is not null) ? "ViT" : "GPT")} of {Range(sizes)} parameters, {string.Join(", ", plan.Runs.Select(r => r.Data.Source).Distinct())}, {Range([.. steps.Select(s => s.ToString("N0", CultureInfo.InvariantCulture))])} steps, {seeds} seeds");

        static string Range(List<string> values) => values.Count == 1 ? values[0] : $"{values[0]} to {values[^1]}";
    }

    /// <summary>"12 of 20 runs", or "20 runs" where all are there. A diverged run is there.</summary>
    public static string There(RunPlan plan, IReadOnlyList<RunRecord> runs)
    {
        var there = Of(plan, runs).Count;
        return string.Create(CultureInfo.InvariantCulture, $"{(there == plan.Runs.Count ? "" : $"{there} of ")}{plan.Runs.Count} runs");
    }

    /// <summary>Those of the runs that belong to the plan and are done.</summary>
    public static IReadOnlyList<RunRecord> Of(RunPlan plan, IReadOnlyList<RunRecord> runs)
    {
        var ids = plan.Runs.Select(r => r.RunId).ToHashSet();
        return [.. runs.Where(r => r.IsDone && ids.Contains(r.Id))];
    }

    /// <summary>"+0.012 [0.003, 0.021], n = 5, p = 0.01 (Holm)".</summary>
    public static string Text(PairedDifference difference, string format = "0.000")
    {
        var (mean, n) = (difference.Mean, difference.Values.Count.ToString(CultureInfo.InvariantCulture));
        if (!difference.HasP) return $"{Signed(mean.Center)}, n = {n}";
        if (difference.HasDiverged) return difference.ToString();
        var p = double.IsNaN(difference.HolmP) ? difference.PValue : difference.HolmP;
        return $"{Signed(mean.Center)} [{mean.Low.ToString(format, CultureInfo.InvariantCulture)}, {mean.High.ToString(format, CultureInfo.InvariantCulture)}], n = {n}, p {(p < 0.001 ? "< 0.001" : "= " + p.ToString("0.000", CultureInfo.InvariantCulture))}{(double.IsNaN(difference.HolmP) ? "" : " (Holm)")}";

        string Signed(double value) => value.ToString($"+{format};-{format}", CultureInfo.InvariantCulture);
    }

    static string Count(long value) => value < 1_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0} thousand")
        : string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.#} million");
}
