using System.Globalization;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class RunConfigTests
{
    static readonly RunConfig Desk = new()
    {
        Name = "AdEMAMix, seed 1",
        Optimizer = new OptimizerConfig { Kind = "AdEMAMix", LearningRate = 8e-3, Alpha = 4, Beta3 = 0.998, AlphaWarmup = 4000, Beta3Warmup = 4000 },
        InitSeed = 1,
        DataSeed = 1,
    };

    [Fact]
    public void A_configuration_survives_its_own_json() => Assert.Equal(Desk, RunConfig.Parse(Desk.ToJson()));

    [Fact]
    public void Fields_left_out_have_their_defaults()
    {
        var config = RunConfig.Parse("""{ "training": { "steps": 7 } }""");
        Assert.Equal(7, config.Training.Steps);
        Assert.Equal(new ModelConfig(), config.Model);
    }

    [Fact]
    public void The_id_is_twelve_hexadecimal_characters_and_ignores_the_name()
    {
        Assert.Matches("^[0-9a-f]{12}$", Desk.RunId);
        Assert.Equal(Desk.RunId, (Desk with { Name = "another label" }).RunId);
    }

    [Fact]
    public void The_id_changes_with_every_seed_and_hyperparameter()
    {
        RunConfig[] changed =
        [
            Desk, Desk with { InitSeed = 2 }, Desk with { DataSeed = 2 }, Desk with { Model = Desk.Model with { Width = 128 } },
            Desk with { Optimizer = Desk.Optimizer with { Beta3 = 0.999 } }, Desk with { Training = Desk.Training with { Steps = 8000 } },
        ];
        Assert.Equal(changed.Length, changed.Select(c => c.RunId).Distinct().Count());
    }

    [Fact]
    public void A_default_written_out_is_the_same_run()
    {
        var silent = new RunConfig { Optimizer = new OptimizerConfig { Kind = "AdEMAMix" } };
        var spoken = new RunConfig { Optimizer = new OptimizerConfig { Kind = "AdEMAMix", Alpha = 5, Beta3 = 0.9999, AlphaWarmup = 0, Beta3Warmup = 0 } };
        Assert.Equal(silent.RunId, spoken.RunId);
    }

    [Fact]
    public void The_format_of_the_state_is_part_of_the_id_except_for_the_default()
    {
        RunConfig With(string? format) => Desk with { Optimizer = Desk.Optimizer with { StateFormat = format } };
        Assert.Equal(Desk.RunId, With("full").RunId);
        Assert.Equal(3, new[] { Desk, With("bfloat16"), With("eightBit") }.Select(c => c.RunId).Distinct().Count());
        Assert.Equal(With("eightBit"), RunConfig.Parse(With("eightBit").ToJson()));
    }

    // Ids as they were before fields were added to the configuration: results are filed under them.
    [Fact]
    public void Ids_of_earlier_configurations_stay()
    {
        var earlier = new RunConfig
        {
            Model = new ModelConfig { Layers = 2, Width = 64, Heads = 4, Context = 64 },
            Optimizer = new OptimizerConfig { Kind = OptimizerConfig.AdamW, LearningRate = 1.6e-2, WeightDecay = 0.1 },
            Training = new TrainingConfig { Steps = 800, BatchSize = 16, WarmupSteps = 40, FinalLearningRate = 1e-5, ClipNorm = 1, EvaluationInterval = 100, EvaluationWindows = 256, ReportInterval = 50, CheckpointInterval = 500, Threads = 1 },
            InitSeed = 1,
            DataSeed = 1,
        };
        Assert.Equal("3f473222bcb9", earlier.RunId);
        Assert.Equal("fc4cc44fb15a", (earlier with { Optimizer = new OptimizerConfig { Kind = OptimizerConfig.AdEMAMix, LearningRate = 8e-3, Alpha = 4, Beta3 = 0.99, AlphaWarmup = 800, Beta3Warmup = 800, WeightDecay = 0.1 } }).RunId);
        Assert.NotEqual("3f473222bcb9", (earlier with { Training = earlier.Training with { TargetLoss = 1.5 } }).RunId);
    }

    [Fact]
    public void The_id_does_not_depend_on_the_culture()
    {
        var before = CultureInfo.CurrentCulture;
        var id = Desk.RunId;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("fr-FR");
            Assert.Equal(id, RunConfig.Parse(Desk.ToJson()).RunId);
            var error = Assert.Throws<ConfigException>(() => RunConfig.Parse("""{ "optimizer": { "learningRate": -0.5 } }"""));
            Assert.Contains("-0.5", error.Message);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("""{ "lerningRate": 1 }""", "lerningRate", "optimizer")]
    [InlineData("""{ "optimizer": { "beta9": 0.9 } }""", "optimizer.beta9", "beta3")]
    [InlineData("""{ "optimizer": { "kind": "AdamW" }""", "JSON", "line 1")]
    [InlineData("""{ "training": { "steps": "many" } }""", "training.steps", "whole number")]
    [InlineData("""{ "training": { "steps": 1.5 } }""", "training.steps", "whole number")]
    [InlineData("""{ "training": [4000] }""", "training", "object")]
    [InlineData("""{ "model": null }""", "model", "object")]
    [InlineData("""{ "training": { "steps": null } }""", "training.steps", "null")]
    [InlineData("""{ "initSeed": 1, "initSeed": 2 }""", "initSeed", "twice")]
    [InlineData("""{ "optimizer": { "learningRate": -0.001 } }""", "optimizer.learningRate", "-0.001")]
    [InlineData("""{ "optimizer": { "learningRate": 1e999 } }""", "optimizer.learningRate", "positive")]
    [InlineData("""{ "optimizer": { "kind": "AdEMAMix", "beta3": 1.0 } }""", "optimizer.beta3", "[0, 1)")]
    [InlineData("""{ "optimizer": { "kind": "AdEMAMix", "beta3": -0.1 } }""", "optimizer.beta3", "[0, 1)")]
    [InlineData("""{ "optimizer": { "kind": "AdEMAMix", "alpha": -1 } }""", "optimizer.alpha", "at least 0")]
    [InlineData("""{ "optimizer": { "kind": "AdEMAMix", "alphaWarmup": -1 } }""", "optimizer.alphaWarmup", "at least 0")]
    [InlineData("""{ "optimizer": { "kind": "AdamW", "beta3": 0.99 } }""", "optimizer.beta3", "AdEMAMix")]
    [InlineData("""{ "optimizer": { "kind": "Adam" } }""", "optimizer.kind", "AdEMAMix")]
    [InlineData("""{ "optimizer": { "stateFormat": "int4" } }""", "optimizer.stateFormat", "full, bfloat16 or eightBit")]
    [InlineData("""{ "optimizer": { "stateFormat": 8 } }""", "optimizer.stateFormat", "text")]
    [InlineData("""{ "model": { "width": 65 } }""", "model.width", "multiple")]
    [InlineData("""{ "training": { "steps": 0 } }""", "training.steps", "at least 1")]
    [InlineData("""{ "training": { "clipNorm": 0 } }""", "training.clipNorm", "positive")]
    [InlineData("""{ "training": { "finalLearningRate": 1 } }""", "training.finalLearningRate", "between")]
    [InlineData("""{ "data": { "validationFraction": 0 } }""", "data.validationFraction", "(0, 0.5]")]
    [InlineData("""{ "data": { "source": "file" } }""", "data.path", "file")]
    [InlineData("""{ "data": { "path": "x.txt" } }""", "data.path", "source")]
    public void A_wrong_configuration_gets_one_sentence_that_names_field_and_remedy(string json, string field, string remedy)
    {
        var error = Assert.Throws<ConfigException>(() => RunConfig.Parse(json, "mine.json"));
        Assert.StartsWith("mine.json: ", error.Message);
        Assert.Contains(field, error.Message);
        Assert.Contains(remedy, error.Message);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal(2, error.ExitCode);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var error = Assert.Throws<ConfigException>(() => RunConfig.Load("/nowhere/run.json"));
        Assert.Contains("/nowhere/run.json", error.Message);
    }

    [Fact]
    public void A_warmup_of_zero_steps_is_accepted() =>
        Assert.Equal(0, RunConfig.Parse("""{ "optimizer": { "kind": "AdEMAMix", "alphaWarmup": 0, "beta3Warmup": 0 }, "training": { "warmupSteps": 0 } }""").Training.WarmupSteps);
}
