using System.Diagnostics;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>How a call of <see cref="Trainer.Train"/> ended.</summary>
public enum TrainingEnd
{
    /// <summary>At the last step.</summary>
    Finished,

    /// <summary>At a step whose loss was NaN or infinite.</summary>
    Diverged,

    /// <summary>At a checkpoint, because it was asked to.</summary>
    Stopped,
}

/// <summary>Trains one run: steps, evaluations, checkpoints. What it computes depends on the configuration and the text alone.</summary>
/// <remarks>Not thread-safe; tensors are freed by <see cref="Dispose"/> and, within a step, by one scope per step.</remarks>
public sealed partial class Trainer : IDisposable
{
    const int StepsBetweenCollections = 100;

    readonly RunConfig config;
    readonly ITrainingTask task;
    readonly RankGroup? ranks;
    readonly GradientBuckets? buckets;
    readonly StateShards? shards;
    readonly LearningRateSchedule schedule;
    readonly ModelOptimizer optimizer;
    readonly List<RunPoint> points = [];
    readonly List<RunMeasurement> measurements = [];
    readonly GradientMemory? gradients;
    readonly WeightAverages? averages;

    double seconds;
    double stepSeconds;
    double lossSum;
    double lossSeconds;
    int lossSteps;
    bool stopping;

    /// <summary>A trainer at step 0.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="data">The text of <see cref="RunConfig.Data"/>.</param>
    /// <exception cref="ConfigException">A value is outside its range.</exception>
    /// <exception cref="DataException">The text is too short for the context.</exception>
    public Trainer(RunConfig config, TokenDataset data) : this(config.Validate(), new LanguageTask(config, data, device: TrainingDevice.Here()))
    {
    }

    /// <summary>A trainer at step 0, alone or one of several ranks.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="task">What to train; the trainer disposes it.</param>
    /// <param name="ranks">The processes that train this run together; null for this one alone.</param>
    /// <param name="shardStates">Whether each rank keeps the optimizer's moments for its part of the parameters only.</param>
    internal Trainer(RunConfig config, ITrainingTask task, RankGroup? ranks = null, bool shardStates = false)
    {
        (this.config, this.task, this.ranks) = (config, task, ranks);
        ranks?.RequireFitting(config, shardStates);
        set_num_threads(config.Training.Threads);
        schedule = LearningRateSchedule.Of(config);
        IReadOnlyList<(string, TorchSharp.Modules.Parameter)> parameters = [.. Model.named_parameters()];
        buckets = ranks is null ? null : new GradientBuckets(ranks, Model.parameters());
        shards = ranks is not null && shardStates ? new StateShards(ranks, parameters) : null;
        optimizer = new ModelOptimizer(config, parameters, shards);
        gradients = config.Relevance is { } relevance ? new GradientMemory(relevance, ParameterCount, Model.parameters().First().device) : null;
        averages = config.Averaging is { } averaging ? new WeightAverages(averaging, Model) : null;
    }

    /// <summary>The model in training.</summary>
    public nn.Module Model => task.Model;

    /// <summary>Number of trained values.</summary>
    public long ParameterCount => Model.parameters().Sum(p => p.numel());

    /// <summary>Steps done.</summary>
    public int Step { get; private set; }

    /// <summary>Seconds of training so far, evaluation included, over all processes that had a part in the run.</summary>
    public double Seconds => seconds;

    /// <summary>Recorded points so far.</summary>
    public IReadOnlyList<RunPoint> Points => points;

    /// <summary>Measurements so far.</summary>
    public IReadOnlyList<RunMeasurement> Measurements => measurements;

    /// <summary>Training speed so far, evaluation not counted.</summary>
    public double TokensPerSecond => stepSeconds > 0 ? Tokens / stepSeconds : 0;

    /// <summary>Bytes of the optimizer's moments that this process keeps.</summary>
    public long StateBytes => optimizer.StateTensors().Sum(t => t.Tensor.numel() * t.Tensor.ElementSize);

    /// <summary>SHA-256 over all parameters: equal for bitwise equal models.</summary>
    public string ParametersSha256 => SafeTensors.Hash(ParameterTensors());

    long Tokens => Step * TokensPerStep;

