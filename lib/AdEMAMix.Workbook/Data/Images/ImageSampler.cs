namespace AdEMAMix.Workbook;

/// <summary>Which images each training step and each evaluation reads, and how training images are varied.</summary>
/// <remarks>
/// Step, place in the batch and seed decide the image, its shift, mirroring and blending: a resumed run needs no state to see what the
/// uninterrupted run would have seen. Each epoch reads every image of the share that is trained on once, in an order of its own
/// (<see cref="WindowPermutation"/>). Values are normalised per channel by the mean and deviation of all training images.
/// </remarks>
public sealed class ImageSampler
{
    readonly ImageDataset data;
    readonly VisionConfig vision;
    readonly ImageSplit split;
    readonly ImageAugmentation augmentation;
    readonly int seed;
    readonly float[] partner;

    /// <summary>A sampler over a dataset.</summary>
    /// <param name="data">The images.</param>
    /// <param name="vision">Share, augmentation, which images are evaluated.</param>
    /// <param name="validationFraction">The share of the training images that is held out, if any is.</param>
    /// <param name="batchSize">Images per step, at least 1.</param>
    /// <param name="seed">Seed of share, order and augmentation.</param>
    public ImageSampler(ImageDataset data, VisionConfig vision, double validationFraction, int batchSize, int seed)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(vision);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        (this.data, this.vision, BatchSize, this.seed) = (data, vision, batchSize, seed);
        // A folder without test images has some of its training images take their place.
        EvaluatesHeldOut = vision.HoldOut || data.Test.Count == 0;
        split = ImageSplit.Of(data.Training.Labels, data.Classes.Count, EvaluatesHeldOut ? validationFraction : 0, vision.TrainingShare, seed);
        augmentation = new ImageAugmentation(data, vision);
        partner = new float[data.Shape.Length];
    }

    /// <summary>Images per step.</summary>
    public int BatchSize { get; }

    /// <summary>Images that one epoch consists of.</summary>
    public int ImagesPerEpoch => split.Training.Length;

    /// <summary>Whether evaluations read images held out of the training images instead of test images.</summary>
    public bool EvaluatesHeldOut { get; }

    /// <summary>How many images can be evaluated.</summary>
    public int EvaluationCapacity => EvaluatesHeldOut ? split.HeldOut.Length : data.Test.Count;

    /// <summary>Which training image a step reads at a place of its batch.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="batchIndex">The place in the batch, from 0 to <see cref="BatchSize"/> - 1.</param>
    public int TrainingImage(int step, int batchIndex)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(batchIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(batchIndex, BatchSize);
        var (epoch, index) = Math.DivRem(Place(step, batchIndex), ImagesPerEpoch);
        return split.Training[new WindowPermutation(ImagesPerEpoch, seed, epoch)[index]];
    }

    /// <summary>Some rows of the batch of a training step, as many as the spans hold.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="firstRow">The first row of the batch that is asked for: 0 but where a batch is shared out.</param>
    /// <param name="images">Receives normalised values [rows, channels, height, width].</param>
    /// <param name="targets">Receives the probabilities of the classes [rows, classes]: each row adds up to 1.</param>
    public void Fill(int step, int firstRow, Span<float> images, Span<float> targets)
    {
        var rows = Rows(images, targets.Length, data.Classes.Count);
        for (var row = 0; row < rows; row++)
        {
            var random = new SplitMix(seed, Place(step, firstRow + row));
            var target = targets.Slice(row * data.Classes.Count, data.Classes.Count);
            var image = TrainingImage(step, firstRow + row);
            var values = images.Slice(row * data.Shape.Length, data.Shape.Length);
            augmentation.Draw(image, ref random, values);
            target.Fill((float)(vision.LabelSmoothing / data.Classes.Count));
            if (vision.Mixup is not { } alpha)
            {
                target[data.Training.Labels[image]] += (float)(1 - vision.LabelSmoothing);
                continue;
            }
            // The partner is any image that is trained on, varied by draws of its own: no row depends on another row of the batch.
            var weight = random.Beta(alpha);
            var other = split.Training[random.Below(split.Training.Length)];
            augmentation.Draw(other, ref random, partner);
            for (var i = 0; i < values.Length; i++) values[i] = (float)(weight * values[i] + (1 - weight) * partner[i]);
            target[data.Training.Labels[image]] += (float)((1 - vision.LabelSmoothing) * weight);
            target[data.Training.Labels[other]] += (float)((1 - vision.LabelSmoothing) * (1 - weight));
        }
    }

    /// <summary>Some consecutive images of an evaluation, as they are, as many as the spans hold.</summary>
    /// <param name="part">Which images.</param>
    /// <param name="first">Index of the first within the evaluation.</param>
    /// <param name="count">Images of the whole evaluation; they are spread evenly over the part, the same ones each time.</param>
    /// <param name="images">Receives normalised values [rows, channels, height, width].</param>
    /// <param name="labels">Receives the classes [rows].</param>
    public void FillEvaluation(ImagePart part, int first, int count, Span<float> images, Span<long> labels)
    {
        var rows = Rows(images, labels.Length, 1);
        var (set, indices, available) = part == ImagePart.Training ? (data.Training, split.Training, split.Training.Length)
            : EvaluatesHeldOut ? (data.Training, split.HeldOut, split.HeldOut.Length) : (data.Test, null, data.Test.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, available);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + rows, count);
        for (var row = 0; row < rows; row++)
        {
            var index = (int)((long)(first + row) * available / count);
            if (indices is not null) index = indices[index];
            augmentation.Plain(set, index, images.Slice(row * data.Shape.Length, data.Shape.Length));
            labels[row] = set.Labels[index];
        }
    }

    long Place(int step, int batchIndex) => (long)step * BatchSize + batchIndex;

    int Rows(Span<float> images, int others, int perRow)
    {
        var rows = images.Length / data.Shape.Length;
        if (images.Length != rows * data.Shape.Length || others != rows * perRow)
            throw new ArgumentException($"Images and targets hold {images.Length} and {others} numbers, which are not as many rows of {data.Shape.Length} and {perRow}.");
        return rows;
    }
}

/// <summary>Which images an evaluation reads.</summary>
public enum ImagePart
{
    /// <summary>Those that are trained on, without augmentation.</summary>
    Training,

    /// <summary>The test images, or those held out in their place.</summary>
    Test,
}
