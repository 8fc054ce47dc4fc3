using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Next-token prediction: <see cref="Gpt"/> on windows of a text.</summary>
sealed class LanguageTask : ITrainingTask
{
    const int EvaluationBatch = 32;

    readonly RunConfig config;
    readonly TokenDataset data;
    readonly WindowSampler first;
    readonly WindowSampler? second;
    readonly LabelNoise? noise;
    readonly Gpt model;
    readonly BatchRows own;
    readonly BatchPrefetcher? ahead;
    readonly Tensor inputs;
    readonly Tensor targets;
    int filled = -1;

    /// <summary>A task at its initial weights.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="data">The text.</param>
    /// <param name="rows">The rows of every batch that this process trains on; null for all.</param>
    /// <param name="device">Where the model is; null for the processor.</param>
    public LanguageTask(RunConfig config, TokenDataset data, BatchRows? rows = null, TorchSharp.torch.Device? device = null)
    {
        (this.config, this.data) = (config, data);
        var (context, batch) = (config.Model.Context, config.Training.BatchSize);
        own = rows ?? new BatchRows(0, batch);
        first = new WindowSampler(data, context, batch, config.DataSeed);
        second = config.Shift is { } shift ? new WindowSampler(data.Part(shift.Start, shift.End), context, batch, config.DataSeed) : null;
        // What lies on a disk is read while the step before it computes; a text in memory costs less than a thread.
        if (data.IsOnDisk && second is null) ahead = new BatchPrefetcher(first, own.First, own.Count);
        noise = config.Data.LabelNoise is > 0 and var share ? new LabelNoise(share, data.Tokenizer.VocabularySize, config.DataSeed) : null;
        model = new Gpt(config.Model, data.Tokenizer.VocabularySize, config.InitSeed, config.Compute, device);
        inputs = zeros(own.Count, context, dtype: ScalarType.Int64);
        targets = zeros(own.Count, context, dtype: ScalarType.Int64);
    }

    public nn.Module Model => model;

    /// <summary>The model as what it is.</summary>
    public Gpt Gpt => model;

    /// <summary>The text.</summary>
    public TokenDataset Data => data;

    public string ContentHash => data.ContentHash;

    public string Description => data.Tokenizer.ToJson();

    public long TokensPerSample => config.Model.Context;

    public double Train(int step, int first, int rows, double share)
    {
        if (step != filled) Fill(step);
        return TrainOn(first - own.First, rows, share);
    }

    /// <summary>Forward and backward pass of a held-out batch, which no step reads.</summary>
    public double TrainOnHeldOut(int batch, int batches)
    {
        FillHeldOut(batch, batches);
        return TrainOn(0, config.Training.BatchSize, 1);
    }

    /// <summary>The loss of a held-out batch, in nats per token.</summary>
    public double HeldOutLoss(int batch, int batches)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        FillHeldOut(batch, batches);
        return model.Loss(inputs, targets).item<float>();
    }

    public double[] Evaluate(int step, int part, int parts) => Evaluate(SamplerAt(step), part, parts);

    public IEnumerable<RunMeasurement> Measure(int step, IReadOnlyList<double> means)
    {
        if (second is not null) yield return new RunMeasurement(RunMeasurement.Shift, step, ["first", "second"], [[Loss(first), Loss(second)]]).Rounded();

        double Loss(WindowSampler sampler) => Evaluate(sampler, 0, 1) is var sums ? sums[0] / sums[1] : 0;
    }

    public void Dispose()
    {
        ahead?.Dispose();
        model.Dispose();
        inputs.Dispose();
        targets.Dispose();
    }

    // After a shift the second part is read from its own first step on.
    WindowSampler SamplerAt(int step) => second is not null && step >= config.Shift!.At ? second : first;

    void Fill(int step)
    {
        var sampler = SamplerAt(step);
        var read = sampler == second ? step - config.Shift!.At : step;
        if (ahead is not null) ahead.Fill(read, Longs(inputs), Longs(targets));
        else sampler.Fill(read, own.First, own.Count, Longs(inputs), Longs(targets));
        noise?.Apply(((long)step * config.Training.BatchSize + own.First) * config.Model.Context, Longs(targets));
        filled = step;
    }

    void FillHeldOut(int batch, int batches)
    {
        first.FillHeldOut(batch, batches, Longs(inputs), Longs(targets));
        filled = -1;
    }

    double TrainOn(int first, int rows, double share)
    {
        using var scope = NewDisposeScope();
        var all = rows == own.Count;
        return share * model.Backward(all ? inputs : inputs.narrow(0, first, rows), all ? targets : targets.narrow(0, first, rows), share);
    }

    double[] Evaluate(WindowSampler sampler, int part, int parts)
    {
        var (context, windows) = (config.Model.Context, config.Training.EvaluationWindows);
        var input = new long[EvaluationBatch * context];
        var target = new long[EvaluationBatch * context];
        using var frozen = no_grad();
        var (sum, seen) = (0.0, 0L);
        for (var first = part * EvaluationBatch; first < windows; first += parts * EvaluationBatch)
        {
            var count = Math.Min(EvaluationBatch, windows - first);
            sampler.FillValidation(first, windows, input.AsSpan(0, count * context), target.AsSpan(0, count * context));
            using var scope = NewDisposeScope();
            var loss = model.Loss(tensor(input[..(count * context)], [count, context]), tensor(target[..(count * context)], [count, context]));
            sum += count * (double)loss.item<float>();
            seen += count;
        }
        return [sum, seen];
    }

    internal static Span<long> Longs(Tensor tensor) => MemoryMarshal.Cast<byte, long>(tensor.bytes);
}
