namespace AdEMAMix.Workbook;

/// <summary>The losses of one forgetting measurement: a copy of the run without an injection, then one per held-out batch.</summary>
/// <remarks>Batches beside the injected one are the placebo: what a step on any text does to them.</remarks>
sealed class ForgettingTrack(ForgettingConfig config, int step)
{
    // The first steps after the injection hold the drop and the start of forgetting.
    static readonly int[] first = [0, 1, 2, 3, 5, 7, 10, 15];

    readonly Dictionary<(int Offset, int Column), double> losses = [];

    /// <summary>Steps after the injection at which losses are measured, 0 being before it.</summary>
    public IReadOnlyList<int> Offsets { get; } =
        [.. first.Concat(Enumerable.Range(1, config.Track / config.Interval).Select(i => i * config.Interval)).Append(config.Track).Where(o => o <= config.Track).Distinct().Order()];

    /// <summary>Takes a loss.</summary>
    /// <param name="offset">One of <see cref="Offsets"/>.</param>
    /// <param name="injected">The batch that this copy was given; null for the copy without.</param>
    /// <param name="measured">The batch that the loss is of.</param>
    /// <param name="loss">Nats per token.</param>
    public void Add(int offset, int? injected, int measured, double loss) => losses[(offset, Column(injected, measured))] = loss;

    /// <summary>The name of a column.</summary>
    public static string Name(int? injected, int measured) => injected is { } batch ? $"batch {measured + 1} with {batch + 1}" : $"batch {measured + 1} without";

    /// <summary>The table of all losses.</summary>
    public RunMeasurement ToMeasurement()
    {
        var columns = new List<string> { "offset" };
        foreach (var injected in Injections()) columns.AddRange(Enumerable.Range(0, config.Batches).Select(measured => Name(injected, measured)));
        var rows = Offsets.Select(offset => (IReadOnlyList<double?>)[offset, .. Enumerable.Range(0, columns.Count - 1).Select(column => (double?)losses[(offset, column)])]);
        return new RunMeasurement(RunMeasurement.Forgetting, step, columns, [.. rows]).Rounded();
    }

    /// <summary>The copies: without, then with each batch.</summary>
    public IEnumerable<int?> Injections() => Enumerable.Range(0, config.Batches).Select(batch => (int?)batch).Prepend(null);

    int Column(int? injected, int measured) => ((injected ?? -1) + 1) * config.Batches + measured;
}
