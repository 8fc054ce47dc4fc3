using System.Globalization;
using System.Text.Json;

namespace AdEMAMix.Workbook;

// The plan as people and as programs read it.
public sealed partial record ScalePlan
{
    static readonly JsonSerializerOptions Indented = new(RunConfig.Compact) { WriteIndented = true };

    /// <summary>The plan, a line for each figure.</summary>
    public Table ToTable()
    {
        var model = Config.Model;
        var share = Layout.Gpus == 1 ? "on the GPU" : "on each GPU";
        (string, string)[] rows =
        [
            ("run", Config.Name),
            ("model", Text($"width {model.Width}, {model.Layers} blocks, {model.Heads} heads, context {model.Context}, {estimate.Vocabulary:N0} tokens in the vocabulary{(estimate.VocabularyIsKnown ? "" : " (assumed)")}")),
            ("parameters", Text($"{Parameters:N0} ({ParametersWithoutHead:N0} with one of the two embeddings, as the paper counts)")),
            ("FLOPs per token", Text($"{FlopsPerToken:0.00e0}, forward and backward")),
            ("tokens", Text($"{Tokens:N0} ({Config.Training.Steps:N0} steps of {Config.Training.BatchSize} sequences); {RunEstimate.Text(ShardBytes)} of token shards for one pass")),
            ("GPUs", Text($"{Layout.Gpus:N0} x {Device.Name}, {RunEstimate.Text(Device.MemoryBytes)}")),
            ("precision", Layout.BFloat16 ? "bfloat16 products, float32 for weights, norms, softmax, loss and states" : "float32"),
            ("batch", Text($"{(Config.Training.BatchSize % Layout.Gpus == 0 ? "" : "up to ")}{RankBatch} sequences {share}, {Layout.MicroBatch} at a time{(Accumulation == 1 ? "" : $", gradients of {Accumulation} micro-batches accumulated")}")),
            ("weights", RunEstimate.Text(WeightBytes)),
            ("gradients", RunEstimate.Text(GradientBytes)),
            .. BucketBytes > 0 ? ((string, string)[])[("buckets", RunEstimate.Text(BucketBytes) + " to send gradients from")] : [],
            ("states", RunEstimate.Text(StateBytes) + (Layout.ShardStates ? Text($", 1/{Layout.Gpus} of them") : "")),
            ("activations", RunEstimate.Text(ActivationBytes) + (Layout.Recompute ? ", blocks recomputed" : "")),
            .. MeasurementBytes > 0 ? ((string, string)[])[("measurements", RunEstimate.Text(MeasurementBytes))] : [],
            ("memory " + share, Text($"{RunEstimate.Text(RankBytes)}; {RunEstimate.Text(UsableBytes)} may be filled, the rest is for CUDA's own")),
            ("checkpoint", Text($"{RunEstimate.Text(CheckpointBytes)}; twice that while one is written")),
            ("sent per step", Layout.Gpus == 1 ? "nothing" : Text($"{RunEstimate.Text(SentBytesPerStep)} by each rank")),
            ("time", Text($"{DaysText(Days)} at an MFU of {Mfu:P0} of {PeakFlops / 1e12:#,0.#} TFLOP/s")),
        ];
        return Table.Of(rows, Fits ? "It fits" : "It does not fit", ("", r => r.Item1), (" ", r => r.Item2));
    }

    /// <summary>Tokens and time of the same run at other lengths.</summary>
    /// <param name="lengths">Steps.</param>
    public Table Lengths(IEnumerable<int> lengths)
    {
        var (tokens, days) = ((double)Tokens / Config.Training.Steps, Days / Config.Training.Steps);
        return Table.Of(lengths, "The paper's lengths",
            ("steps", steps => steps),
            ("tokens", steps => Text($"{tokens * steps / 1e9:#,0.0}B")),
            ("time", steps => DaysText(days * steps)));
    }

    /// <summary>The plan's figures as JSON: bytes, operations and days as plain numbers.</summary>
    public string ToJson() => JsonSerializer.Serialize(new
    {
        Run = Config.Name,
        Config.RunId,
        Parameters,
        ParametersWithoutHead,
        FlopsPerToken,
        Tokens,
        ShardBytes,
        Layout.Gpus,
        Gpu = Device.Name,
        GpuMemoryBytes = Device.MemoryBytes,
        UsableBytes,
        Precision = Layout.BFloat16 ? "bfloat16" : "float32",
        Layout.ShardStates,
        Layout.Recompute,
        Layout.MicroBatch,
        RankBatch,
        Accumulation,
        WeightBytes,
        GradientBytes,
        BucketBytes,
        StateBytes,
        ActivationBytes,
        MeasurementBytes,
        RankBytes,
        Fits,
        WouldFit = Fits ? [] : Remedies(),
        CheckpointBytes,
        SentBytesPerStep,
        Mfu,
        PeakFlops,
        Days,
    }, Indented);

    static string DaysText(double days) => days switch
    {
        < 1.0 / 24 => Text($"{Math.Max(1, days * 24 * 60):0} min"),
        < 2 => Text($"{days * 24:0.0} h"),
        < 1000 => Text($"{days:#,0.0} days"),
        _ => Text($"{days / 365.25:#,0.0} years"),
    };

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
