using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook.Tests;

/// Measurements look at a run and leave it as it was.
public sealed class MeasurementTests
{
    static readonly RunConfig plain = SmallRun.Config;
    static readonly RunConfig forgetting = plain with { Forgetting = new ForgettingConfig { At = [12, 24], Batches = 2, Track = 10, Interval = 4 } };
    static readonly RunConfig relevance = plain with { Relevance = new RelevanceConfig { At = [8, 40], Windows = 40, Bands = 5, PerBand = 3 } };

    static readonly RunConfig averaging = plain with { Averaging = new AveragingConfig { Decays = [0.5, 0.9] } };

    static readonly RunConfig shift = plain with
    {
        Data = plain.Data with { End = 0.5 },
        Shift = new ShiftConfig { At = 20, Start = 0.5, End = 1 },
        Training = plain.Training with { EvaluationInterval = 10 },
    };

    static TokenDataset TextOf(RunConfig config) => TokenDataset.Load(config.Data, WorkbookPaths.Find());

    static Trainer Trained(RunConfig config)
    {
        var trainer = new Trainer(config, SmallRun.Text);
        trainer.Train();
        return trainer;
    }

    [Fact]
    public void A_run_that_measures_is_the_run_that_does_not_bit_for_bit()
    {
        using var expected = Trained(plain);
        foreach (var config in (RunConfig[])[forgetting, relevance, averaging])
        {
            using var measured = Trained(config);
            Assert.Equal(expected.ParametersSha256, measured.ParametersSha256);
            Assert.Equal(expected.Points.Select(p => (p.Step, p.TrainLoss, p.ValidationLoss)), measured.Points.Select(p => (p.Step, p.TrainLoss, p.ValidationLoss)));
            Assert.NotEqual(plain.RunId, config.RunId);
        }
    }

    [Fact]
    public void An_injected_batch_is_learnt_at_once_and_others_are_the_placebo()
    {
        using var trainer = Trained(forgetting);
        Assert.Equal([("forgetting", 12), ("forgetting", 24)], trainer.Measurements.Select(m => (m.Kind, m.Step)));
        foreach (var track in trainer.Measurements)
        {
            Assert.Equal([0, 1, 2, 3, 4, 5, 7, 8, 10], track["offset"].Select(x => (int)x!.Value));
            foreach (var batch in (int[])[1, 2])
            {
                var (without, with, placebo) = (track[$"batch {batch} without"], track[$"batch {batch} with {batch}"], track[$"batch {batch} with {3 - batch}"]);
                Assert.Equal(without[0], with[0]);
                Assert.Equal(without[0], placebo[0]);
                Assert.True(with[1] < without[1], $"{with[1]} {without[1]}");
                Assert.NotEqual(without[^1], placebo[^1]);
            }
        }
    }

    [Fact]
    public void The_copy_without_an_injection_goes_the_way_of_the_run()
    {
        using var at = new Trainer(plain with { Training = plain.Training with { EvaluationInterval = 1 } }, SmallRun.Text);
        using var measured = Trained(forgetting);
        var losses = new Dictionary<int, double>();
        var sampler = new WindowSampler(SmallRun.Text, plain.Model.Context, plain.Training.BatchSize, plain.DataSeed);
        at.Train(onStep: t => losses[t.Step] = HeldOut(t, sampler));
        var track = measured.Measurements[0];
        for (var i = 0; i < track.Rows.Count; i++)
            Assert.Equal(losses[12 + (int)track["offset"][i]!.Value], track["batch 2 without"][i]!.Value, 1e-6);

        static double HeldOut(Trainer trainer, WindowSampler sampler)
        {
            var (rows, context) = (sampler.BatchSize, sampler.Context);
            var (input, target) = (new long[rows * context], new long[rows * context]);
            sampler.FillHeldOut(1, 2, input, target);
            using var scope = NewDisposeScope();
            return ((Gpt)trainer.Model).Loss(tensor(input, [rows, context]), tensor(target, [rows, context])).item<float>();
        }
    }

