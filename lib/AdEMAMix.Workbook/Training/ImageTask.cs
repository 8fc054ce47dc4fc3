using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Classification of images: <see cref="Vit"/> on varied training images, evaluated on test images and on training images as they are.</summary>
sealed class ImageTask : ITrainingTask
{
    internal const int EvaluationBatch = 100;

    readonly ImageDataset data;
    readonly ImageSampler sampler;
    readonly Vit model;
    readonly Tensor images;
    readonly Tensor targets;
    readonly int evaluated;

    /// <summary>A task at its initial weights.</summary>
    /// <param name="config">A valid configuration with <see cref="RunConfig.Vision"/>.</param>
    /// <param name="data">The images.</param>
    /// <param name="rows">The rows of every batch that this process trains on; null for all.</param>
    /// <param name="device">Where the model is; null for the processor.</param>
    /// <exception cref="ConfigException">The patch does not divide the images.</exception>
    /// <exception cref="DataException">Nothing is left to train on or to evaluate.</exception>
    public ImageTask(RunConfig config, ImageDataset data, BatchRows? rows = null, TorchSharp.torch.Device? device = null)
    {
        this.data = data;
        var vision = config.Vision!;
        var batch = config.Training.BatchSize;
        sampler = new ImageSampler(data, vision, config.Data.ValidationFraction, batch, config.DataSeed);
        // One count for both parts, so that their accuracies are equally exact.
        evaluated = Math.Min(config.Training.EvaluationWindows, Math.Min(sampler.EvaluationCapacity, sampler.ImagesPerEpoch));
        if (evaluated == 0) throw new DataException($"'{data.Name}' leaves no image to evaluate with: add images, or a folder 'test'.");
        model = new Vit(config.Model, data.Shape, vision.Patch, data.Classes.Count, config.InitSeed, device);
        // A batch in parts needs room for one part only.
        var most = Math.Min(rows?.Count ?? batch, config.Training.MicroBatchSize ?? batch);
        images = zeros(most, data.Shape.Channels, data.Shape.Height, data.Shape.Width);
        targets = zeros(most, data.Classes.Count);
    }

    public nn.Module Model => model;

    public string ContentHash => data.ContentHash;

    public string Description => System.Text.Json.JsonSerializer.Serialize(new { data.Classes, data.Shape, data.Mean, data.Deviation }, RunConfig.Compact);

    public long TokensPerSample => 1;

    public double Train(int step, int first, int rows, double share)
    {
        using var scope = NewDisposeScope();
        sampler.Fill(step, first, Floats(images)[..(rows * data.Shape.Length)], Floats(targets)[..(rows * data.Classes.Count)]);
        var all = rows == images.shape[0];
        var loss = model.Loss(all ? images : images.narrow(0, 0, rows), all ? targets : targets.narrow(0, 0, rows));
        var value = loss.item<float>();
        if (!float.IsFinite(value)) return value;
        (share == 1 ? loss : loss.mul(share)).backward();
        return share * value;
    }

    public double[] Evaluate(int step, int part, int parts)
    {
        using var frozen = no_grad();
        var sums = new double[5];
        using var input = zeros(EvaluationBatch, data.Shape.Channels, data.Shape.Height, data.Shape.Width);
        using var label = zeros(EvaluationBatch, dtype: ScalarType.Int64);
        for (var first = part * EvaluationBatch; first < evaluated; first += parts * EvaluationBatch)
        {
            var count = Math.Min(EvaluationBatch, evaluated - first);
            foreach (var (offset, images) in new[] { (0, ImagePart.Test), (2, ImagePart.Training) })
            {
                using var scope = NewDisposeScope();
                sampler.FillEvaluation(images, first, evaluated, Floats(input)[..(count * data.Shape.Length)], MemoryMarshal.Cast<byte, long>(label.bytes)[..count]);
                // On the processor, as the labels are.
                var (x, y) = (input.narrow(0, 0, count), label.narrow(0, 0, count));
                var logits = model.call(x).cpu();
                sums[offset] += count * (double)nn.functional.cross_entropy(logits, y).item<float>();
                sums[offset + 1] += logits.argmax(1).eq(y).sum().item<long>();
            }
            sums[4] += count;
        }
        return sums;
    }

    public IEnumerable<RunMeasurement> Measure(int step, IReadOnlyList<double> means) =>
        [new RunMeasurement(RunMeasurement.Classification, step, RunMeasurement.ClassificationColumns, [[.. means.Select(x => (double?)x)]]).Rounded()];

    public void Dispose()
    {
        model.Dispose();
        images.Dispose();
        targets.Dispose();
    }

    static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
