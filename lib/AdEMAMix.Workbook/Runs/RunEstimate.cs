using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>What a run needs, computed from its configuration before it starts: parameters, floating-point operations, memory, disk.</summary>
/// <remarks>
/// Parameters, moments and checkpoints are exact wherever the vocabulary is known. Activations are counted from the tensors that autograd
/// keeps; what the process itself takes is a measured constant.
/// </remarks>
public sealed partial record RunEstimate
{
    // A reader's own prose has fewer distinct characters than this.
    const int OwnVocabulary = 256;

    const int Float = sizeof(float);
    internal const int EvaluationBatch = 32;

    // .NET, libtorch and BLAS, as resident memory of a worker with a model of nothing.
    const long ProcessBytes = 325L << 20;

    // While a text is read it stands in memory as bytes, as UTF-16 before and after it is normalised, and as tokens.
    const int BytesPerCharacter = 8;

    RunEstimate(RunConfig config, int vocabulary, bool vocabularyIsKnown, ModelNeeds needs)
    {
        (Vocabulary, VocabularyIsKnown) = (vocabulary, vocabularyIsKnown);
        var (model, training) = (config.Model, config.Training);
        var sizes = needs.TensorSizes;
        Parameters = sizes.Sum();
        Tokens = config.Tokens;
        Flops = needs.Flops;
        WeightBytes = Float * Parameters;
        GradientBytes = WeightBytes;
        StateBytes = Moments(config) * sizes.Sum(n => MomentBytes(n, config.Optimizer.StateFormat));
        // Of the blocks' matrices Muon keeps one moment, AdamW two of the rest.
        if (config.Optimizer.Kind == OptimizerConfig.Muon) StateBytes -= Float * 12L * model.Layers * model.Width * model.Width;
        var kept = config.Relevance is { } relevance ? GradientMemory.Rows(relevance) * WeightBytes : 0;
        kept += (config.Averaging?.Decays.Count ?? 0) * WeightBytes;
        var rest = WeightBytes + StateBytes + kept;
        CheckpointBytes = rest;
        // A forgetting measurement goes back to one copy of everything; a comparison holds a band's gradients and a few directions.
        MeasurementBytes = kept
            + (config.Forgetting is null ? 0 : rest)
            + (config.Relevance is { } r ? (2L * r.PerBand + 8) * WeightBytes : 0)
            + (config.Averaging is null ? 0 : 3 * WeightBytes);
        ActivationBytes = needs.ActivationBytes;
        GapBytes = needs.GapBytes;
        TextBytes = needs.DataBytes;
    }

    // What differs between a text and images.
    sealed record ModelNeeds(IReadOnlyList<long> TensorSizes, double Flops, long ActivationBytes, long DataBytes, long GapBytes = 0);

    static RunEstimate OfText(RunConfig config, int vocabulary, bool vocabularyIsKnown, long characters)
    {
        var (model, training) = (config.Model, config.Training);
        var sizes = TensorSizes(model, vocabulary).ToList();
        // Two operations per weight forward and four backward, of the matrices that a token passes; attention's two products beside.
        var flops = config.Tokens * (6.0 * (sizes.Sum() - (long)(vocabulary + model.Context) * model.Width) + 12.0 * model.Layers * model.Width * model.Context);
        var part = training.MicroBatchSize ?? training.BatchSize;
        var batch = config.Relevance is null ? part : Math.Max(part, EvaluationBatch);
        var activations = Math.Max(Activations.Training(model, vocabulary, batch, config.Compute), Activations.Evaluation(model, vocabulary, EvaluationBatch, config.Compute));
        return new(config, vocabulary, vocabularyIsKnown, new(sizes, flops, activations, characters * BytesPerCharacter, (config.Compute?.Recompute == true ? 2 : 1) * Activations.Block(model, batch, config.Compute)));
    }

    /// <summary>Trained values.</summary>
    public long Parameters { get; }

    /// <summary>Tokens, or classes of images, that the model distinguishes.</summary>
    public int Vocabulary { get; }

    /// <summary>False where the text is not listed in data/sources.json, and the vocabulary is a guess.</summary>
    public bool VocabularyIsKnown { get; }

    /// <summary>Tokens, or images, that the run reads.</summary>
    public long Tokens { get; }

    /// <summary>Floating-point operations of training.</summary>
    public double Flops { get; }

    /// <summary>Bytes of the weights.</summary>
    public long WeightBytes { get; }