    long TokensPerStep => config.Training.BatchSize * task.TokensPerSample;

    /// <summary>Trains up to the last step.</summary>
    /// <param name="checkpoint">File for checkpoints; null to write none.</param>
    /// <param name="onPoint">Called with every recorded point.</param>
    /// <param name="onStep">Called after every step; keep it short.</param>
    /// <param name="onMeasurement">Called with every measurement.</param>
    /// <param name="cancellation">Stops at the next step's end, with a checkpoint.</param>
    /// <returns>How it ended; <see cref="Step"/> says where. A diverged run stands at the step whose loss was not finite.</returns>
    /// <exception cref="CheckpointException">A checkpoint could not be written.</exception>
    public TrainingEnd Train(string? checkpoint = null, Action<RunPoint>? onPoint = null, Action<Trainer>? onStep = null, Action<RunMeasurement>? onMeasurement = null, CancellationToken cancellation = default)
    {
        var training = config.Training;
        // OpenMP keeps the number per calling thread, which may not be the one that made this trainer.
        set_num_threads(training.Threads);
        while (true)
        {
            Measure(onMeasurement, cancellation);
            if (Step == training.Steps) return TrainingEnd.Finished;
            // Ranks must stop at the same step: what one of them was asked, all learn with the loss.
            if (ranks is null ? cancellation.IsCancellationRequested : stopping)
            {
                Save(checkpoint);
                return TrainingEnd.Stopped;
            }
            var started = Stopwatch.GetTimestamp();
            optimizer.SwitchAt(Step);
            var rate = schedule.At(Step + 1);
            var loss = TakeStep(rate, cancellation);
            Step++;
            averages?.Update(Step, Model);
            var took = Stopwatch.GetElapsedTime(started).TotalSeconds;
            seconds += took;
            if (!double.IsFinite(loss)) return TrainingEnd.Diverged;
            stepSeconds += took;
            lossSum += loss;
            lossSeconds += took;
            lossSteps++;

            var last = Step == training.Steps;
            var evaluate = last || Step % training.EvaluationInterval == 0;
            if (evaluate || Step % training.ReportInterval == 0)
            {
                started = Stopwatch.GetTimestamp();
                var means = evaluate ? EvaluationMeans() : null;
                var validation = means?[0];
                seconds += Stopwatch.GetElapsedTime(started).TotalSeconds;
                if (validation is { } value && !double.IsFinite(value)) return TrainingEnd.Diverged;
                Record(rate, validation, onPoint);
                if (evaluate && averages is not null) Record(averages.Measure(Step, Model, Evaluate), onMeasurement);
                if (means is not null)
                    foreach (var measurement in task.Measure(Step, means)) Record(measurement, onMeasurement);
            }
            if (last || Step % training.CheckpointInterval == 0) Save(checkpoint);
            // The collector's first generation may be as large as the processor's cache, tens of MiB that fill over thousands of
            // steps with tensor handles: collected now and then, resident memory is flat from the start, and a collection is cheap.
            if (Step % StepsBetweenCollections == 0) GC.Collect(0);
            onStep?.Invoke(this);
        }
    }

    /// <summary>Mean loss over the fixed validation samples, in nats: per token of the text being read, or per image. All ranks must call it.</summary>
    public double Evaluate() => EvaluationMeans()[0];

    double[] EvaluationMeans()
    {
        var sums = task.Evaluate(Step, ranks?.Rank ?? 0, ranks?.Size ?? 1);
        if (ranks is not null) sums = ranks.Sum(sums);
        return [.. sums.SkipLast(1).Select(sum => sum / sums[^1])];
    }

    /// <summary>What the finished run came to.</summary>
    public RunResult Result() => new(points[^1].ValidationLoss!.Value, points[^1].TrainLoss, Tokens, seconds, TokensPerSecond, ParameterCount, ParametersSha256);