    [Theory]
    [InlineData("forgetting", 14)]
    [InlineData("relevance", 33)]
    [InlineData("averages", 33)]
    public void A_run_stopped_between_measurements_resumes_with_them(string kind, int stop)
    {
        var config = kind == "forgetting" ? forgetting : kind == "relevance" ? relevance : averaging;
        using var folder = new TemporaryFolder();
        using var undisturbed = Trained(config);
        using (var first = new Trainer(config, SmallRun.Text))
        {
            using var cancel = new CancellationTokenSource();
            first.Train(folder["run"], onStep: t => { if (t.Step == stop) cancel.Cancel(); }, cancellation: cancel.Token);
            Assert.Single(first.Measurements);
            Assert.Equal(kind, first.Measurements[0].Kind);
        }
        using var second = new Trainer(config, SmallRun.Text);
        second.Resume(folder["run"]);
        Assert.Single(second.Measurements);
        Assert.Equal(TrainingEnd.Finished, second.Train(folder["run"]));
        Assert.Equal(undisturbed.ParametersSha256, second.ParametersSha256);
        Assert.Equal(undisturbed.Measurements.Select(Text), second.Measurements.Select(Text));
    }

    [Fact]
    public void A_run_stopped_within_a_track_measures_it_from_its_start()
    {
        using var folder = new TemporaryFolder();
        using var undisturbed = Trained(forgetting);
        using (var first = new Trainer(forgetting, SmallRun.Text))
        {
            using var cancel = new CancellationTokenSource();
            first.Train(folder["run"], onStep: t => { if (t.Step == 12) cancel.Cancel(); }, cancellation: cancel.Token);
            Assert.Empty(first.Measurements);
            Assert.Equal(12, first.Step);
        }
        using var second = new Trainer(forgetting, SmallRun.Text);
        second.Resume(folder["run"]);
        second.Train();
        Assert.Equal(undisturbed.Measurements.Select(Text), second.Measurements.Select(Text));
    }

    [Fact]
    public void Ages_are_counted_back_from_the_last_step()
    {
        using var trainer = Trained(relevance);
        Assert.Equal([8, 40], trainer.Measurements.Select(m => m.Step));
        // Other windows of now (0), ages 1, 2 to 3, 4 to 7, 8, and the run's own update (-1).
        Assert.Equal([0, 1, 2, 4, 8, -1], trainer.Measurements[0]["youngest"].Select(x => (int)x!.Value));
        Assert.Equal([0, 1, 3, 7, 8, -1], trainer.Measurements[0]["oldest"].Select(x => (int)x!.Value));
        Assert.Equal([1, 1, 2, 3, 1, 1], trainer.Measurements[0]["kept"].Select(x => (int)x!.Value));
        Assert.Equal([0, 1, 2, 4, 8, 16, -1], trainer.Measurements[1]["youngest"].Select(x => (int)x!.Value));
    }

    [Fact]
    public void The_youngest_gradient_is_that_of_the_step_before()
    {
        using var measured = Trained(relevance);
        using var trainer = new Trainer(plain, SmallRun.Text);
        using var cancel = new CancellationTokenSource();
        trainer.Train(onStep: t => { if (t.Step == 7) cancel.Cancel(); }, cancellation: cancel.Token);
        using var scope = NewDisposeScope();
        // The gradient of step 8, taken by hand, ...
        var sampler = new WindowSampler(SmallRun.Text, 16, 4, plain.DataSeed);
        var (input, target) = (new long[64], new long[64]);
        sampler.Fill(7, input, target);
        trainer.Model.zero_grad();
        ((Gpt)trainer.Model).Loss(tensor(input, [4L, 16]), tensor(target, [4L, 16])).backward();
        var eighth = ModelVector.Gradient(trainer.Model);
        trainer.Model.zero_grad();
        // ... and the large batch's, after it.
        using var again = new Trainer(plain, SmallRun.Text);
        using var stop = new CancellationTokenSource();
        again.Train(onStep: t => { if (t.Step == 8) stop.Cancel(); }, cancellation: stop.Token);
        var present = new LargeBatch(SmallRun.Text, 16, 40, plain.DataSeed, 0).Gradient((Gpt)again.Model, 0);
        var expected = (eighth * present).sum().item<float>() / (eighth.norm().item<float>() * present.norm().item<float>());
        Assert.Equal(expected, measured.Measurements[0]["cosine"][1]!.Value, 1e-5);
    }

    [Fact]
    public void A_step_along_the_present_gradient_lowers_the_loss()
    {
        using var trainer = Trained(relevance);
        foreach (var comparison in trainer.Measurements)
        {
            Assert.InRange(comparison["cosine"][0]!.Value, 0.1, 1);
            Assert.InRange(comparison["projection of mean"][0]!.Value, 0.1, 3);
            Assert.True(comparison["loss change"][0] < 0, $"{comparison["loss change"][0]}");
            Assert.True(comparison["loss change preconditioned"][0] < 0, $"{comparison["loss change preconditioned"][0]}");
        }
    }

