using System.Text.Json;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook.Tests;

public sealed class GptTests
{
    static readonly ModelConfig Small = new() { Layers = 2, Width = 16, Heads = 2, Context = 8 };

    [Fact]
    public void The_desk_model_has_113408_parameters()
    {
        using var model = new Gpt(new ModelConfig(), 81, seed: 0);
        Assert.Equal(113_408, model.ParameterCount);
    }

    [Fact]
    public void A_later_token_does_not_change_earlier_logits()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = new Gpt(Small, 11, seed: 1);
        var before = model.call(tensor([1L, 2, 3, 4, 5, 6, 7, 8], [1, 8]));
        var after = model.call(tensor([1L, 2, 3, 4, 5, 9, 9, 9], [1, 8]));
        Assert.Equal([1, 8, 11], before.shape);
        Assert.Equal(Logits(before, 0, 5), Logits(after, 0, 5));
        Assert.NotEqual(Logits(before, 5, 3), Logits(after, 5, 3));
    }

    [Fact]
    public void A_shorter_context_gives_the_logits_of_the_longer_ones_beginning()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = new Gpt(Small, 11, seed: 1);
        var whole = model.call(tensor([1L, 2, 3, 4, 5, 6, 7, 8], [1, 8]));
        var part = model.call(tensor([1L, 2, 3], [1, 3]));
        Assert.True(whole.narrow(1, 0, 3).allclose(part, 1e-5, 1e-6));
    }

    [Fact]
    public void A_context_longer_than_the_models_is_refused()
    {
        using var model = new Gpt(Small, 11, seed: 1);
        using var input = zeros([1, 9], ScalarType.Int64);
        Assert.Throws<ArgumentException>(() => model.call(input));
    }

    [Fact]
    public void Equal_seeds_give_equal_weights_and_others_do_not()
    {
        using var one = new Gpt(Small, 11, seed: 5);
        using var same = new Gpt(Small, 11, seed: 5);
        using var other = new Gpt(Small, 11, seed: 6);
        Assert.Equal(Weights(one), Weights(same));
        Assert.NotEqual(Weights(one), Weights(other));
    }

    [Fact]
    public void Weights_have_the_deviation_of_the_paper_and_residual_projections_a_smaller_one()
    {
        using var model = new Gpt(new ModelConfig { Layers = 8, Width = 64 }, 81, seed: 3);
        foreach (var (name, parameter) in model.named_parameters())
        {
            using var spread = parameter.std();
            var deviation = spread.item<float>();
            if (name.Contains("projection") || name.Contains("down")) Assert.InRange(deviation, 0.0045, 0.0055);
            else if (parameter.dim() >= 2) Assert.InRange(deviation, 0.0185, 0.0215);
            else Assert.Equal(0, deviation);
        }
    }

    [Fact]
    public void A_fresh_model_knows_nothing()
    {
        using var scope = NewDisposeScope();
        using var model = new Gpt(new ModelConfig(), 81, seed: 0);
        var text = randint(0, 81, [4, 65], ScalarType.Int64);
        var loss = model.Loss(text.narrow(1, 0, 64), text.narrow(1, 1, 64).contiguous());
        Assert.InRange(loss.item<float>(), Math.Log(81) - 0.1, Math.Log(81) + 0.1);
    }

    [Fact]
    public void Fifty_steps_follow_the_losses_of_PyTorch()
    {
        var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(WorkbookPaths.Find().Root, "tests", "fixtures", "gpt_loss_parity.json"))).RootElement;
        int Field(string name) => expected.GetProperty(name).GetInt32();
        var shape = new ModelConfig { Layers = Field("layers"), Width = Field("width"), Heads = Field("heads"), Context = Field("context") };
        var (vocabulary, batch) = (Field("vocabulary"), Field("batch"));
        set_num_threads(1);
        using var model = new Gpt(shape, vocabulary);
        GptInitialization.Formula(model, shape.Layers);
        var rate = expected.GetProperty("learningRate").GetDouble();
        using var optimizer = new ModelOptimizer(
            new RunConfig
            {
                Optimizer = new OptimizerConfig { Kind = "AdEMAMix", LearningRate = rate, AlphaWarmup = Field("warmup"), Beta3Warmup = Field("warmup"), WeightDecay = 0.1 },
                Training = new TrainingConfig { ClipNorm = expected.GetProperty("clip").GetDouble() },
            },
            [.. model.named_parameters()]);
        var step = 0;
        foreach (var loss in expected.GetProperty("losses").EnumerateArray().Select(l => l.GetDouble()))
        {
            using var scope = NewDisposeScope();
            var tokens = new long[batch * (shape.Context + 1)];
            for (var i = 0; i < tokens.Length; i++)
            {
                var (row, t) = Math.DivRem(i, shape.Context + 1);
                var h = GptInitialization.Hash((uint)(step * batch + row));
                tokens[i] = (h % vocabulary + (1 + (h >> 8) % 7) * t) % vocabulary;
            }
            var windows = tensor(tokens, [batch, shape.Context + 1]);
            var own = model.Loss(windows.narrow(1, 0, shape.Context).contiguous(), windows.narrow(1, 1, shape.Context).contiguous());
            Assert.InRange(own.item<float>(), loss - 1e-4, loss + 1e-4);
            own.backward();
            optimizer.Step(rate);
            model.zero_grad();
            step++;
        }
        Assert.Equal(50, step);
    }

    static float[] Weights(Gpt model) => [.. model.named_parameters().SelectMany(p => p.parameter.data<float>().ToArray())];

    static float[] Logits(Tensor logits, long from, long count) => logits.narrow(1, from, count).contiguous().data<float>().ToArray();
}
