using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class ImageTaskTests : IDisposable
{
    // Class 0 is brighter above, class 1 below: a second's work.
    static readonly ImageDataset Halves = MakeHalves();

    static readonly RunConfig Config = new()
    {
        Name = "halves",
        Data = new DataConfig { Source = DataSources.Images, Path = "halves" },
        Model = new ModelConfig { Layers = 1, Width = 16, Heads = 2 },
        Vision = new VisionConfig { Patch = 4, CropPadding = 1, Flip = true, Mixup = 0.2, LabelSmoothing = 0.05 },
        Optimizer = new OptimizerConfig { Kind = "AdEMAMix", LearningRate = 1e-2, Alpha = 4, Beta3 = 0.99, AlphaWarmup = 40, Beta3Warmup = 40 },
        Training = new TrainingConfig { Steps = 40, BatchSize = 8, WarmupSteps = 5, EvaluationInterval = 20, EvaluationWindows = 30, ReportInterval = 10, CheckpointInterval = 10 },
        InitSeed = 1,
        DataSeed = 2,
    };

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static ImageDataset MakeHalves()
    {
        var random = new Random(5);
        return new ImageDataset("halves", new ImageShape(1, 8, 8), ["above", "below"], Make(200), Make(60));

        ImageSet Make(int count) => new(
            [.. Enumerable.Range(0, count).SelectMany(i => Enumerable.Range(0, 64).Select(p => (byte)(random.Next(100) + (p / 32 == i % 2 ? 150 : 0))))],
            [.. Enumerable.Range(0, count).Select(i => i % 2)]);
    }

    [Fact]
    public void A_classifier_learns_and_records_losses_and_accuracies_of_both_parts()
    {
        using var trainer = new Trainer(Config, Halves);
        Assert.Equal(TrainingEnd.Finished, trainer.Train());
        Assert.Equal([20, 40], trainer.Measurements.Select(m => m.Step));
        Assert.All(trainer.Measurements, m => Assert.Equal(RunMeasurement.Classification, m.Kind));
        var last = trainer.Measurements[^1];
        Assert.Equal(last["testLoss"][0]!.Value, trainer.Points[^1].ValidationLoss!.Value, 1e-6);
        Assert.InRange(last["testAccuracy"][0]!.Value, 0.9, 1);
        Assert.InRange(last["trainingAccuracy"][0]!.Value, 0.9, 1);
        Assert.True(last["trainingLoss"][0] < Math.Log(2) / 2);
        Assert.Equal(40 * 8, trainer.Points[^1].Tokens);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(23)]
    public void A_resumed_run_equals_the_undisturbed_run_bit_for_bit(int stop)
    {
        using var undisturbed = new Trainer(Config, Halves);
        undisturbed.Train();
        var checkpoint = folder["run.safetensors"];
        using (var first = new Trainer(Config, Halves))
        {
            using var cancel = new CancellationTokenSource();
            Assert.Equal(TrainingEnd.Stopped, first.Train(checkpoint, onStep: t => { if (t.Step == stop) cancel.Cancel(); }, cancellation: cancel.Token));
        }
        using var second = new Trainer(Config, Halves);
        second.Resume(checkpoint);
        Assert.Equal(TrainingEnd.Finished, second.Train(checkpoint));
        Assert.Equal(undisturbed.ParametersSha256, second.ParametersSha256);
        Assert.Equal(undisturbed.Measurements.Select(m => (m.Step, m["testLoss"][0])), second.Measurements.Select(m => (m.Step, m["testLoss"][0])));
    }

    [Fact]
    public void A_batch_in_parts_takes_the_same_steps()
    {
        var config = Config with { Training = Config.Training with { Steps = 5 } };
        using var whole = new Trainer(config, Halves);
        using var parts = new Trainer(config with { Training = config.Training with { MicroBatchSize = 3 } }, Halves);
        whole.Train();
        parts.Train();
        Assert.Equal(whole.Result().ValidationLoss, parts.Result().ValidationLoss, 1e-4);
    }

    [Fact]
    public void A_checkpoint_of_other_images_is_refused()
    {
        var checkpoint = folder["run.safetensors"];
        using (var trainer = new Trainer(Config with { Training = Config.Training with { Steps = 10, EvaluationInterval = 10 } }, Halves)) trainer.Train(checkpoint);
        using var other = new Trainer(Config with { Training = Config.Training with { Steps = 10, EvaluationInterval = 10 } }, SmallImages.Dataset(shape: new ImageShape(1, 8, 8)));
        Assert.Throws<CheckpointException>(() => other.Resume(checkpoint));
    }

    [Theory]
    [InlineData("""{"data":{"source":"images","path":"x"}}""", "images need a vision section")]
    [InlineData("""{"data":{"source":"images"},"vision":{}}""", "must be a folder of images")]
    [InlineData("""{"data":{"source":"file","path":"x"},"vision":{}}""", "must be a source of images")]
    [InlineData("""{"data":{"source":"fashion-mnist"},"vision":{},"model":{"context":32}}""", "model.context is 32")]
    [InlineData("""{"data":{"source":"fashion-mnist"},"vision":{"patch":0}}""", "vision.patch is 0")]
    [InlineData("""{"data":{"source":"fashion-mnist"},"vision":{"mixup":2}}""", "vision.mixup is 2")]
    [InlineData("""{"data":{"source":"fashion-mnist"},"vision":{"labelSmoothing":1}}""", "vision.labelSmoothing is 1")]
    [InlineData("""{"data":{"source":"fashion-mnist"},"vision":{"trainingShare":0}}""", "vision.trainingShare is 0")]
    [InlineData("""{"data":{"source":"fashion-mnist"},"vision":{"size":14}}""", "remove them")]
    [InlineData("""{"data":{"source":"images","path":"x"},"vision":{"size":15}}""", "must divide vision.size (15)")]
    [InlineData("""{"data":{"source":"fashion-mnist"},"vision":{},"shift":{"at":5,"start":0.5}}""", "measured on texts only")]
    [InlineData("""{"data":{"source":"fashion-mnist","labelNoise":0.1},"vision":{}}""", "data.labelNoise is 0.1")]
    [InlineData("""{"data":{"source":"fashion-mnist"},"vision":{"colour":1}}""", "unknown field 'vision.colour'")]
    public void What_does_not_go_with_images_is_refused(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<ConfigException>(() => RunConfig.Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_estimate_counts_the_parameters_that_the_model_has()
    {
        var config = RunConfig.Parse("""{"data":{"source":"fashion-mnist"},"vision":{"patch":7},"model":{"layers":4,"width":64,"heads":4},"training":{"steps":100,"batchSize":50}}""");
        var estimate = RunEstimate.Of(config, WorkbookPaths.Find());
        using var model = new Vit(config.Model, new ImageShape(1, 28, 28), 7, 10, seed: 0);
        Assert.Equal(model.ParameterCount, estimate.Parameters);
        Assert.Equal(5000, estimate.Tokens);
        // Two passes over four blocks of 12 w^2 weights and 17 tokens, three times, and what stands around them.
        Assert.InRange(estimate.Flops / (5000 * 6.0 * 4 * 12 * 64 * 64 * 17), 1, 1.2);
    }
}
