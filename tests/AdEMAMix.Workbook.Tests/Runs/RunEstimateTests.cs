using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class RunEstimateTests
{
    static readonly WorkbookPaths Paths = WorkbookPaths.Find();

    [Theory]
    [InlineData(1, 16, 2, 16, 41)]
    [InlineData(2, 64, 4, 64, 81)]
    [InlineData(3, 96, 6, 32, 1000)]
    [InlineData(4, 128, 8, 128, 257)]
    public void Parameters_are_those_of_the_model(int layers, int width, int heads, int context, int vocabulary)
    {
        var shape = new ModelConfig { Layers = layers, Width = width, Heads = heads, Context = context };
        using var model = new Gpt(shape, vocabulary, 1);
        var estimate = RunEstimate.Of(new RunConfig { Model = shape }, vocabulary);
        Assert.Equal(model.ParameterCount, estimate.Parameters);
        Assert.Equal(4 * model.ParameterCount, estimate.WeightBytes);
    }

    [Theory]
    [InlineData("AdamW", 0.9, null)]
    [InlineData("AdamW", 0.9, "bfloat16")]
    [InlineData("AdEMAMix", 0.9, null)]
    [InlineData("AdEMAMix", 0.9, "eightBit")]
    [InlineData("AdEMAMix", 0.0, null)]
    [InlineData("AdEMAMix", 0.0, "eightBit")]
    [InlineData("SimplifiedAdEMAMix", 0.9, null)]
    [InlineData("Ad3EMAMix", 0.9, null)]
    [InlineData("Lion", 0.9, "bfloat16")]
    [InlineData("SGD", 0.9, null)]
    [InlineData("Muon", 0.9, null)]
    public void Moments_take_what_the_optimizer_allocates(string kind, double beta1, string? format)
    {
        var config = SmallRun.Config with { Optimizer = new OptimizerConfig { Kind = kind, Beta1 = beta1, StateFormat = format } };
        using var model = new Gpt(config.Model, 41, 1);
        using var optimizer = new ModelOptimizer(config, [.. model.named_parameters()]);
        Assert.Equal(optimizer.StateTensors().Sum(t => t.Tensor.numel() * t.Tensor.ElementSize), RunEstimate.Of(config, 41).StateBytes);
    }

    public static TheoryData<RunConfig> Measured => new(
        SmallRun.Config,
        SmallRun.Config with { Relevance = new RelevanceConfig { At = [10, 40], Windows = 2, Bands = 5, PerBand = 3 } },
        SmallRun.Config with { Averaging = new AveragingConfig { Decays = [0.9, 0.99] } });

    [Theory]
    [MemberData(nameof(Measured), DisableDiscoveryEnumeration = true)]
    public void A_checkpoint_takes_the_bytes_that_were_foreseen(RunConfig config)
    {
        using var folder = new TemporaryFolder();
        using var trainer = new Trainer(config, SmallRun.Text);
        trainer.Train(folder["c.safetensors"]);
        var foreseen = RunEstimate.Of(config, SmallRun.Text.Tokenizer.VocabularySize).CheckpointBytes;
        // Names, points and measurements come on top: some kilobytes, whatever the model's size.
        Assert.InRange(new FileInfo(folder["c.safetensors"]).Length, foreseen, foreseen + 20_000);
    }

    [Fact]
    public void A_listed_text_has_a_known_vocabulary_and_others_a_guess()
    {
        var known = RunEstimate.Of(new RunConfig(), Paths);
        Assert.Equal((81, true, 113_408L), (known.Vocabulary, known.VocabularyIsKnown, known.Parameters));
        var elsewhere = RunEstimate.Of(new RunConfig { Data = new DataConfig { Source = "redpajama-v2" } }, Paths);
        Assert.Equal((32_000, false), (elsewhere.Vocabulary, elsewhere.VocabularyIsKnown));
        Assert.False(RunEstimate.Of(SmallRun.Config, Paths).VocabularyIsKnown);
    }

    [Fact]
    public void The_papers_models_have_its_sizes()
    {
        // 768/12/12, 1024/24/16 and 2048/24/16 with 32k tokens are called 110M, 330M and 1.3B, embeddings of input or output counted once.
        foreach (var (width, layers, millions) in ((int, int, double)[])[(768, 12, 110), (1024, 24, 330), (2048, 24, 1300)])
        {
            var config = new RunConfig { Model = new ModelConfig { Width = width, Layers = layers, Heads = 16, Context = 1024 }, Training = new TrainingConfig { Steps = 1000, BatchSize = 64 } };
            var estimate = RunEstimate.Of(config, 32_000);
            var counted = estimate.Parameters - 32_000L * width;
            Assert.InRange(counted / 1e6, 0.95 * millions, 1.05 * millions);
            Assert.InRange(estimate.Flops / (6.0 * counted * estimate.Tokens), 1, 1.3);
        }
    }

    [Fact]
    public void Memory_grows_with_what_a_run_holds()
    {
        long Bytes(RunConfig config) => RunEstimate.Of(config, 81).MemoryBytes;
        var plain = new RunConfig { Model = new ModelConfig { Layers = 2, Width = 512, Heads = 8, Context = 64 } };
        Assert.True(Bytes(plain with { Optimizer = new OptimizerConfig { Kind = "AdEMAMix" } }) - Bytes(plain) == RunEstimate.Of(plain, 81).WeightBytes);
        Assert.True(Bytes(plain with { Training = new TrainingConfig { BatchSize = 64 } }) > Bytes(plain));
        Assert.True(Bytes(plain with { Forgetting = new ForgettingConfig { At = [100] } }) == Bytes(plain) + RunEstimate.Of(plain, 81).CheckpointBytes);
        Assert.True(Bytes(plain with { Relevance = new RelevanceConfig { At = [100] } }) > Bytes(plain) + 30 * RunEstimate.Of(plain, 81).WeightBytes);
    }

    [Theory]
    [InlineData(512.0 * 1024, "512 KiB")]
    [InlineData(580.0 * 1024 * 1024, "580 MiB")]
    [InlineData(1.5 * 1024 * 1024 * 1024, "1.5 GiB")]
    [InlineData(19.8e12, "18 TiB")]
    public void Bytes_are_written_for_people(double bytes, string text) => Assert.Equal(text, RunEstimate.Text(bytes));
}