    /// <summary>Continues from a checkpoint: from here on the run is bit for bit the run that was never stopped. All ranks must call it; the first one reads.</summary>
    /// <exception cref="CheckpointException">The checkpoint is damaged or of another run or text.</exception>
    public void Resume(string checkpoint)
    {
        // Which moments a checkpoint holds depends on whether the switch was made before it.
        var step = ranks is { Rank: > 0 } ? 0 : Checkpoint.ReadState(checkpoint)?.Step ?? 0;
        if (ranks is not null) step = (int)ranks.FromFirst(step);
        optimizer.SwitchAt(step - 1);
        using var scope = NewDisposeScope();
        var tensors = Tensors(gather: false);
        var state = ranks is { Rank: > 0 } ? null : Checkpoint.Read(checkpoint, config.RunId, task.ContentHash, tensors);
        if (ranks is not null) state = ranks.FromFirst(state, tensors);
        shards?.Take(optimizer.StateTensors(), tensors.ToDictionary(t => t.Name, t => t.Tensor));
        optimizer.Counters = state!.OptimizerCounters;
        (Step, seconds, stepSeconds, lossSum, lossSteps, lossSeconds) = (state.Step, state.Seconds, state.StepSeconds, state.LossSum, state.LossSteps, state.LossSeconds);
        points.Clear();
        points.AddRange(state.Points);
        measurements.Clear();
        measurements.AddRange(state.Measurements ?? []);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        gradients?.Dispose();
        averages?.Dispose();
        buckets?.Dispose();
        optimizer.Dispose();
        task.Dispose();
    }

    double TakeStep(double rate, CancellationToken cancellation)
    {
        var batch = config.Training.BatchSize;
        var own = BatchRows.Of(batch, ranks);
        var part = config.Training.MicroBatchSize ?? batch;
        var loss = 0.0;
        for (var row = own.First; row < own.First + own.Count && double.IsFinite(loss); row += part)
        {
            var rows = Math.Min(part, own.First + own.Count - row);
            loss += task.Train(Step, row, rows, (double)rows / batch);
        }
        if (ranks is not null)
        {
            var sums = ranks.Sum([loss, cancellation.IsCancellationRequested ? 1 : 0]);
            (loss, stopping) = (sums[0], sums[1] > 0);
            if (double.IsFinite(loss)) buckets!.Add();
        }
        return double.IsFinite(loss) ? Update(rate, loss, gradients) : loss;
    }

    // Updates the parameters from the gradients that a batch of this loss left.
    double Update(double rate, double loss, GradientMemory? memory)
    {
        using var scope = NewDisposeScope();
        memory?.Keep(Step + 1, Model);
        optimizer.Step(rate);
        Model.zero_grad();
        return loss;
    }

    void Record(double rate, double? validation, Action<RunPoint>? onPoint)
    {
        var tokens = (double)lossSteps * TokensPerStep;
        var point = new RunPoint(Step, Tokens, seconds, lossSum / lossSteps, validation, rate, tokens / lossSeconds).Rounded();
        (lossSum, lossSteps, lossSeconds) = (0, 0, 0);
        points.Add(point);
        onPoint?.Invoke(point);
    }

    // Only the first rank writes; the others have given it their parts of the moments, and wait for nothing.
    void Save(string? path)
    {
        if (path is null) return;
        ranks?.RequireEqual("parameters", ParametersSha256);
        using var scope = NewDisposeScope();
        var tensors = Tensors(gather: true);
        if (ranks is { Rank: > 0 }) return;
        var state = new CheckpointState(config.RunId, config.CanonicalJson, task.Description, task.ContentHash,
            Step, seconds, stepSeconds, lossSum, lossSteps, lossSeconds, optimizer.Counters, points, measurements);
        Checkpoint.Write(path, state, tensors);
    }

    // Everything that a checkpoint holds, whole: moments that are divided among ranks are gathered, or only given room for.
    List<(string Name, Tensor Tensor)> Tensors(bool gather) =>
    [
        .. ParameterTensors(),
        .. shards is null ? optimizer.StateTensors() : gather ? shards.Assemble(optimizer.StateTensors()) : shards.RoomFor(optimizer.StateTensors()),
        .. gradients is null ? [] : new[] { ("measurements.gradients", gradients.Tensor) },
        .. averages is null ? [] : new[] { ("measurements.averages", averages.Tensor) },
    ];

    List<(string Name, Tensor Tensor)> ParameterTensors() => [.. Model.named_parameters().OrderBy(p => p.name, StringComparer.Ordinal).Select(p => (p.name, (Tensor)p.parameter))];
}
