using System.Globalization;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Exponential averages of a model's weights, kept beside training and evaluated in the model's place.</summary>
sealed class WeightAverages : IDisposable
{
    readonly AveragingConfig config;
    readonly Tensor kept;

    public WeightAverages(AveragingConfig config, nn.Module model)
    {
        this.config = config;
        using var scope = NewDisposeScope();
        var row = ModelVector.Parameters(model);
        kept = stack([.. config.Decays.Select(_ => row)], 0).DetachFromDisposeScope();
    }

    /// <summary>The averages, [decays, parameters]: part of a checkpoint.</summary>
    public Tensor Tensor => kept;

    /// <summary>Takes the weights after a step into every average.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="model">The model in training.</param>
    public void Update(int step, nn.Module model)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var row = ModelVector.Parameters(model);
        for (var i = 0; i < config.Decays.Count; i++)
        {
            var average = kept.select(0, i);
            average.add_(row - average, alpha: 1 - Math.Min(config.Decays[i], (1.0 + step) / (10.0 + step)));
        }
    }

    /// <summary>The validation loss of every average; the model's own weights are back, bit for bit, when it returns.</summary>
    public RunMeasurement Measure(int step, nn.Module model, Func<double> evaluate)
    {
        using var scope = NewDisposeScope();
        var own = ModelVector.Parameters(model);
        var losses = new List<double?>();
        for (var i = 0; i < config.Decays.Count; i++)
        {
            ModelVector.SetParameters(model, kept.select(0, i));
            losses.Add(evaluate());
        }
        ModelVector.SetParameters(model, own);
        return new RunMeasurement(RunMeasurement.Averages, step, [.. config.Decays.Select(Name)], [losses]).Rounded();
    }

    /// <summary>The name of a column.</summary>
    public static string Name(double decay) => string.Create(CultureInfo.InvariantCulture, $"decay {decay}");

    public void Dispose() => kept.Dispose();
}
