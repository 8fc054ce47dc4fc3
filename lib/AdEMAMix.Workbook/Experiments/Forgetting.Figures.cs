using System.Globalization;

namespace AdEMAMix.Workbook;

// The figures of forgetting: single tracks, tracks to one depth, and what all of them come to.
public sealed partial class Forgetting
{
    /// <summary>
    /// Loss on the injected batch, run with it less run without, against steps since the injection: every run faint, means with 95 %
    /// intervals. Below zero the batch is remembered. Dashed: the placebo, the same difference on batches that were not injected.
    /// </summary>
    /// <param name="runs">The plan's runs.</param>
    /// <param name="injection">One of <see cref="InjectionSteps"/>.</param>
    /// <param name="schedule">The learning-rate schedule.</param>
    public Figure Tracks(IReadOnlyList<RunRecord> runs, int injection, ForgettingSchedule schedule = ForgettingSchedule.Cosine) =>
        Draw(runs, injection, schedule, "Loss with less loss without (nats per character)", kind => [new Series(kind, t => t.Own), new Series(kind, t => t.Placebo, ", another batch", "dash")]);

    /// <summary>The same without the placebo, each track divided by its deepest point, as in the paper: from 0 down to -1 and back.</summary>
    /// <inheritdoc cref="Tracks" path="/param"/>
    public Figure NormalisedTracks(IReadOnlyList<RunRecord> runs, int injection, ForgettingSchedule schedule = ForgettingSchedule.Cosine) =>
        Draw(runs, injection, schedule, "Loss with less loss without (deepest point = -1)", kind => [new Series(kind, t => t.Normalised)]);

    /// <summary>The share of the deepest drop that is left at the track's end, against the time of the injection.</summary>
    /// <inheritdoc cref="Tracks" path="/param"/>
    public Figure ShareKept(IReadOnlyList<RunRecord> runs, ForgettingSchedule schedule = ForgettingSchedule.Cosine)
    {
        ArgumentNullException.ThrowIfNull(runs);
        return Figure.Curves(
            Headline(Compare(runs).FindAll(c => c.Schedule == schedule)), Subtitle(runs, schedule, string.Create(CultureInfo.InvariantCulture, $"{tracks.Track:N0} steps after each injection")),
            new Axis("Step of the injection") { TickFormat = "~s" }, new Axis("Share of the drop that is left") { TickFormat = ".0%" },
            TunedOptimizers.Kinds.Select(kind => new CurveGroup(kind, [.. InjectionSteps.SelectMany(at => TracksOf(runs, kind, schedule, at).Select(t => (t.Seed, At: (double)at, t.Track.Retained)))
                .GroupBy(t => t.Seed).OrderBy(g => g.Key).Select(g => new Curve([.. g.Select(t => t.At)], [.. g.Select(t => t.Retained)], Curve.SeedName(g.Key)))])));
    }

    static string Headline(List<Comparison> compared)
    {
        var shown = compared.FindAll(c => c.Difference.IsShown);
        var more = shown.Count(c => c.Difference.Mean.Center > 0);
        return (compared.Count, shown.Count, more) switch
        {
            (0, _, _) => "The share of an injected batch's gain that is left",
            (_, 0, _) => $"What AdamW and AdEMAMix keep cannot be told apart at any of {compared.Count} times",
            (_, _, 0) => $"AdEMAMix keeps less of an injected batch than AdamW at {shown.Count} of {compared.Count} times",
            _ => $"AdEMAMix keeps more of an injected batch than AdamW at {more} of {compared.Count} times{(more < shown.Count ? $", less at {shown.Count - more}" : "")}",
        };
    }

    Figure Draw(IReadOnlyList<RunRecord> runs, int injection, ForgettingSchedule schedule, string axis, Func<string, IEnumerable<Series>> series)
    {
        ArgumentNullException.ThrowIfNull(runs);
        if (!InjectionSteps.Contains(injection)) throw new FigureException($"No batch is injected after step {injection}: choose one of {string.Join(", ", InjectionSteps)}.");
        var kept = TunedOptimizers.Kinds.Select(kind => TracksOf(runs, kind, schedule, injection)).Select(t => t.Count == 0 ? "nothing known" : string.Create(CultureInfo.InvariantCulture, $"{t.Average(x => x.Track.Retained):0%}"));
        return Figure.Curves(
            string.Create(CultureInfo.InvariantCulture, $"After {tracks.Track:N0} steps AdamW keeps {string.Join(" of a batch's gain, AdEMAMix ", kept)}"),
            Subtitle(runs, schedule, string.Create(CultureInfo.InvariantCulture, $"injected after step {injection:N0} of {steps:N0}")),
            "Steps since the injection", axis,
            TunedOptimizers.Kinds.SelectMany(series).Select(s => new CurveGroup(s.Kind + s.Suffix, FigureStyle.ColorOf(s.Kind), [.. TracksOf(runs, s.Kind, schedule, injection).Select(t => new Curve(t.Track.Offsets, s.Values(t.Track), Curve.SeedName(t.Seed)))]) { Dash = s.Dash }));
    }

    string Subtitle(IReadOnlyList<RunRecord> runs, ForgettingSchedule schedule, string time) => MissingRuns.Append(
        $"{time}, {NameOf(schedule)} schedule, seeds {string.Join(", ", Seeds)}, {tracks.Batches} batches each; {Preset.Label}; mean and 95 % interval",
        Plan.Runs.Where(r => ScheduleOf(r) == schedule), runs);

    sealed record Series(string Kind, Func<ForgettingCurve, IReadOnlyList<double>> Values, string Suffix = "", string? Dash = null);
}
