using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Compares gradients of the past with the present: their angle to the gradient of a large batch, and what a step along them does to the loss.</summary>
/// <remarks>
/// The projection is how much of the present gradient the past ones hold along it: its length within them, by its own; 1 for the present one.
/// Losses are of a second large batch, so that nothing is measured on what gave the direction. Every step has the length of the run's own
/// last update; "preconditioned" divides the direction by the root of the second moment first, as Adam and AdEMAMix do.
/// </remarks>
sealed class PastGradients(Gpt model, GradientMemory memory, LargeBatch batches, int step)
{
    static readonly string[] columns = ["youngest", "oldest", "kept", "cosine", "cosine of mean", "projection of mean", "loss change", "loss change preconditioned"];

    /// <summary>The comparison at this step; parameters and gradients are as before when it returns.</summary>
    /// <param name="secondMoment">The optimizer's second moment, bias-corrected, [parameters].</param>
    public RunMeasurement Measure(Tensor secondMoment)
    {
        using var scope = NewDisposeScope();
        var here = ModelVector.Parameters(model);
        var length = (memory.ParametersBefore(step) - here).norm().item<float>();
        var root = secondMoment.sqrt().add_(1e-8);
        var present = batches.Gradient(model, 0);
        var loss = batches.Loss(model, 1);
        var rows = new List<IReadOnlyList<double?>> { Row(0, 0, [batches.Gradient(model, 2)]) };
        foreach (var band in memory.Bands(step)) rows.Add(Row(band.Youngest, band.Oldest, [.. band.Steps.Select(memory.GradientOf)]));
        // What the run's own last update came to, by the same measures.
        rows.Add(Row(-1, -1, [memory.ParametersBefore(step) - here]));
        return new RunMeasurement(RunMeasurement.Relevance, step, columns, rows).Rounded();

        IReadOnlyList<double?> Row(int youngest, int oldest, IReadOnlyList<Tensor> gradients)
        {
            using var inner = NewDisposeScope();
            var mean = stack([.. gradients], 0).mean([0]);
            // An update is preconditioned already.
            var preconditioned = youngest < 0 ? mean : mean / root;
            return [youngest, oldest, gradients.Count, gradients.Average(g => Cosine(g, present)), Cosine(mean, present), Projection(mean, present), Change(mean), Change(preconditioned)];
        }

        double Change(Tensor direction)
        {
            using var inner = NewDisposeScope();
            ModelVector.SetParameters(model, here - direction * (length / direction.norm().item<float>()));
            var change = batches.Loss(model, 1) - loss;
            ModelVector.SetParameters(model, here);
            return change;
        }
    }

    static double Cosine(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return a.mul(b).sum().item<float>() / ((double)a.norm().item<float>() * b.norm().item<float>());
    }

    static double Projection(Tensor past, Tensor present)
    {
        using var scope = NewDisposeScope();
        var length = present.norm().item<float>();
        return past.mul(present).sum().item<float>() / ((double)length * length);
    }
}