    [Fact]
    public void A_shift_changes_the_text_and_measures_both_parts()
    {
        using var trainer = new Trainer(shift, TextOf(shift));
        trainer.Train();
        using var stays = new Trainer(shift with { Shift = null }, TextOf(shift));
        stays.Train();
        Assert.Equal([10, 20, 30, 40], trainer.Measurements.Select(m => m.Step));
        // Until the shift the runs are one; then each knows its own text better than the other does.
        Assert.Equal(stays.Points.Where(p => p.Step <= 14).Select(p => p.TrainLoss), trainer.Points.Where(p => p.Step <= 14).Select(p => p.TrainLoss));
        Assert.NotEqual(stays.ParametersSha256, trainer.ParametersSha256);
        Assert.Equal(trainer.Points[^1].ValidationLoss, trainer.Measurements[^1]["second"][0]);
        Assert.Equal(stays.Points.Single(p => p.Step == 10).ValidationLoss, trainer.Measurements[0]["first"][0]);
        Assert.True(trainer.Measurements[^1]["first"][0] > stays.Points[^1].ValidationLoss);
    }

    [Fact]
    public void Parts_of_a_text_share_its_tokens()
    {
        var whole = TextOf(plain);
        var (early, late) = (whole.Part(0, 0.5), whole.Part(0.5, 1));
        Assert.Equal(whole.Tokenizer.ToJson(), early.Tokenizer.ToJson());
        Assert.Equal(whole.ContentHash, late.ContentHash);
        Assert.Equal([.. All(whole.Training), .. All(whole.Validation)], [.. All(early.Training), .. All(early.Validation), .. All(late.Training), .. All(late.Validation)]);
        Assert.Equal(All(early.Training), All(TextOf(shift).Training));

        static ushort[] All(ITokenSource tokens) => tokens.Window(0, (int)tokens.Length).ToArray();
    }

    [Fact]
    public void A_shifted_run_resumes_in_either_part()
    {
        using var undisturbed = new Trainer(shift, TextOf(shift));
        undisturbed.Train();
        foreach (var stop in (int[])[13, 20, 27])
        {
            using var folder = new TemporaryFolder();
            using (var first = new Trainer(shift, TextOf(shift)))
            {
                using var cancel = new CancellationTokenSource();
                first.Train(folder["run"], onStep: t => { if (t.Step == stop) cancel.Cancel(); }, cancellation: cancel.Token);
            }
            using var second = new Trainer(shift, TextOf(shift));
            second.Resume(folder["run"]);
            second.Train();
            Assert.Equal(undisturbed.ParametersSha256, second.ParametersSha256);
            Assert.Equal(undisturbed.Measurements.Select(Text), second.Measurements.Select(Text));
        }
    }

    [Fact]
    public void An_average_of_weights_is_the_average_of_weights()
    {
        var run = averaging with { Training = averaging.Training with { EvaluationInterval = 3, Steps = 3 } };
        using var trainer = new Trainer(run, SmallRun.Text);
        double[] expected = [];
        trainer.Train(onStep: t =>
        {
            using var scope = NewDisposeScope();
            double[] now = [.. ModelVector.Parameters(t.Model).data<float>().Select(x => (double)x)];
            // At step t the decay is min(0.9, (1 + t) / (10 + t)).
            var decay = (1.0 + t.Step) / (10.0 + t.Step);
            expected = t.Step == 1 ? [.. Initial(run).Zip(now, (a, b) => decay * a + (1 - decay) * b)] : [.. expected.Zip(now, (a, b) => decay * a + (1 - decay) * b)];
        });
        using var model = new Gpt(run.Model, SmallRun.Text.Tokenizer.VocabularySize, 99);
        ModelVector.SetParameters(model, tensor(expected, ScalarType.Float32));
        using var again = new Trainer(run, SmallRun.Text);
        ModelVector.SetParameters(again.Model, ModelVector.Parameters(model));
        Assert.Equal(again.Evaluate(), trainer.Measurements.Single()["decay 0.9"][0]!.Value, 1e-5);

        static double[] Initial(RunConfig run)
        {
            using var fresh = new Trainer(run, SmallRun.Text);
            using var scope = NewDisposeScope();
            return [.. ModelVector.Parameters(fresh.Model).data<float>().Select(x => (double)x)];
        }
    }

