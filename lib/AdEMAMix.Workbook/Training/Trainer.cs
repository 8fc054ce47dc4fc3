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

    /// <summary>A trainer at step 0.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="data">The text of <see cref="RunConfig.Data"/>.</param>
    /// <exception cref="ConfigException">A value is outside its range.</exception>
    /// <exception cref="DataException">The text is too short for the context.</exception>
    public Trainer(RunConfig config, TokenDataset data) : this(config.Validate(), new LanguageTask(config, data))
    {
    }

    internal Trainer(RunConfig config, ITrainingTask task)
    {
        (this.config, this.task) = (config, task);
        set_num_threads(config.Training.Threads);
        schedule = LearningRateSchedule.Of(config);
        optimizer = new ModelOptimizer(config, [.. Model.named_parameters()]);
        gradients = config.Relevance is { } relevance ? new GradientMemory(relevance, ParameterCount) : null;
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
            if (cancellation.IsCancellationRequested)
            {
                Save(checkpoint);
                return TrainingEnd.Stopped;
            }
            var started = Stopwatch.GetTimestamp();
            optimizer.SwitchAt(Step);
            var rate = schedule.At(Step + 1);
            var loss = TakeStep(rate);
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

    /// <summary>Mean loss over the fixed validation samples, in nats: per token of the text being read, or per image.</summary>
    public double Evaluate() => EvaluationMeans()[0];

    double[] EvaluationMeans()
    {
        var sums = task.Evaluate(Step, 0, 1);
        return [.. sums.SkipLast(1).Select(sum => sum / sums[^1])];
    }

    /// <summary>What the finished run came to.</summary>
    public RunResult Result() => new(points[^1].ValidationLoss!.Value, points[^1].TrainLoss, Tokens, seconds, TokensPerSecond, ParameterCount, ParametersSha256);

    /// <summary>Continues from a checkpoint: from here on the run is bit for bit the run that was never stopped.</summary>
    /// <exception cref="CheckpointException">The checkpoint is damaged or of another run or text.</exception>
    public void Resume(string checkpoint)
    {
        // Which moments a checkpoint holds depends on whether the switch was made before it.
        if (Checkpoint.ReadState(checkpoint) is { } known) optimizer.SwitchAt(known.Step - 1);
        var state = Checkpoint.Read(checkpoint, config.RunId, task.ContentHash, Tensors());
        optimizer.Counters = state.OptimizerCounters;
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
        optimizer.Dispose();
        task.Dispose();
    }

    double TakeStep(double rate)
    {
        var batch = config.Training.BatchSize;
        var part = config.Training.MicroBatchSize ?? batch;
        var loss = 0.0;
        for (var row = 0; row < batch && double.IsFinite(loss); row += part)
        {
            var rows = Math.Min(part, batch - row);
            loss += task.Train(Step, row, rows, (double)rows / batch);
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

    void Save(string? path)
    {
        if (path is null) return;
        var state = new CheckpointState(config.RunId, config.CanonicalJson, task.Description, task.ContentHash,
            Step, seconds, stepSeconds, lossSum, lossSteps, lossSeconds, optimizer.Counters, points, measurements);
        Checkpoint.Write(path, state, Tensors());
    }

    List<(string Name, Tensor Tensor)> Tensors() => [.. ParameterTensors(), .. optimizer.StateTensors(), .. gradients is null ? [] : new[] { ("measurements.gradients", gradients.Tensor) }, .. averages is null ? [] : new[] { ("measurements.averages", averages.Tensor) }];

    List<(string Name, Tensor Tensor)> ParameterTensors() => [.. Model.named_parameters().OrderBy(p => p.name, StringComparer.Ordinal).Select(p => (p.name, (Tensor)p.parameter))];
}
