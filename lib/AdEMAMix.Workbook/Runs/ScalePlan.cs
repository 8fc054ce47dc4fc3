namespace AdEMAMix.Workbook;

/// <summary>What a run on GPUs takes before it starts: parameters, operations, bytes on each rank, on disk and between ranks, days; and whether it fits.</summary>
public sealed partial record ScalePlan
{
    // Kept free on each GPU: the CUDA context, workspaces of cuBLAS and NCCL, gaps between tensors.
    const double Reserve = 0.1;

    const int Float = sizeof(float);
    const int BytesPerToken = 2;
    const double SecondsPerDay = 86400;

    readonly RunEstimate estimate;
    readonly int? wishedMicroBatch;

    /// <summary>A plan.</summary>
    /// <param name="config">The run.</param>
    /// <param name="estimate">What the run needs on one device.</param>
    /// <param name="layout">How it is spread; a micro-batch that is left open becomes the largest that fits.</param>
    /// <param name="device">The GPU of every rank.</param>
    /// <param name="mfu">The share of the GPUs' peak that training gets (model FLOPs utilisation), in (0, 1].</param>
    /// <exception cref="ConfigException">A value is outside its range, or the batch cannot be divided so.</exception>
    public ScalePlan(RunConfig config, RunEstimate estimate, ScaleLayout layout, Accelerator device, double mfu = DefaultMfu)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(estimate);
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(device);
        RunConfig.Require(mfu is > 0 and <= 1, "the MFU", mfu, "must be a share in (0, 1]");
        RunConfig.Require(device.MemoryBytes > 0, "the GPU's memory", device.MemoryBytes, "must be positive");
        RunConfig.Require(config.Vision is null, "vision", "set", "plans for several GPUs are of language models: remove it");
        this.estimate = estimate;
        Device = device;
        Mfu = mfu;
        Layout = layout.Validate(config.Validate().Training.BatchSize);
        var compute = (config.Compute ?? new ComputeConfig()) with { Precision = Layout.BFloat16 ? ComputeConfig.BFloat16 : null, Recompute = Layout.Recompute ? true : null };
        Config = config with { Compute = compute == new ComputeConfig() ? null : compute };
        wishedMicroBatch = layout.MicroBatch;
        if (Layout.MicroBatch is null) Layout = Layout with { MicroBatch = LargestMicroBatch() };
        // A micro-batch of the whole batch is what a run has that names none.
        Config = Config with { Training = Config.Training with { MicroBatchSize = Layout.MicroBatch == config.Training.BatchSize ? null : Layout.MicroBatch } };
    }

    /// <summary>The share of the peak that is assumed: what well-tuned training of such models reaches.</summary>
    public const double DefaultMfu = 0.4;

    /// <summary>The run as it is planned, to be trained so: with the layout's precision, recomputation and micro-batch.</summary>
    public RunConfig Config { get; }

    /// <summary>How it is spread, with the micro-batch.</summary>
    public ScaleLayout Layout { get; private init; }

    /// <summary>The GPU of every rank.</summary>
    public Accelerator Device { get; }

    /// <summary>The share of the GPUs' peak that training gets.</summary>
    public double Mfu { get; }

    /// <summary>Trained values.</summary>
    public long Parameters => estimate.Parameters;

    /// <summary>Trained values without the output layer, which the paper's names count.</summary>
    public long ParametersWithoutHead => Parameters - (long)estimate.Vocabulary * Config.Model.Width;

    /// <summary>Floating-point operations of forward and backward pass per token; recomputation is not counted.</summary>
    public double FlopsPerToken => estimate.Flops / estimate.Tokens;

    /// <summary>Tokens of the run.</summary>
    public long Tokens => estimate.Tokens;

    /// <summary>Bytes of token shards for one pass.</summary>
    public long ShardBytes => BytesPerToken * Tokens;

    /// <summary>Sequences per step of the rank that has most.</summary>
    public int RankBatch => Layout.RankBatch(Config.Training.BatchSize);

    /// <summary>Micro-batches per step whose gradients are accumulated.</summary>
    public int Accumulation => (RankBatch + Layout.MicroBatch!.Value - 1) / Layout.MicroBatch!.Value;

    /// <summary>Bytes of weights on each rank, in float; what is rounded to bfloat16 counts as activations.</summary>
    public long WeightBytes => estimate.WeightBytes;

    /// <summary>Bytes of the buckets in which gradients travel to the other ranks.</summary>
    public long BucketBytes => Layout.Gpus == 1 ? 0 : GradientBytes;

    /// <summary>Bytes of gradients on each rank, in float.</summary>
    public long GradientBytes => estimate.GradientBytes;

    /// <summary>Bytes of the optimizer's states on each rank.</summary>
    public long StateBytes => Layout.ShardStates ? (estimate.StateBytes + Layout.Gpus - 1) / Layout.Gpus : estimate.StateBytes;

    /// <summary>Bytes of activations on each rank at the micro-batch.</summary>
    public long ActivationBytes => ActivationsOf(Layout.MicroBatch!.Value);

    /// <summary>Bytes of what the run measures beside its losses.</summary>
    public long MeasurementBytes => estimate.MeasurementBytes;

    /// <summary>Bytes of tensors on each rank.</summary>
    public long RankBytes => FixedBytes + ActivationBytes;

    // All but what depends on the micro-batch.
    long FixedBytes => WeightBytes + GradientBytes + BucketBytes + StateBytes + MeasurementBytes;

    /// <summary>What a rank may fill of its GPU.</summary>
    public long UsableBytes => (long)(Device.MemoryBytes * (1 - Reserve));

    /// <summary>Whether every rank's tensors fit its GPU.</summary>
    public bool Fits => RankBytes <= UsableBytes;

    /// <summary>Bytes of a checkpoint; while one is written there are two.</summary>
    public long CheckpointBytes => estimate.CheckpointBytes;

    /// <summary>
    /// Bytes that each rank sends per step: gradients by a ring all-reduce, 2 (N - 1)/N of them; with sharded states the weights of its
    /// part to all others, (N - 1)/N of them. No exchange that leaves every rank with the sum sends less than the first.
    /// </summary>
    public long SentBytesPerStep => (long)((Layout.ShardStates ? 3.0 : 2.0) * (Layout.Gpus - 1) / Layout.Gpus * Float * Parameters);

    /// <summary>Operations per second of all GPUs at their peak, in the precision of the products.</summary>
    public double PeakFlops => Layout.Gpus * (Layout.BFloat16 ? Device.BFloat16Flops : Device.FloatFlops);

    /// <summary>Days of training at <see cref="Mfu"/>; where the batch cannot be divided evenly, ranks wait for the one that has most.</summary>
    public double Days => estimate.Flops / (PeakFlops * Mfu) / SecondsPerDay * RankBatch * Layout.Gpus / Config.Training.BatchSize;

    // Evaluations pass as many sequences at a time whatever the micro-batch.
    long ActivationsOf(int sequences) => Math.Max(
        Activations.Training(Config.Model, estimate.Vocabulary, sequences, Config.Compute, fusedAttention: true),
        Activations.Evaluation(Config.Model, estimate.Vocabulary, Math.Min(RunEstimate.EvaluationBatch, Config.Training.EvaluationWindows), Config.Compute, fusedAttention: true));

    // One where not even that fits: the plan then shows by how much.
    int LargestMicroBatch() => Layout.MicroBatches(Config.Training.BatchSize).FirstOrDefault(micro => FixedBytes + ActivationsOf(micro) <= UsableBytes, 1);
}
