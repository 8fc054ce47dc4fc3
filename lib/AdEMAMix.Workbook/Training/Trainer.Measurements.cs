using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

// What a run measures between two steps. Training goes on afterwards from the very same bits.
public sealed partial class Trainer
{
    // What is measured on held-out batches and large ones is measured on texts.
    LanguageTask Language => (LanguageTask)task;

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
        using var start = new TrainerCopy([.. Tensors(gather: false).Select(t => t.Tensor)], optimizer, Step);
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
                    for (var batch = 0; batch < forgetting.Batches; batch++) track.Add(offset, injected, batch, Language.HeldOutLoss(batch, forgetting.Batches));
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
        var rate = schedule.At(Step + 1);
        var loss = injected is { } batch ? Language.TrainOnHeldOut(batch, batches) : task.Train(Step, 0, config.Training.BatchSize, 1);
        if (double.IsFinite(loss)) Update(rate, loss, memory: null);
        Step++;
    }

    RunMeasurement MeasureRelevance(RelevanceConfig relevance)
    {
        using var scope = NewDisposeScope();
        var place = relevance.At.ToList().IndexOf(Step);
        var batches = new LargeBatch(Language.Data, config.Model.Context, relevance.Windows, config.DataSeed, place * 3);
        return new PastGradients(Language.Gpt, gradients!, batches, Step).Measure(optimizer.SecondMoment(Model));
    }
}
