namespace AdEMAMix.Workbook;

/// <summary>One measured curve, such as the validation loss of one run.</summary>
/// <param name="X">Positions, ascending (tokens, steps, seconds).</param>
/// <param name="Y">Values at <paramref name="X"/>; NaN leaves a gap.</param>
/// <param name="Name">What sets this curve apart in its group, such as "seed 3".</param>
public sealed record Curve(IReadOnlyList<double> X, IReadOnlyList<double> Y, string Name = "")
{
    /// <summary>The name of a run's curve among those of other seeds.</summary>
    internal static string SeedName(int seed) => $"seed {seed.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
}

/// <summary>Curves that repeat one measurement: same optimizer and settings, different seeds.</summary>
/// <param name="Name">The label at the end of the mean line.</param>
/// <param name="Color">"#RRGGBB", from <see cref="FigureStyle.ColorOf"/> where the group is an optimizer.</param>
/// <param name="Runs">The single runs; the mean and its interval are computed from them.</param>
public sealed record CurveGroup(string Name, string Color, IReadOnlyList<Curve> Runs)
{
    /// <summary>"dash", "dot", or null for solid lines: tells two groups of one optimizer apart.</summary>
    public string? Dash { get; init; }

    /// <summary>A group named after its optimizer, in that optimizer's colour.</summary>
    public CurveGroup(string optimizer, IReadOnlyList<Curve> runs) : this(optimizer, FigureStyle.ColorOf(optimizer), runs) { }
}
