// Starting values for a run, with reasons; and warnings at settings that are known to destroy a run.
using System.Globalization;

namespace AdEMAMix;

/// <summary>Hyperparameters to start from, and why.</summary>
/// <param name="Hyperparameters">The proposal; both warmups are the run's length, as in the paper.</param>
/// <param name="Reasons">One sentence per choice.</param>
public sealed record AdEMAMixProposal(AdEMAMixHyperparameters Hyperparameters, IReadOnlyList<string> Reasons)
{
    const long Short = 4_000, Long = 32_000;

    /// <summary>Proposes hyperparameters from what is known of a run.</summary>
    /// <param name="steps">The run's length in steps.</param>
    /// <param name="samplesPerStep">The batch, in samples.</param>
    /// <param name="adamWLearningRate">A learning rate that works for AdamW in the same place.</param>
    /// <param name="weightDecay">The decay that AdamW uses there.</param>
    /// <exception cref="HyperparameterException">A value is out of range.</exception>
    public static AdEMAMixProposal For(long steps, long samplesPerStep, double adamWLearningRate, double weightDecay = 0.1)
    {
        Require.Positive("steps", steps);
        Require.Positive("samplesPerStep", samplesPerStep);
        Require.Positive("adamWLearningRate", adamWLearningRate);

        // Between the two lengths that there is evidence for, everything moves with the logarithm of the length.
        var share = Math.Clamp(Math.Log((double)steps / Short) / Math.Log((double)Long / Short), 0, 1);
        var memory = Math.Min(steps / Math.Pow(8, 1 - share) / Math.Pow(25, share), 10_000);
        var beta3 = Math.Round(1 - 1 / Math.Max(memory, 10), 5);
        var alpha = Math.Round(4 + 4 * share);
        var learningRate = adamWLearningRate * (0.5 + 0.3 * share);
        return new AdEMAMixProposal(
            new AdEMAMixHyperparameters(learningRate, Beta3: beta3, Alpha: alpha, AlphaWarmup: steps, Beta3Warmup: steps, WeightDecay: weightDecay),
            [
                Text($"beta3 = {beta3}: the slow average spans about {1 / (1 - beta3):F0} steps ({samplesPerStep / (1 - beta3):F0} samples), {100 / (1 - beta3) / steps:F0} % of the run. At 4,000 steps an eighth of the run was best, at the paper's lengths a twenty-fifth and never more than 10,000 steps."),
                Text($"alpha = {alpha}: 4 was best at 4,000 steps, the paper uses 5 to 10 for long runs; larger is faster early and worse late."),
                Text($"both warmups = {steps} steps, the run's length: without them the early updates blow up."),
                Text($"lr = {learningRate:G3}: the slow average adds to the step, so the learning rate is lower than AdamW's {adamWLearningRate:G3}; half of it was best at 4,000 steps, and at scale others lower it too."),
            ]);
    }

    /// <summary>What is known to go wrong with these settings in a run of this length; empty if nothing is.</summary>
    public static IReadOnlyList<string> Warnings(AdEMAMixHyperparameters h, long steps)
    {
        var warnings = new List<string>();
        var memory = 1 / (1 - h.Beta3);
        if (memory > steps / 3.0)
            warnings.Add(Text($"beta3 = {h.Beta3} remembers {memory:F0} steps, and the run has {steps}: the slow average never forgets the beginning, and short runs end worse than with AdamW; choose beta3 near {Math.Max(0.9, 1 - 8.0 / steps):G4}."));
        if (h.Alpha > 0 && h.AlphaWarmup <= 1 && h.Beta3Warmup <= 1)
            warnings.Add(Text($"neither alpha nor beta3 has a warmup: the paper's runs blow up early or never recover without; set both to {steps}."));
        else if (h.Alpha > 0 && Math.Max(h.AlphaWarmup, h.Beta3Warmup) < steps / 10)
            warnings.Add(Text($"the warmups of {h.AlphaWarmup} and {h.Beta3Warmup} steps are short for {steps} steps: too short a warmup diverges; the paper uses the run's length."));
        if (h.Alpha > 20)
            warnings.Add(Text($"alpha = {h.Alpha} is larger than what the paper found useful (up to 20, best near 10)."));
        if (h.Beta3 < h.Beta1)
            warnings.Add(Text($"beta3 = {h.Beta3} is below beta1 = {h.Beta1}: the slow average is the faster one."));
        return warnings;
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
