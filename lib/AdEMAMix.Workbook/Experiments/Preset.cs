namespace AdEMAMix.Workbook;

/// <summary>How far an experiment goes: from a few minutes that prove nothing to what a desktop can answer.</summary>
/// <param name="Name">"smoke" or "desk".</param>
/// <param name="Header">What the preset should reach and how long it takes.</param>
/// <param name="IsProof">Whether its results can bear a claim.</param>
public sealed record Preset(string Name, string Header, bool IsProof)
{
    /// <summary>Minutes on two cores; shows that everything works.</summary>
    public static Preset Smoke { get; } = new("smoke", "A few minutes on two cores. It shows that every part works; so short a run proves nothing about either optimizer.", false);

    /// <summary>Minutes to an hour on a desktop; enough for a first answer on a small model.</summary>
    public static Preset Desk { get; } = new("desk", "Minutes to an hour on a desktop's cores. Long enough for a first answer on a small model.", true);

    /// <summary>Every preset.</summary>
    public static IReadOnlyList<Preset> All { get; } = [Smoke, Desk];

    /// <summary>The preset of this name.</summary>
    /// <exception cref="ConfigException">There is none.</exception>
    public static Preset Named(string name) => All.FirstOrDefault(p => p.Name == name)
        ?? throw new ConfigException($"There is no preset '{name}'; the presets are {string.Join(" and ", All.Select(p => p.Name))}.");

    /// <inheritdoc/>
    public override string ToString() => Name;
}
