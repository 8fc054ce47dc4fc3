namespace AdEMAMix.Workbook;

/// <summary>Everything that decides what one training run computes. Two equal configurations give bitwise equal runs on one machine.</summary>
/// <remarks>
/// Serialised as it is to JSON (camel case); the run's id is a hash of that JSON without <see cref="Name"/>.
/// A field left out of the JSON has the default that stands here. A field added later must be nullable with null for the
/// behaviour before it: nulls are not written, so that the ids of committed results stay.
/// </remarks>
public sealed partial record RunConfig
{
    /// <summary>A label for people, for example "AdEMAMix, seed 3". It is not part of the run's identity.</summary>
    public string Name { get; init; } = "";

    /// <summary>The text and how it is split.</summary>
    public DataConfig Data { get; init; } = new();

    /// <summary>The model's shape.</summary>
    public ModelConfig Model { get; init; } = new();

    /// <summary>The optimizer and its hyperparameters.</summary>
    public OptimizerConfig Optimizer { get; init; } = new();

    /// <summary>Length, batch, schedule, evaluation.</summary>
    public TrainingConfig Training { get; init; } = new();

    /// <summary>Forgetting tracks to measure on the way; null for none.</summary>
    public ForgettingConfig? Forgetting { get; init; }

    /// <summary>Comparisons with past gradients to make on the way; null for none.</summary>
    public RelevanceConfig? Relevance { get; init; }

    /// <summary>A change to another part of the text on the way; null for none.</summary>
    public ShiftConfig? Shift { get; init; }

    /// <summary>Another optimizer from some step on; null for none.</summary>
    public SwitchConfig? Switch { get; init; }

    /// <summary>Averages of the weights to evaluate beside the run's own; null for none.</summary>
    public AveragingConfig? Averaging { get; init; }

    /// <summary>Precision and memory of the computation; null for float32 with everything kept.</summary>
    public ComputeConfig? Compute { get; init; }

    /// <summary>Image classification instead of text: how images are cut, augmented and chosen; null for a language model.</summary>
    public VisionConfig? Vision { get; init; }

    /// <summary>Seed of the initial weights.</summary>
    public int InitSeed { get; init; }

    /// <summary>Seed of the order in which training windows are drawn.</summary>
    public int DataSeed { get; init; }
}

/// <summary>Which text is read and how it is split.</summary>
public sealed partial record DataConfig
{
    /// <summary>A name in data/sources.json, or "file" (text), "shards" (token files) or "images" (image files) with <see cref="Path"/>.</summary>
    public string Source { get; init; } = "austen";

    /// <summary>
    /// With source "file" a text file or a folder of .txt files of the reader's own; with source "shards" a file of 16-bit tokens or a folder of
    /// .bin files in nanoGPT's or llm.c's format, of which those named "val" are for validation; with "images" a folder of images.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>With source "shards": the model's vocabulary; null for that of the tokenizer recorded beside the files.</summary>
    public int? Vocabulary { get; init; }

    /// <summary>The share of the text, at its end, that is kept for validation: in (0, 0.5]. Not read where there are token files for validation.</summary>
    public double ValidationFraction { get; init; } = 0.05;

    /// <summary>Where the part of the text that is read starts, as a share of the whole; null for its beginning. The split is made within the part.</summary>
    public double? Start { get; init; }

    /// <summary>Where that part ends; null for the text's end.</summary>
    public double? End { get; init; }

    /// <summary>The share of training targets that are replaced by tokens drawn uniformly, in [0, 1); null for none. Validation stays as it is.</summary>
    public double? LabelNoise { get; init; }

    /// <summary>The SHA-256, in hexadecimal, that what the run reads must have: data that changed make another run. Null to take the data as they are.</summary>
    public string? Sha256 { get; init; }
}

/// <summary>Shape of the decoder-only transformer.</summary>
public sealed partial record ModelConfig
{
    /// <summary>Transformer blocks.</summary>
    public int Layers { get; init; } = 2;

    /// <summary>Width of the residual stream; a multiple of <see cref="Heads"/>.</summary>
    public int Width { get; init; } = 64;

    /// <summary>Attention heads.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Tokens per training window.</summary>
    public int Context { get; init; } = 64;
}

/// <summary>Length, batch, learning-rate schedule, clipping, evaluation and checkpoints.</summary>
public sealed partial record TrainingConfig
{
    /// <summary>Optimizer steps.</summary>
    public int Steps { get; init; } = 4000;

    /// <summary>Windows per step.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>
    /// Windows that go through the model at once; the gradients of a step's parts are added up. Null for the whole batch. It saves memory and
    /// changes results by rounding only.
    /// </summary>
    public int? MicroBatchSize { get; init; }

    /// <summary>Steps of linear learning-rate warmup.</summary>
    public int WarmupSteps { get; init; } = 100;

    /// <summary>Learning rate at the end of the cosine, absolute.</summary>
    public double FinalLearningRate { get; init; } = 1e-5;

    /// <summary>Steps of linear decay at the end, before which the learning rate stays at its peak; null for a cosine from warmup to end.</summary>
    public int? LinearDecaySteps { get; init; }

    /// <summary>Largest global gradient norm; null for no clipping.</summary>
    /// <remarks>Written even where it is null: what is left out of a file is the default.</remarks>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.Never)]
    public double? ClipNorm { get; init; } = 1.0;

    /// <summary>Steps between evaluations on the validation text (the last step is always evaluated).</summary>
    public int EvaluationInterval { get; init; } = 200;

    /// <summary>Validation windows per evaluation, the same ones each time, spread evenly over the validation text.</summary>
    public int EvaluationWindows { get; init; } = 512;

    /// <summary>Steps between recorded points of the training loss; each point holds the mean since the point before.</summary>
    public int ReportInterval { get; init; } = 50;

    /// <summary>Steps between checkpoints; a stop always writes one.</summary>
    public int CheckpointInterval { get; init; } = 500;

    /// <summary>
    /// A validation loss that the run is measured against, in nats per token, declared before the run and part of its identity, so that it
    /// cannot be moved afterwards; null for none. Training does not read it.
    /// </summary>
    public double? TargetLoss { get; init; }

    /// <summary>Threads that libtorch and the optimizer use.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Tokens of the whole run.</summary>
    /// <param name="model">The model, whose context counts.</param>
    public long Tokens(ModelConfig model) => (long)Steps * BatchSize * model.Context;
}
