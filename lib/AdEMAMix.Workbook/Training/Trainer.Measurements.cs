using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

// What a run measures between two steps. Training goes on afterwards from the very same bits.
public sealed partial class Trainer
{
    // Due between two steps, and not in the checkpoint that this run resumed from.
    void Measure(Action<RunMeasurement>? onMeasurement, CancellationToken cancellation)
    {
        if (config.Relevance is { } relevance && IsDue(relevance.At, RunMeasurement.Relevance)) Record(MeasureRelevance(relevance), onMeasurement);
        if (config.Forgetting is { } forgetting && IsDue(forgetting.At, RunMeasurement.Forgetting) && MeasureForgetting(forgetting, cancellation) is { } track) Record(track, onMeasurement);
    }

    bool IsDue(IReadOnlyList<int> at, string kind) => at.Contains(Step) && !measurements.Any(m => m.Kind == kind && m.Step == Step);

    void Record(RunMeasurement measurement, Action<RunMeasurement>? onMeasurement)
    {
        measurements.Add(measurement);
        onMeasurement?.Invoke(measurement);
    }

    // Null when it was stopped: a resumed run measures again from its start.
    RunMeasurement? MeasureForgetting(ForgettingConfig forgetting, CancellationToken cancellation)
    {
        var track = new ForgettingTrack(forgetting, Step);
        using var start = new TrainerCopy([.. Tensors().Select(t => t.Tensor)], optimizer, Step);
        try
        {
            foreach (var injected in track.Injections())
            {
                start.Restore();
                Step = start.Step;
                for (var offset = 0; offset <= forgetting.Track; offset++)
                {
                    if (cancellation.IsCancellationRequested) return null;
                    if (offset > 0) TakeTrackStep(offset == 1 ? injected : null, forgetting.Batches);
                    if (!track.Offsets.Contains(offset)) continue;
                    for (var batch = 0; batch < forgetting.Batches; batch++) track.Add(offset, injected, batch, HeldOutLoss(batch, forgetting.Batches));
                }
            }
            return track.ToMeasurement();
        }
        finally
        {
            start.Restore();
            Step = start.Step;
        }
    }

    void TakeTrackStep(int? injected, int batches)
    {
        if (injected is { } batch) first.FillHeldOut(batch, batches, Longs(inputs), Longs(targets));
        else FillBatch();
        TakeStepOnBatch(schedule.At(Step + 1), memory: null);
        Step++;
    }

    double HeldOutLoss(int batch, int batches)
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        first.FillHeldOut(batch, batches, Longs(inputs), Longs(targets));
        return Model.Loss(inputs, targets).item<float>();
    }

    RunMeasurement MeasureRelevance(RelevanceConfig relevance)
    {
        using var scope = NewDisposeScope();
        var place = relevance.At.ToList().IndexOf(Step);
        var batches = new LargeBatch(data, config.Model.Context, relevance.Windows, config.DataSeed, place * 3);
        return new PastGradients(Model, gradients!, batches, Step).Measure(optimizer.SecondMoment(Model));
    }
}
