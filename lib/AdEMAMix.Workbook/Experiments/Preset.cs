namespace AdEMAMix.Workbook;

/// <summary>How far an experiment goes: from a few minutes that prove nothing, over what a desktop can answer, to the paper's own sizes.</summary>
/// <param name="Name">"smoke", "desk" or "full".</param>
/// <param name="Header">What the preset should reach and how long it takes.</param>
/// <param name="IsProof">Whether its results can bear a claim.</param>
public sealed record Preset(string Name, string Header, bool IsProof)
{
    /// <summary>Minutes on two cores; shows that everything works.</summary>
    public static Preset Smoke { get; } = new("smoke", "A few minutes on two cores. It shows that every part works; so short a run proves nothing about either optimizer.", false);

    /// <summary>Hours on a desktop, at several seeds; its results are committed.</summary>
    public static Preset Desk { get; } = new("desk", "Hours on a desktop's cores, at several seeds: long enough for an answer on a small model. What is committed is loaded instead of trained.", true);

    /// <summary>The paper's sizes, for GPU nodes; its plans are shown with their costs and with what they still need.</summary>
    public static Preset Full { get; } = new("full", "The paper's sizes and hyperparameters, for nodes of GPUs. Its plan shows parameters, tokens, operations, memory and time; it starts nothing yet, and says what it still needs.", true);

    /// <summary>Every preset.</summary>
    public static IReadOnlyList<Preset> All { get; } = [Smoke, Desk, Full];

    /// <summary>The preset of this name.</summary>
    /// <exception cref="ConfigException">There is none.</exception>
    public static Preset Named(string name) => All.FirstOrDefault(p => p.Name == name)
        ?? throw new ConfigException($"There is no preset '{name}'; the presets are {string.Join(", ", All.SkipLast(1).Select(p => p.Name))} and {All[^1].Name}.");

    /// <summary>What a verdict must add where its runs can bear no claim; nothing where they can.</summary>
    internal IEnumerable<string> Caveat => IsProof ? [] : [$"**So short a run proves nothing**: the preset {this} only shows that everything works. The preset {Desk} gives a first answer, {Full} is the paper's own size."];

    /// <summary>How a figure's subtitle names the preset.</summary>
    internal string Label => $"preset {this}{(IsProof ? "" : ", too short to prove anything")}";

    /// <summary>The reader's seeds, or an experiment's own where none is given.</summary>
    internal static IReadOnlyList<int> SeedsOr(IEnumerable<int>? given, IReadOnlyList<int> own) => given?.ToList() is { Count: > 0 } seeds ? seeds : own;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
