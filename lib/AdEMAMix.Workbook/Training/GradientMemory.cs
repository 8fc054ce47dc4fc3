using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Gradients of chosen past steps, and the parameters before the steps after which they are compared; in memory and in checkpoints.</summary>
sealed class GradientMemory : IDisposable
{
    readonly RelevanceConfig config;
    readonly Dictionary<int, int> gradientRow;
    readonly Dictionary<int, int> parameterRow;
    readonly Tensor kept;

    public GradientMemory(RelevanceConfig config, long parameters, Device? device = null)
    {
        this.config = config;
        var steps = Steps(config);
        gradientRow = steps.Select((step, row) => (step, row)).ToDictionary(x => x.step, x => x.row);
        parameterRow = config.At.Select((step, i) => (step, row: steps.Count + i)).ToDictionary(x => x.step, x => x.row);
        kept = zeros(steps.Count + config.At.Count, parameters, device: device).DetachFromDisposeScope();
    }

    /// <summary>Everything kept, [rows, parameters]: part of a checkpoint.</summary>
    public Tensor Tensor => kept;

    /// <summary>A band of ages and the steps that stand for it; a gradient of age 1 is that of the last step taken.</summary>
    public readonly record struct Band(int Youngest, int Oldest, IReadOnlyList<int> Steps);

    /// <summary>How many vectors of the parameters' length it keeps.</summary>
    public static long Rows(RelevanceConfig config) => Steps(config).Count + config.At.Count;

    /// <summary>The bands that fit before a step: [1, 2), [2, 4), ...</summary>
    public IEnumerable<Band> Bands(int at) => Bands(config, at);

    static List<int> Steps(RelevanceConfig config) => [.. config.At.SelectMany(at => Bands(config, at)).SelectMany(band => band.Steps).Distinct().Order()];

    static IEnumerable<Band> Bands(RelevanceConfig config, int at)
    {
        for (var i = 0; i < config.Bands && 1L << i <= at; i++)
        {
            var (youngest, oldest) = (1 << i, (int)Math.Min((1L << (i + 1)) - 1, at));
            var count = Math.Min(config.PerBand, oldest - youngest + 1);
            var ages = Enumerable.Range(0, count).Select(j => youngest + (int)((long)j * (oldest - youngest) / Math.Max(1, count - 1))).Distinct();
            yield return new Band(youngest, oldest, [.. ages.Select(age => at - age + 1)]);
        }
    }

    /// <summary>Keeps what a step's comparison will need.</summary>
    /// <param name="step">The step about to be taken, from 1.</param>
    /// <param name="model">With the gradients of that step, and the parameters before it.</param>
    public void Keep(int step, nn.Module model)
    {
        using var frozen = no_grad();
        if (gradientRow.TryGetValue(step, out var row)) kept.select(0, row).copy_(ModelVector.Gradient(model));
        if (parameterRow.TryGetValue(step, out row)) kept.select(0, row).copy_(ModelVector.Parameters(model));
    }

    /// <summary>The gradient of a step, [parameters].</summary>
    public Tensor GradientOf(int step) => kept.select(0, gradientRow[step]);

    /// <summary>The parameters before a step of <see cref="RelevanceConfig.At"/>, [parameters].</summary>
    public Tensor ParametersBefore(int step) => kept.select(0, parameterRow[step]);

    public void Dispose() => kept.Dispose();
}