    /// <summary>Bytes of their gradients.</summary>
    public long GradientBytes { get; }

    /// <summary>Bytes of the optimizer's moments, with the scales of moments in eight bits.</summary>
    public long StateBytes { get; }

    /// <summary>Bytes of what the forward pass keeps for the backward pass, or of an evaluation where that takes more.</summary>
    public long ActivationBytes { get; }

    /// <summary>Bytes of what the run measures beside its losses.</summary>
    public long MeasurementBytes { get; }

    /// <summary>Bytes of the text or of the images.</summary>
    public long TextBytes { get; }

    /// <summary>Bytes of tensors: what a device must hold.</summary>
    public long TensorBytes => WeightBytes + GradientBytes + StateBytes + ActivationBytes + MeasurementBytes;

    /// <summary>Resident memory of the run's process at its highest; workers of eight shapes took 0.95 to 1.05 of it.</summary>
    // Weights are drawn in double and rounded to float before the model takes them: twelve bytes each that the collector lets go late.
    public long MemoryBytes => ProcessBytes + TextBytes + TensorBytes + GapBytes + 3 * WeightBytes;

    // Between tensors of many sizes the allocator leaves gaps, measured at about one block's worth; at nearly two where blocks are recomputed.
    long GapBytes { get; }

    /// <summary>Bytes of its checkpoint on disk; while a new one is written there are two.</summary>
    public long CheckpointBytes { get; }

    /// <summary>The estimate of a run.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="paths">Where data/sources.json is, which knows the vocabularies.</param>
    public static RunEstimate Of(RunConfig config, WorkbookPaths paths)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (config.Vision is not null) return OfImages(config, paths);
        if (config.Data.Source == DataConfig.FileSource) return OfText(config, OwnVocabulary, false, LengthOf(config.Data.Path!));
        if (config.Data is { Source: DataConfig.ShardsSource, Vocabulary: { } vocabulary }) return Of(config, vocabulary);
        return DataSources.Load(paths).All.FirstOrDefault(s => s.Name == config.Data.Source) is { Text: { } text }
            ? OfText(config, text.Symbols, true, text.Characters)
            : OfText(config, PaperModel.Vocabulary, false, 0);
    }

    /// <summary>The estimate for a vocabulary that is known, without the text.</summary>
    public static RunEstimate Of(RunConfig config, int vocabulary)
    {
        ArgumentNullException.ThrowIfNull(config);
        return OfText(config, vocabulary, true, 0);
    }

    /// <summary>Bytes as people read them, in binary units: "580 MiB", "19.8 GiB".</summary>
    public static string Text(double bytes)
    {
        string[] units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
        var (value, unit) = (bytes / 1024, 0);
        for (; value >= 1000 && unit < units.Length - 1; unit++) value /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{(value is < 10 and > 0 ? Math.Round(value, 1) : Math.Round(value)):0.#} {units[unit]}");
    }

    // As Gpt makes them.
    static IEnumerable<long> TensorSizes(ModelConfig model, int vocabulary)
    {
        var width = (long)model.Width;
        yield return vocabulary * width;
        yield return model.Context * width;
        for (var layer = 0; layer < model.Layers; layer++)
        {
            for (var norm = 0; norm < 4; norm++) yield return width;
            yield return 3 * width * width;
            yield return width * width;
            yield return 4 * width * width;
            yield return 4 * width * width;
        }
        yield return width;
        yield return width;
        yield return vocabulary * width;
    }

    static int Moments(RunConfig config) => config.Switch is { } change ? Math.Max(Moments(config.Optimizer), Moments(change.Optimizer)) : Moments(config.Optimizer);

    static int Moments(OptimizerConfig optimizer) => optimizer.Kind switch
    {
        OptimizerConfig.AdEMAMix => optimizer.Beta1 == 0 ? 2 : 3,
        OptimizerConfig.Ad3EMAMix => 4,
        OptimizerConfig.Lion or OptimizerConfig.Sgd => 1,
        _ => 2,
    };

    static long MomentBytes(long elements, string? format) => format switch
    {
        OptimizerConfig.BFloat16 => 2 * elements,
        OptimizerConfig.EightBit => elements + Float * ((elements + 255) / 256),
        _ => Float * elements,
    };

    static long LengthOf(string path) => File.Exists(path) ? new FileInfo(path).Length
        : Directory.Exists(path) ? new DirectoryInfo(path).EnumerateFiles("*.txt", SearchOption.AllDirectories).Sum(f => f.Length)
        : 0;
}
