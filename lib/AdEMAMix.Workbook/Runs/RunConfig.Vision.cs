namespace AdEMAMix.Workbook;

/// <summary>
/// Classification of images by a <see cref="Vit"/> (section 4.2 of the paper) instead of prediction of text. <see cref="TrainingConfig.BatchSize"/>
/// and <see cref="TrainingConfig.EvaluationWindows"/> then count images, and <see cref="ModelConfig.Context"/> is not read: the number of
/// tokens follows from image and patch.
/// </summary>
public sealed record VisionConfig
{
    /// <summary>Side of a square patch in pixels; it must divide the images' height and width.</summary>
    public int Patch { get; init; } = 7;

    /// <summary>Training images are framed in this many black pixels and cut back to their size at a random place; 0 for no shift.</summary>
    public int CropPadding { get; init; }

    /// <summary>Whether every other training image, at random, is mirrored left to right.</summary>
    public bool Flip { get; init; }

    /// <summary>
    /// Mixup (Zhang et al. 2018): each training image is blended with another in the proportion Beta(a, a), and its target likewise;
    /// a in [0.05, 1], null for none.
    /// </summary>
    public double? Mixup { get; init; }

    /// <summary>Share of the target's probability that is spread evenly over all classes in training, in [0, 1).</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Share of the training images that is trained on, in (0, 1], the same share of each class; smaller shares are parts of larger ones.</summary>
    public double TrainingShare { get; init; } = 1;

    /// <summary>
    /// Whether <see cref="DataConfig.ValidationFraction"/> of the training images is held out and stands in for the test images, for choosing
    /// hyperparameters: the test images then stay unseen. Which images these are depends on nothing but the fraction.
    /// </summary>
    public bool HoldOut { get; init; }

    /// <summary>Side of a square that images of a folder are scaled and cut to; null to take them as they are, all of one size.</summary>
    public int? Size { get; init; }

    /// <summary>Whether files of a folder that cannot be decoded are left out instead of refused.</summary>
    public bool SkipBroken { get; init; }

    internal void Validate(RunConfig config)
    {
        var images = config.Data.Source == DataSources.Images;
        RunConfig.Require(config.Data.Source != DataSources.File, "data.source", $"'{config.Data.Source}'", "with a vision section it must be a source of images, or \"images\" with data.path");
        RunConfig.Require(config.Data is { Start: null, End: null }, "data.start", config.Data.Start, "a part of a text cannot be taken of images; remove data.start and data.end, or see vision.trainingShare");
        RunConfig.Require(config.Model.Context == new ModelConfig().Context, "model.context", config.Model.Context, "with a vision section the number of tokens follows from image and patch; remove it");
        RunConfig.Require(config is { Forgetting: null, Relevance: null, Shift: null }, "vision", "set", "forgetting, relevance and shift are measured on texts only; remove them, or vision");
        RunConfig.Require(config.Compute is null, "compute", "set", "images are computed in float32 with everything kept; remove it, or vision");
        RunConfig.Require(config.Data.LabelNoise is null or 0, "data.labelNoise", config.Data.LabelNoise, "targets are only made wrong in texts; remove it, or vision");
        RunConfig.AtLeast(1, Patch, "vision.patch");
        RunConfig.AtLeast(0, CropPadding, "vision.cropPadding");
        RunConfig.Require(Mixup is null or (>= 0.05 and <= 1), "vision.mixup", Mixup, "must be in [0.05, 1], or null for none");
        RunConfig.Require(LabelSmoothing is >= 0 and < 1, "vision.labelSmoothing", LabelSmoothing, "must be in [0, 1)");
        RunConfig.Require(TrainingShare is > 0 and <= 1, "vision.trainingShare", TrainingShare, "must be in (0, 1]");
        RunConfig.Require(Size is null or >= 1, "vision.size", Size, "must be at least 1, or null to take images as they are");
        RunConfig.Require(images || (Size is null && !SkipBroken), "vision.size", Size, "it and skipBroken are read with data.source \"images\" only; remove them");
        RunConfig.Require(Size is not { } size || size % Patch == 0, "vision.patch", Patch, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"must divide vision.size ({Size})"));
    }
}

public sealed partial record RunConfig
{
    /// <summary>Tokens that the run reads; images where it classifies images.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long Tokens => Vision is null ? Training.Tokens(Model) : (long)Training.Steps * Training.BatchSize;
}
