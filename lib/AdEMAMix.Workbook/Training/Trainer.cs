using System.Diagnostics;
using System.Runtime.InteropServices;
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
    const int EvaluationBatch = 32;
    const int StepsBetweenCollections = 100;

    readonly RunConfig config;
    readonly TokenDataset data;
    readonly WindowSampler first;
    readonly WindowSampler? second;
    readonly LearningRateSchedule schedule;
    readonly ModelOptimizer optimizer;
    readonly Tensor inputs;
    readonly Tensor targets;
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
    public Trainer(RunConfig config, TokenDataset data)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(data);
        this.config = config.Validate();
        this.data = data;
        set_num_threads(config.Training.Threads);
        first = new WindowSampler(data, config.Model.Context, config.Training.BatchSize, config.DataSeed);
        second = config.Shift is { } shift ? new WindowSampler(data.Part(shift.Start, shift.End), config.Model.Context, config.Training.BatchSize, config.DataSeed) : null;
        schedule = LearningRateSchedule.Of(config);
        Model = new Gpt(config.Model, data.Tokenizer.VocabularySize, config.InitSeed);
        optimizer = new ModelOptimizer(config.Optimizer, config.Training.ClipNorm, Model, config.InitSeed);
        inputs = zeros(config.Training.BatchSize, config.Model.Context, dtype: ScalarType.Int64);
        targets = zeros(config.Training.BatchSize, config.Model.Context, dtype: ScalarType.Int64);
        gradients = config.Relevance is { } relevance ? new GradientMemory(relevance, Model.ParameterCount) : null;
        averages = config.Averaging is { } averaging ? new WeightAverages(averaging, Model) : null;
    }

    /// <summary>The model in training.</summary>
    public Gpt Model { get; }

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

    long Tokens => (long)Step * config.Training.BatchSize * config.Model.Context;

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
                double? validation = evaluate ? Evaluate() : null;
                seconds += Stopwatch.GetElapsedTime(started).TotalSeconds;
                if (validation is { } value && !double.IsFinite(value)) return TrainingEnd.Diverged;
                Record(rate, validation, onPoint);
                if (evaluate && averages is not null) Record(averages.Measure(Step, Model, Evaluate), onMeasurement);
                if (evaluate && second is not null) Record(new RunMeasurement(RunMeasurement.Shift, Step, ["first", "second"], [[Evaluate(first), Evaluate(second)]]).Rounded(), onMeasurement);
            }
            if (last || Step % training.CheckpointInterval == 0) Save(checkpoint);
            // The collector's first generation may be as large as the processor's cache, tens of MiB that fill over thousands of
            // steps with tensor handles: collected now and then, resident memory is flat from the start, and a collection is cheap.
            if (Step % StepsBetweenCollections == 0) GC.Collect(0);
            onStep?.Invoke(this);
        }
    }

    /// <summary>Mean loss over the fixed validation windows of the text being read, in nats per token.</summary>
    public double Evaluate() => Evaluate(Sampler);

    double Evaluate(WindowSampler sampler)
    {
        var (context, windows) = (config.Model.Context, config.Training.EvaluationWindows);
        var input = new long[EvaluationBatch * context];
        var target = new long[EvaluationBatch * context];
        using var frozen = no_grad();
        var sum = 0.0;
        for (var first = 0; first < windows; first += EvaluationBatch)
        {
            var count = Math.Min(EvaluationBatch, windows - first);
            sampler.FillValidation(first, windows, input.AsSpan(0, count * context), target.AsSpan(0, count * context));
            using var scope = NewDisposeScope();
            var loss = Model.Loss(tensor(input[..(count * context)], [count, context]), tensor(target[..(count * context)], [count, context]));
            sum += count * (double)loss.item<float>();
        }
        return sum / windows;
    }

    /// <summary>What the finished run came to.</summary>
    public RunResult Result() => new(points[^1].ValidationLoss!.Value, points[^1].TrainLoss, Tokens, seconds, TokensPerSecond, Model.ParameterCount, ParametersSha256);

    /// <summary>Continues from a checkpoint: from here on the run is bit for bit the run that was never stopped.</summary>
    /// <exception cref="CheckpointException">The checkpoint is damaged or of another run or text.</exception>
    public void Resume(string checkpoint)
    {
        var state = Checkpoint.Read(checkpoint, config.RunId, data.ContentHash, Tensors());
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
        Model.Dispose();
        inputs.Dispose();
        targets.Dispose();
    }

    // After a shift the second part is read from its own first step on.
    WindowSampler Sampler => second is not null && Step >= config.Shift!.At ? second : first;

    void FillBatch() => Sampler.Fill(Sampler == first ? Step : Step - config.Shift!.At, Longs(inputs), Longs(targets));

    float TakeStep(double rate)
    {
        FillBatch();
        return TakeStepOnBatch(rate, gradients);
    }

    // On what inputs and targets hold.
    float TakeStepOnBatch(double rate, GradientMemory? memory)
    {
        using var scope = NewDisposeScope();
        var loss = Model.Loss(inputs, targets);
        var value = loss.item<float>();
        if (!float.IsFinite(value)) return value;
        loss.backward();
        memory?.Keep(Step + 1, Model);
        optimizer.Step(rate);
        Model.zero_grad();
        return value;
    }

    void Record(double rate, double? validation, Action<RunPoint>? onPoint)
    {
        var tokens = (double)lossSteps * config.Training.BatchSize * config.Model.Context;
        var point = new RunPoint(Step, Tokens, seconds, lossSum / lossSteps, validation, rate, tokens / lossSeconds).Rounded();
        (lossSum, lossSteps, lossSeconds) = (0, 0, 0);
        points.Add(point);
        onPoint?.Invoke(point);
    }

    void Save(string? path)
    {
        if (path is null) return;
        var state = new CheckpointState(config.RunId, config.CanonicalJson, data.Tokenizer.ToJson(), data.ContentHash,
            Step, seconds, stepSeconds, lossSum, lossSteps, lossSeconds, optimizer.Counters, points, measurements);
        Checkpoint.Write(path, state, Tensors());
    }

    List<(string Name, Tensor Tensor)> Tensors() => [.. ParameterTensors(), .. optimizer.StateTensors(), .. gradients is null ? [] : new[] { ("measurements.gradients", gradients.Tensor) }, .. averages is null ? [] : new[] { ("measurements.averages", averages.Tensor) }];

    List<(string Name, Tensor Tensor)> ParameterTensors() => [.. Model.named_parameters().OrderBy(p => p.name, StringComparer.Ordinal).Select(p => (p.name, (Tensor)p.parameter))];

    internal static Span<long> Longs(Tensor tensor) => MemoryMarshal.Cast<byte, long>(tensor.bytes);
}
