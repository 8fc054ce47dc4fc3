namespace AdEMAMix.Workbook;

// The range of every field of a configuration: what is outside is refused before any work starts.
public sealed partial record RunConfig
{
    /// <summary>Checks every range and returns this configuration.</summary>
    /// <exception cref="ConfigException">A value is outside its range; the message names the field, the value and the range.</exception>
    public RunConfig Validate()
    {
        Require(Data is not null && Model is not null && Optimizer is not null && Training is not null, "data, model, optimizer and training", "null", "must be objects");
        Data!.Validate();
        Model!.Validate();
        Optimizer!.Validate();
        Training!.Validate(Optimizer.LearningRate);
        Forgetting?.Validate(Training.Steps);
        Relevance?.Validate(Training.Steps);
        Averaging?.Validate();
        Shift?.Validate(Training.Steps);
        Compute?.Validate();
        Switch?.Validate(Optimizer, Training);
        Require(Relevance is null || (Optimizer.Kind is OptimizerConfig.AdamW or OptimizerConfig.AdEMAMix && Switch is null), "relevance", "set", "a comparison with past gradients reads the second moment of AdamW or AdEMAMix: choose one of the two without a switch, or remove relevance");
        Require(Forgetting is null || Switch is null, "forgetting", "set", "a track cannot be taken back over a change of the optimizer: remove forgetting or switch");
        Vision?.Validate(this);
        Require(Vision is not null || Data.Source != DataSources.Images, "data.source", $"'{Data.Source}'", "images need a vision section; add one, or choose a text");
        Require(Relevance is null || Optimizer.StateFormat is null or OptimizerConfig.Full, "optimizer.stateFormat", $"'{Optimizer.StateFormat}'", "a comparison with past gradients reads the second moment in float: set it to full, or remove relevance");
        return this;
    }

    internal static void Require(bool holds, string field, object? value, string rule)
    {
        if (!holds) throw new ConfigException(string.Create(Invariant, $"{field} is {value ?? "null"}, but {rule}."));
    }

    internal static void AtLeast(int least, int value, string field) => Require(value >= least, field, value, $"must be at least {least}");

    internal static void InUnitInterval(double value, string field) => Require(value is >= 0 and < 1, field, value, "must be in [0, 1)");

    static readonly System.Globalization.CultureInfo Invariant = System.Globalization.CultureInfo.InvariantCulture;
}

public sealed partial record DataConfig
{
    /// <summary>The source that stands for a file or folder of the reader's own.</summary>
    public const string FileSource = "file";

    /// <summary>The source that stands for files of tokens.</summary>
    public const string ShardsSource = "shards";

    internal void Validate()
    {
        RunConfig.Require(!string.IsNullOrWhiteSpace(Source), "data.source", "empty", "must name a source of data/sources.json, or be \"file\" or \"shards\" with data.path");
        RunConfig.Require(Source != FileSource || !string.IsNullOrWhiteSpace(Path), "data.path", "missing", "must be a text file or folder when data.source is \"file\"");
        RunConfig.Require(Source != ShardsSource || !string.IsNullOrWhiteSpace(Path), "data.path", "missing", "must be a token file or a folder of them when data.source is \"shards\"");
        RunConfig.Require(Source != DataSources.Images || !string.IsNullOrWhiteSpace(Path), "data.path", "missing", "must be a folder of images when data.source is \"images\"");
        RunConfig.Require(Source is FileSource or ShardsSource or DataSources.Images || Path is null, "data.path", $"'{Path}'", "is only read with data.source \"file\", \"shards\" or \"images\"; remove it or set data.source to one of them");
        RunConfig.Require(Vocabulary is null || Source == ShardsSource, "data.vocabulary", Vocabulary, "is only read with data.source \"shards\"; remove it: a text has the vocabulary of its characters");
        RunConfig.Require(Vocabulary is null or (>= 1 and <= CharacterTokenizer.MaximumVocabulary), "data.vocabulary", Vocabulary, "must be from 1 to 65,536, or be null for the one recorded beside the files");
        RunConfig.Require(ValidationFraction is > 0 and <= 0.5, "data.validationFraction", ValidationFraction, "must be in (0, 0.5]");
        RunConfig.Require((Start ?? 0) >= 0 && (Start ?? 0) < (End ?? 1) && (End ?? 1) <= 1, "data.start", Start ?? 0, FormattableString.Invariant($"must be a share of the text below data.end ({End ?? 1}), and both within 0 and 1"));
        RunConfig.InUnitInterval(LabelNoise ?? 0, "data.labelNoise");
        RunConfig.Require(Sha256 is null || (Sha256.Length == 64 && Sha256.All(char.IsAsciiHexDigitLower)), "data.sha256", $"'{Sha256}'", "must be 64 hexadecimal digits in small letters, or null to take the data as they are");
    }
}

public sealed partial record ModelConfig
{
    internal void Validate()
    {
        RunConfig.AtLeast(1, Layers, "model.layers");
        RunConfig.AtLeast(1, Width, "model.width");
        RunConfig.AtLeast(1, Heads, "model.heads");
        RunConfig.AtLeast(1, Context, "model.context");
        RunConfig.Require(Width % Heads == 0, "model.width", Width, $"must be a multiple of model.heads ({Heads})");
    }
}

public sealed partial record TrainingConfig
{
    internal void Validate(double peakLearningRate)
    {
        RunConfig.AtLeast(1, Steps, "training.steps");
        RunConfig.AtLeast(1, BatchSize, "training.batchSize");
        RunConfig.Require(MicroBatchSize is null || (MicroBatchSize >= 1 && MicroBatchSize <= BatchSize), "training.microBatchSize", MicroBatchSize, $"must be from 1 to training.batchSize ({BatchSize}), or null for the whole batch");
        RunConfig.AtLeast(0, WarmupSteps, "training.warmupSteps");
        RunConfig.Require(FinalLearningRate >= 0 && FinalLearningRate <= peakLearningRate, "training.finalLearningRate", FinalLearningRate, "must be between 0 and optimizer.learningRate");
        RunConfig.Require(LinearDecaySteps is null || (LinearDecaySteps >= 1 && LinearDecaySteps <= Steps - WarmupSteps), "training.linearDecaySteps", LinearDecaySteps, "must be at least 1 and leave room for the warmup, or be null for a cosine");
        RunConfig.Require(ClipNorm is null or (> 0 and < double.PositiveInfinity), "training.clipNorm", ClipNorm, "must be positive, or null for no clipping");
        RunConfig.AtLeast(1, EvaluationInterval, "training.evaluationInterval");
        RunConfig.AtLeast(1, EvaluationWindows, "training.evaluationWindows");
        RunConfig.AtLeast(1, ReportInterval, "training.reportInterval");
        RunConfig.AtLeast(1, CheckpointInterval, "training.checkpointInterval");
        RunConfig.Require(TargetLoss is null or (> 0 and < double.PositiveInfinity), "training.targetLoss", TargetLoss, "must be a positive loss, or null for no target");
        RunConfig.AtLeast(1, Threads, "training.threads");
    }
}
