namespace AdEMAMix.Workbook;

/// <summary>A small table that a run measured at one step, beside its losses.</summary>
/// <param name="Kind">"forgetting" (<see cref="ForgettingConfig"/>), "relevance" (<see cref="RelevanceConfig"/>), "averages" (<see cref="AveragingConfig"/>), "shift" (<see cref="ShiftConfig"/>) or "classification" (<see cref="VisionConfig"/>).</param>
/// <param name="Step">Optimizer steps done when it was measured.</param>
/// <param name="Columns">What each number of a row is.</param>
/// <param name="Rows">The numbers; null where one was not finite.</param>
public sealed record RunMeasurement(string Kind, int Step, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<double?>> Rows)
{
    /// <summary>The <see cref="Kind"/> of a forgetting track.</summary>
    public const string Forgetting = "forgetting";

    /// <summary>The <see cref="Kind"/> of gradients of the past against the present descent direction.</summary>
    public const string Relevance = "relevance";

    /// <summary>The <see cref="Kind"/> of validation losses of averaged weights.</summary>
    public const string Averages = "averages";

    /// <summary>The <see cref="Kind"/> of validation losses of both parts of a text.</summary>
    public const string Shift = "shift";

    /// <summary>The <see cref="Kind"/> of a classifier's losses and accuracies, one row of <see cref="ClassificationColumns"/>.</summary>
    public const string Classification = "classification";

    /// <summary>
    /// Loss in nats per image and share of right answers, on images that are not trained on and on as many that are, without augmentation.
    /// </summary>
    public static IReadOnlyList<string> ClassificationColumns { get; } = ["testLoss", "testAccuracy", "trainingLoss", "trainingAccuracy"];

    /// <summary>One column of the table.</summary>
    /// <exception cref="KeyNotFoundException">There is none of this name.</exception>
    public IReadOnlyList<double?> this[string column]
    {
        get
        {
            var index = Columns.ToList().IndexOf(column);
            if (index < 0) throw new KeyNotFoundException($"A measurement of {Kind} has no column '{column}'; it has {string.Join(", ", Columns)}.");
            return [.. Rows.Select(row => row[index])];
        }
    }

    /// <summary>The table with seven significant digits, as store and result files keep it; numbers that are not finite become null.</summary>
    internal RunMeasurement Rounded() => this with
    {
        Rows = [.. Rows.Select(row => (IReadOnlyList<double?>)[.. row.Select(x => x is { } value && double.IsFinite(value) ? (double?)Digits.Seven(value) : null)])],
    };
}
