namespace AdEMAMix.Workbook;

/// <summary>The plans of all experiments by name, for those who train them elsewhere than in a notebook.</summary>
public static class ExperimentPlans
{
    // Searches and the comparison of formats have one size.
    static readonly (string Name, Func<Preset, RunPlan?> Plan)[] all =
    [
        ("token-efficiency", preset => new TokenEfficiency(preset).Plan),
        ("token-efficiency-target", preset => new TokenEfficiencyTarget(preset).Plan),
        ("token-efficiency-search", preset => preset == Preset.Desk ? new TokenEfficiencySearch().Plan : null),
        ("gradient-relevance", preset => new GradientRelevance(preset.Name).Plan),
        ("forgetting", preset => new Forgetting(preset.Name).Plan),
        ("era-shift", preset => new EraShift(preset.Name).Plan),
        ("ablations", preset => new Ablations(preset.Name).Plan),
        ("ablations-search", preset => preset == Preset.Desk ? new AblationSearch().Plan : null),
        ("state-formats", preset => preset == Preset.Desk ? new StateFormats().Plan : null),
    ];

    /// <summary>The experiments' names.</summary>
    public static IReadOnlyList<string> Names => [.. all.Select(e => e.Name)];

    /// <summary>The runs of an experiment at a preset.</summary>
    /// <exception cref="ConfigException">No such experiment or preset, or the experiment has not this preset.</exception>
    public static RunPlan Of(string experiment, string preset)
    {
        var size = Preset.Named(preset);
        var known = all.FirstOrDefault(e => e.Name == experiment);
        if (known.Name is null) throw new ConfigException($"There is no experiment '{experiment}'; the experiments are {string.Join(", ", Names)}.");
        return known.Plan(size) ?? throw new ConfigException($"The experiment {experiment} has no preset {preset}, only {Preset.Desk}.");
    }
}
