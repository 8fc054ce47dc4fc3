namespace AdEMAMix.Workbook;

/// <summary>
/// How fast a batch is forgotten (section 4.1 of the paper): at some steps, copies of the run each take one step on a batch that the run
/// itself never sees, then go on as the run does; how they fare on that batch, and on others, is compared with a copy without it.
/// </summary>
/// <remarks>The copies are thrown away: the run's losses and its final parameters are those of a run without this.</remarks>
public sealed record ForgettingConfig
{
    /// <summary>Steps after which a batch is injected, ascending.</summary>
    public IReadOnlyList<int> At { get; init; } = [];

    /// <summary>Held-out batches, at least 2; each is injected into a copy of its own, and the others show what any batch would do.</summary>
    public int Batches { get; init; } = 4;

    /// <summary>Steps that each copy is followed.</summary>
    public int Track { get; init; } = 400;

    /// <summary>Steps between measurements on a track; the first steps are measured one by one.</summary>
    public int Interval { get; init; } = 20;

    internal void Validate(int steps)
    {
        RunConfig.StepsWithin(At, steps, "forgetting.at");
        RunConfig.AtLeast(2, Batches, "forgetting.batches");
        RunConfig.AtLeast(1, Track, "forgetting.track");
        RunConfig.AtLeast(1, Interval, "forgetting.interval");
        RunConfig.Require(At[^1] + Track <= steps, "forgetting.track", Track, $"the track from step {At[^1]} must end within the {steps} steps of the run");
    }
}

/// <summary>
/// What gradients of the past are still worth (section 3.1 of the paper asks, and answers by training): at some steps, the descent
/// direction of a large batch is compared with gradients of the run k steps old.
/// </summary>
public sealed record RelevanceConfig
{
    /// <summary>Steps after which to compare, ascending.</summary>
    public IReadOnlyList<int> At { get; init; } = [];

    /// <summary>Windows of the large batch, drawn from the training text in an order of their own; another as large measures the loss.</summary>
    public int Windows { get; init; } = 512;

    /// <summary>Bands of age: [1, 2), [2, 4), ... steps, as many as this or as fit before the step.</summary>
    public int Bands { get; init; } = 12;

    /// <summary>Gradients kept per band, spread evenly over it; the average of these stands for the band.</summary>
    public int PerBand { get; init; } = 8;

    internal void Validate(int steps)
    {
        RunConfig.StepsWithin(At, steps, "relevance.at");
        RunConfig.AtLeast(1, Windows, "relevance.windows");
        RunConfig.AtLeast(1, Bands, "relevance.bands");
        RunConfig.AtLeast(1, PerBand, "relevance.perBand");
    }
}

/// <summary>
/// A shift of the distribution: from some step on a run reads another part of its text. Every evaluation then measures both parts'
/// validation texts, which shows what is kept of the first; <see cref="RunPoint.ValidationLoss"/> is that of the part being read.
/// </summary>
public sealed record ShiftConfig
{
    /// <summary>Steps on the first part, <see cref="RunConfig.Data"/>.</summary>
    public int At { get; init; }

    /// <summary>Where the second part starts, as a share of the whole text.</summary>
    public double Start { get; init; }

    /// <summary>Where it ends.</summary>
    public double End { get; init; } = 1;

    internal void Validate(int steps)
    {
        RunConfig.Require(At >= 1 && At < steps, "shift.at", At, $"must be a step from 1 to the last but one ({steps - 1})");
        RunConfig.Require(Start >= 0 && Start < End && End <= 1, "shift.start", Start, System.FormattableString.Invariant($"must be a share of the text below shift.end ({End}), and both within 0 and 1"));
    }
}

/// <summary>
/// Exponential averages of the weights, evaluated whenever the run is: a trivial way to use the past, to be ruled in or out as an
/// explanation of what a slow average of gradients does.
/// </summary>
/// <remarks>The average's decay is min(decay, (1 + t) / (10 + t)) at step t, so that the first weights do not linger. Training is not touched.</remarks>
public sealed record AveragingConfig
{
    /// <summary>Decays, each in (0, 1).</summary>
    public IReadOnlyList<double> Decays { get; init; } = [];

    internal void Validate()
    {
        RunConfig.Require(Decays is { Count: > 0 }, "averaging.decays", "empty", "must name at least one decay");
        foreach (var decay in Decays) RunConfig.Require(decay is > 0 and < 1, "averaging.decays", decay, "each must be in (0, 1)");
    }
}

public sealed partial record RunConfig
{
    internal static void StepsWithin(IReadOnlyList<int> at, int steps, string field)
    {
        var text = at is null ? "null" : $"[{string.Join(", ", at)}]";
        Require(at is { Count: > 0 }, field, text, "must name at least one step");
        Require(at![0] >= 1 && at[^1] <= steps && at.Zip(at.Skip(1)).All(pair => pair.First < pair.Second), field, text, $"must be ascending steps from 1 to training.steps ({steps})");
    }
}
