using System.Globalization;

namespace AdEMAMix.Workbook;

// The questions of the distribution shift, their answers over paired seeds, and what they come to in words.
public sealed partial class EraShift
{
    enum Question { FirstAtEnd, Rise, RiseAtOneRate, SecondAtEnd }

    /// <summary>What is asked of a distribution shift, and what these runs showed, in words computed from their numbers.</summary>
    public Report Verdict(IReadOnlyList<RunRecord> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var compared = Compare(runs);
        List<string> saw = [.. Enum.GetValues<ForgettingSchedule>().Select(schedule => Saw(schedule, compared.FindAll(c => c.Schedule == schedule)))];
        saw.AddRange(RunPlan.Diverged(runs));
        if (MissingRuns.Sentence(Plan.Runs, runs) is { } missing) saw.Add(missing);
        saw.AddRange(Preset.Caveat);
        return new Report(
            "# What the paper says\n\nThe paper injects single batches and makes no such experiment. If AdEMAMix forgets more slowly, then after a change of the text it should keep more of what it learnt before; a long memory may also make it slower to follow the new text.",
            $"# What we saw\n\n{string.Join("\n\n", saw)}");

        static string Saw(ForgettingSchedule schedule, List<Comparison> compared)
        {
            if (compared.Count == 0) return $"With the {Forgetting.NameOf(schedule)} schedule no seed has a finished run of both optimizers, so there is nothing to compare.";
            var n = compared.Min(c => c.Difference.Values.Count);
            return n < PairedDifference.FewestForAClaim
                ? string.Create(CultureInfo.InvariantCulture, $"With the {Forgetting.NameOf(schedule)} schedule {n} paired seed{(n == 1 ? " bears" : "s bear")} no claim.")
                : string.Create(CultureInfo.InvariantCulture, $"With the {Forgetting.NameOf(schedule)} schedule, AdEMAMix less AdamW: {string.Join("; ", compared.Select(Answer))} (nats per character, n = {n}, Holm-corrected over all questions and schedules).");
        }

        static string Answer(Comparison c) => string.Create(CultureInfo.InvariantCulture,
            $"{TextOf(c.Question)} {c.Difference.Mean.Center:+0.0000;-0.0000;0.0000} [{c.Difference.Mean.Low:0.0000}, {c.Difference.Mean.High:0.0000}], {(!c.Difference.IsShown ? "inconclusive" : c.Difference.Mean.Center < 0 ? "better" : "worse")}");
    }

    // Of two runs with a seed in common. A run that diverged counts as a loss without end.
    List<Comparison> Compare(IReadOnlyList<RunRecord> runs)
    {
        var compared = new List<Comparison>();
        foreach (var schedule in Enum.GetValues<ForgettingSchedule>())
        {
            foreach (var question in Enum.GetValues<Question>())
            {
                if (question == Question.RiseAtOneRate && schedule != ForgettingSchedule.ConstantThenLinear) continue;
                if (PairedDifference.Of(Values(OptimizerConfig.AdEMAMix, question), Values(OptimizerConfig.AdamW, question)) is { } difference) compared.Add(new Comparison(schedule, question, difference));
            }

            Dictionary<int, double> Values(string kind, Question question) => Curves(runs, kind, schedule).Select(c => (c.Seed, Value: Value(c.Curve, question)))
                .Concat(runs.Where(r => r.State == RunState.Diverged && Forgetting.Is(r, kind, schedule)).Select(r => (Seed: r.Config.InitSeed, Value: double.PositiveInfinity))).ToDictionary(v => v.Seed, v => v.Value);
        }
        PairedDifference.Correct(compared.Select(c => c.Difference));
        return compared;
    }

    double Value(EraCurve curve, Question question) => question switch
    {
        Question.FirstAtEnd => curve.FirstAtEnd,
        Question.Rise => curve.FirstAtEnd - curve.FirstAt(ShiftStep),
        Question.RiseAtOneRate => curve.FirstAt(DecayStep) - curve.FirstAt(ShiftStep),
        _ => curve.SecondAtEnd,
    };

    static string TextOf(Question question) => question switch
    {
        Question.FirstAtEnd => "first era, at the end",
        Question.Rise => "first era, rise from the shift to the end",
        Question.RiseAtOneRate => "first era, rise while the learning rate is constant",
        _ => "second era, at the end",
    };

    sealed record Comparison(ForgettingSchedule Schedule, Question Question, PairedDifference Difference);
}
