namespace AdEMAMix.Workbook;

// A parameter gets gradients of size 1 for a while, and then exactly zero, as the embedding of a token does that no longer occurs.
// Each step without a gradient multiplies m2 by beta3 and the root of v by sqrt(beta2): where beta3 > sqrt(beta2), their ratio grows.
public sealed partial class TheOptimizer
{
    const int ActiveSteps = 1_000;

    /// <summary>The size of the step, in learning rates, while a parameter gets no gradient any more.</summary>
    /// <param name="Name">The optimizer.</param>
    /// <param name="Color">Its colour.</param>
    /// <param name="Dash">How its line is drawn.</param>
    /// <param name="Steps">|step| / lr after 1, 2, ... steps without a gradient.</param>
    public sealed record SilentSteps(string Name, string Color, string? Dash, IReadOnlyList<double> Steps);

    /// <summary>AdamW, and AdEMAMix without and with the guard, on one parameter whose gradient vanishes after 1,000 steps.</summary>
    /// <param name="silence">Steps without a gradient.</param>
    /// <exception cref="ConfigException">Fewer than 1 or more than a million steps.</exception>
    public IReadOnlyList<SilentSteps> RunSilence(int silence = 20_000)
    {
        if (silence is < 1 or > 1_000_000) throw new ConfigException(Text($"{silence} steps of silence show nothing: choose 1 to 1,000,000."));
        const double Rate = 1e-3;
        return
        [
            new("AdamW", FigureStyle.ColorOf(Single), null, Sizes(p => new AdamW([p], Rate, Beta1, Beta2))),
            new("AdEMAMix", FigureStyle.ColorOf(Mixed), null, Sizes(p => new AdEMAMix([p], Rate, Beta1, Beta2, Beta3, Alpha))),
            new("AdEMAMix, guarded", FigureStyle.ColorOf(Mixed), "dash", Sizes(p => new AdEMAMix([p], Rate, Beta1, Beta2, Beta3, Alpha, rare_gradient_guard: true))),
        ];

        double[] Sizes(Func<TorchSharp.Modules.Parameter, TorchSharp.Modules.OptimizerHelper> make)
        {
            var t = 0;
            var path = TensorPath.Run([0], _ => [t++ < ActiveSteps ? 1 : 0], make, ActiveSteps + silence);
            return [.. Enumerable.Range(ActiveSteps, silence).Select(i => Math.Abs(path[i + 1][0] - path[i][0]) / Rate)];
        }
    }

    /// <summary>The steps that a parameter without gradients goes on taking.</summary>
    public Figure SilentStepSizes(IReadOnlyList<SilentSteps> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var (length, free) = (runs[0].Steps.Count, runs[1].Steps);
        var peak = free.Max();
        int[] at = [.. Enumerable.Range(0, 401).Select(i => (int)((long)i * (length - 1) / 400)).Distinct()];
        const double Least = 1e-3;
        return LineChart.Draw(
            Text($"Without gradients a step grows to {peak:#,0} learning rates; guarded, {runs[2].Steps.Max():0.0}"),
            Text($"Gradient 1 for {ActiveSteps:#,0} steps, then exactly 0. beta2 {Beta2}, beta3 {Beta3}, alpha {Alpha}, no weight decay"),
            [("", new Axis("Steps since the last gradient") { TickFormat = "~s", Min = 0, Max = length }, new Axis("Size of one step (learning rates)") { Logarithmic = true, Min = Least, Max = Math.Pow(10, Math.Ceiling(Math.Log10(Math.Max(10, peak)))) })],
            runs.Select(run =>
            {
                var kept = at.Where(i => run.Steps[i] >= Least).ToArray();
                return new ChartLine(run.Name, run.Color, [.. kept.Select(i => i + 1.0)], [.. kept.Select(i => run.Steps[i])])
                {
                    Dash = run.Dash,
                    LabelAt = kept.Length == 0 ? null : run.Name == "AdamW" ? kept.Length - 1 : kept.Length / 2,
                    LabelShift = run.Name == "AdamW" ? 0 : 18,
                    LabelAnchor = run.Name == "AdEMAMix" ? "right" : "left",
                };
            }));
    }

    /// <summary>The step after some lengths of silence.</summary>
    public Table SilentStepTable(IReadOnlyList<SilentSteps> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var moments = new[] { 1, 100, 1_000, 5_000, 10_000, 20_000 }.Where(n => n <= runs[0].Steps.Count);
        return new Table(
            ["steps without a gradient", .. runs.Select(run => new TableColumn(run.Name) { Format = "0.00e0" })],
            moments.Select(n => (IReadOnlyList<object?>)[n, .. runs.Select(run => (object?)run.Steps[n - 1])]),
            "Size of one step in learning rates");
    }

    /// <summary>By which factor each further step without a gradient is larger than the one before: beta3 / sqrt(beta2).</summary>
    public double SilentGrowth => Beta3 / Math.Sqrt(Beta2);

    /// <summary>Why it happens, and what helps.</summary>
    public Report SilentVerdict(IReadOnlyList<SilentSteps> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var peak = runs[1].Steps.Index().MaxBy(step => step.Item);
        return Verdict(
            "Nothing; users of AdEMAMix report it for rare tokens: beta3 above beta2 and thousands of steps of zero gradient.",
            Text($"Each silent step multiplies the slow EMA by {Beta3} and the root of v by {Math.Sqrt(Beta2):0.00000}, so the step grows by the factor {SilentGrowth:0.00000}, until the root meets eps. {(peak.Index == runs[1].Steps.Count - 1 ? Text($"After {peak.Index + 1:#,0} silent steps it was {peak.Item:#,0} learning rates long and still growing") : Text($"It was longest, {peak.Item:#,0} learning rates, after {peak.Index + 1:#,0} silent steps"))}; AdamW's was {runs[0].Steps[Math.Min(99, runs[0].Steps.Count - 1)]:0.0e0} after 100 and then nothing."),
            Text($"With rare_gradient_guard the second moment of a silent element decays by max(beta2, beta3²), as fast as the slow EMA's square, and no step was longer than {runs[2].Steps.Max():0.0} learning rates."));
    }
}
