using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>One axis of a figure: its title with the unit, its scale and, where the data should not decide, its range.</summary>
/// <param name="Title">What is measured and its unit, such as "Validation loss (nats per character)".</param>
public sealed record Axis(string Title)
{
    /// <summary>Whether the scale is logarithmic (base 10).</summary>
    public bool Logarithmic { get; init; }

    /// <summary>Lower end of the axis in data units; null lets the data decide.</summary>
    public double? Min { get; init; }

    /// <summary>Upper end of the axis in data units; null lets the data decide.</summary>
    public double? Max { get; init; }

    /// <summary>d3 format of the tick labels, such as "~s" (1M, 2M) or ".0%"; null chooses by range.</summary>
    public string? TickFormat { get; init; }

    /// <summary>Training tokens seen so far, labelled 1M, 2M.</summary>
    public static Axis Tokens { get; } = new("Training tokens") { TickFormat = "~s" };

    /// <summary>Optimizer steps, labelled 1k, 2k.</summary>
    public static Axis Steps { get; } = new("Optimizer steps") { TickFormat = "~s" };

    /// <summary>A cross-entropy in nats per <paramref name="unit"/>.</summary>
    public static Axis Loss(string name = "Validation loss", string unit = "character") => new($"{name} (nats per {unit})");

    /// <summary>A value of this axis in a label: a percentage where the ticks are, else four digits.</summary>
    internal string Write(double value) => value.ToString(TickFormat is { } format && format.EndsWith('%') ? "0.0%" : "G4", CultureInfo.InvariantCulture);

    /// <summary>An axis with a title and nothing else set.</summary>
    public static implicit operator Axis(string title) => new(title);
}