    [Fact]
    public void A_warmed_up_beta1_ends_where_a_plain_one_is_and_begins_elsewhere()
    {
        RunConfig With(int? warmup) => plain with { Optimizer = new OptimizerConfig { Kind = "AdamW", LearningRate = 1e-2, Beta1 = 0.98, Beta1Warmup = warmup } };
        Assert.Equal(With(null).RunId, With(0).RunId);
        using var one = Trained(With(null));
        using var slow = Trained(With(40));
        using var none = Trained(With(1));
        Assert.Equal(one.ParametersSha256, none.ParametersSha256);
        Assert.NotEqual(one.ParametersSha256, slow.ParametersSha256);
        Assert.Contains("AdEMAMix warms up beta3", Assert.Throws<ConfigException>(() => (plain with { Optimizer = plain.Optimizer with { Beta1Warmup = 5 } }).Validate()).Message);
    }

    [Fact]
    public void Measurements_survive_the_store_and_the_result_file()
    {
        using var folder = new TemporaryFolder();
        using var trainer = Trained(forgetting);
        using var store = RunStore.Open(folder["runs.db"]);
        var claim = store.TryClaim(forgetting, ProcessIdentity.Current)!;
        claim.Begin(RunEnvironment.Capture(WorkbookPaths.Find().Root), 0, []);
        foreach (var point in trainer.Points) claim.Report(point);
        foreach (var measurement in trainer.Measurements) claim.Report(measurement);
        claim.Finish(trainer.Result());
        var file = ResultFile.Write(store.Find(forgetting.RunId)!, folder["results"]);
        using var other = RunStore.Open(folder["other.db"]);
        Assert.Equal(1, ResultFile.ImportAll(other, folder["results"]));
        Assert.Equal(trainer.Measurements.Select(Text), other.Find(forgetting.RunId)!.Measurements.Select(Text));
        Assert.Equal(File.ReadAllText(file), File.ReadAllText(ResultFile.Write(other.Find(forgetting.RunId)!, folder["again"])));
    }

    [Theory]
    [InlineData("""{ "forgetting": { "at": [] } }""", "forgetting.at is [], but must name at least one step")]
    [InlineData("""{ "forgetting": { "at": [30, 20] } }""", "forgetting.at is [30, 20], but must be ascending steps from 1 to training.steps (4000)")]
    [InlineData("""{ "forgetting": { "at": [3900] } }""", "forgetting.track is 400, but the track from step 3900 must end within the 4000 steps of the run")]
    [InlineData("""{ "forgetting": { "at": [100], "batches": 1 } }""", "forgetting.batches is 1, but must be at least 2")]
    [InlineData("""{ "forgetting": { "at": "soon" } }""", "field 'forgetting.at' must be a list of whole numbers")]
    [InlineData("""{ "averaging": { "decays": [0.9, 1] } }""", "averaging.decays is 1, but each must be in (0, 1)")]
    [InlineData("""{ "averaging": { "decays": 0.9 } }""", "field 'averaging.decays' must be a list of numbers, not 0.9")]
    [InlineData("""{ "shift": { "at": 4000, "start": 0.5 } }""", "shift.at is 4000, but must be a step from 1 to the last but one (3999)")]
    [InlineData("""{ "shift": { "at": 10, "start": 0.5, "end": 0.4 } }""", "shift.start is 0.5, but must be a share of the text below shift.end (0.4)")]
    [InlineData("""{ "data": { "start": 0.5, "end": 0.5 } }""", "data.start is 0.5, but must be a share of the text below data.end (0.5)")]
    [InlineData("""{ "relevance": { "at": [4001] } }""", "relevance.at is [4001], but must be ascending steps")]
    [InlineData("""{ "relevance": { "at": [10] }, "optimizer": { "stateFormat": "eightBit" } }""", "optimizer.stateFormat is 'eightBit', but a comparison with past gradients reads the second moment in float")]
    public void A_measurement_that_cannot_be_made_is_refused(string json, string message) =>
        Assert.Contains(message, Assert.Throws<ConfigException>(() => RunConfig.Parse(json)).Message);

    static string Text(RunMeasurement measurement) => System.Text.Json.JsonSerializer.Serialize(measurement);
}
