namespace AdEMAMix.Workbook;

/// <summary>Repeated epochs on a fortieth of the text, of which a fifth is kept for validation: how far training and validation loss come apart.</summary>
public sealed partial class AblationOfRepetition : AblationQuestion
{
    const double Part = 0.025;
    const double Kept = 0.2;

    internal AblationOfRepetition(AblationSettings settings, IReadOnlyList<int> seeds)
        : base(settings, seeds, TunedOptimizers.Kinds.Select(kind => Arm(settings, kind)))
    {
    }

    static AblationArm Arm(AblationSettings settings, string kind)
    {
        var (size, steps) = (settings.Overfitted, settings.Steps.Run);
        return new($"{kind}, {size.Name}, small text", size.Base with
        {
            Data = size.Base.Data with { End = Part, ValidationFraction = Kept },
            Optimizer = kind == OptimizerConfig.AdamW ? size.Tuned.AdamW : size.Tuned.AdEMAMix(steps),
            Training = size.Base.Training with { Steps = steps, EvaluationInterval = Math.Max(1, steps / 20), EvaluationWindows = Math.Min(256, size.Base.Training.EvaluationWindows), ReportInterval = Math.Max(1, steps / 100) },
        });
    }
}
