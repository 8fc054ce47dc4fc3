namespace AdEMAMix.Workbook;

/// <summary>One question of the ablations: what is run for it, with which seeds.</summary>
public abstract partial class AblationQuestion
{
    private protected AblationQuestion(AblationSettings settings, IReadOnlyList<int> seeds, IEnumerable<AblationArm> arms)
    {
        (Settings, Seeds, Arms) = (settings, seeds, [.. arms]);
        Plan = new RunPlan(Ablations.Experiment, (from seed in Seeds from arm in Arms select arm.With(seed)).DistinctBy(run => run.RunId)) { Needs = TokenEfficiencySettings.NeedsOf(settings.Preset) };
    }

    /// <summary>The seeds, each for one run of every setting.</summary>
    public IReadOnlyList<int> Seeds { get; }

    /// <summary>The runs of this question; some belong to others too.</summary>
    public RunPlan Plan { get; }

    private protected AblationSettings Settings { get; }

    private protected IReadOnlyList<AblationArm> Arms { get; }
}
