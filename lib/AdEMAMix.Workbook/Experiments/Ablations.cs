namespace AdEMAMix.Workbook;

/// <summary>
/// What of AdEMAMix is needed, and where it helps: the warmups, the moment at which one switches to it, the fast average, alpha and beta3 and
/// the learning rate, many iterations or few, its relatives, clipping, noise and repeated text. Every question has its own runs and
/// figures, and all share the two tuned optimizers.
/// </summary>
/// <remarks>Hyperparameters that a question does not vary are those of token efficiency, tuned for both optimizers alike; batches of another size keep the learning rate.</remarks>
public sealed class Ablations
{
    internal const string Experiment = "ablations";

    /// <summary>The experiment at a preset.</summary>
    /// <param name="preset">"smoke", "desk" or "full".</param>
    /// <param name="seeds">Seeds; sweeps take the first three. Null or none for the preset's.</param>
    /// <exception cref="ConfigException">No such preset, or a seed twice.</exception>
    public Ablations(string preset, IEnumerable<int>? seeds = null)
    {
        Preset = Preset.Named(preset);
        var settings = AblationSettings.Of(Preset);
        Seeds = Preset.SeedsOr(seeds, settings.Seeds);
        IReadOnlyList<int> few = [.. Seeds.Take(settings.SweepSeeds)];
        Warmups = new(settings, Seeds);
        Switch = new(settings, Seeds);
        WithoutFast = new(settings, Seeds);
        Maps = new(settings, few);
        Iterations = new(settings, few);
        Clipping = new(settings, few);
        Noise = new(settings, few);
        Overfitting = new(settings, few);
        Plan = new RunPlan(Experiment, Questions.SelectMany(q => q.Plan.Runs).DistinctBy(run => run.RunId)) { Needs = TokenEfficiencySettings.NeedsOf(Preset) };
    }

    /// <summary>How long.</summary>
    public Preset Preset { get; }

    /// <summary>The seeds.</summary>
    public IReadOnlyList<int> Seeds { get; }

    /// <summary>All runs of all questions, each once.</summary>
    public RunPlan Plan { get; }

    /// <summary>Are both warmups needed? (claim 5)</summary>
    public AblationOfWarmups Warmups { get; }

    /// <summary>Can one switch in mid-training? (claim 6)</summary>
    public AblationOfSwitch Switch { get; }

    /// <summary>Does it work without the fast average? (claim 7)</summary>
    public AblationOfFastAverage WithoutFast { get; }

    /// <summary>How much hangs on alpha, beta3 and the learning rate? (claim 8)</summary>
    public AblationOfSensitivity Maps { get; }

    /// <summary>Which memory for how many iterations? (claim 9)</summary>
    public AblationOfIterations Iterations { get; }

    /// <summary>Does clipping of the gradient matter?</summary>
    public AblationOfClipping Clipping { get; }

    /// <summary>Does noise in labels or in small batches hurt one optimizer more?</summary>
    public AblationOfNoise Noise { get; }

    /// <summary>Which overfits when a small text is repeated?</summary>
    public AblationOfRepetition Overfitting { get; }

    IEnumerable<AblationQuestion> Questions => [Warmups, Switch, WithoutFast, Maps, Iterations, Clipping, Noise, Overfitting];
}
