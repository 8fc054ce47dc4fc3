using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook.Tests;

public sealed class GptComputeTests
{
    const int Vocabulary = 61;
    static readonly ModelConfig Shape = new() { Layers = 3, Width = 48, Heads = 3, Context = 32 };
    static readonly ComputeConfig BFloat16 = new() { Precision = ComputeConfig.BFloat16 };

    // One rounding to eight bits of significand is off by at most this, relatively.
    const double Rounding = 1.0 / 256;

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.25)]
    public void Without_options_backward_is_the_losss_own_bit_for_bit(double share)
    {
        using var scope = NewDisposeScope();
        var (input, target) = Batch(4);
        using var plain = new Gpt(Shape, Vocabulary, seed: 1);
        using var model = new Gpt(Shape, Vocabulary, seed: 1);
        var loss = plain.Loss(input, target);
        loss.mul(share).backward();
        Assert.Equal(loss.item<float>(), model.Backward(input, target, share));
        Assert.Equal(Gradients(plain), Gradients(model));
    }

    [Theory]
    [InlineData(32, null)]
    [InlineData(20, null)]
    [InlineData(32, ComputeConfig.BFloat16)]
    public void Recomputed_blocks_have_the_same_gradients_bit_for_bit(int context, string? precision)
    {
        using var scope = NewDisposeScope();
        var (input, target) = Batch(4, context);
        var kept = Computed(new ComputeConfig { Precision = precision }, input, target);
        var again = Computed(new ComputeConfig { Precision = precision, Recompute = true }, input, target);
        Assert.Equal(kept.Loss, again.Loss);
        Assert.Equal(kept.Gradients, again.Gradients);
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(40, null)]
    [InlineData(40, true)]
    [InlineData(128, true)]
    public void A_loss_in_chunks_has_the_gradients_of_the_whole(int chunk, bool? recompute)
    {
        using var scope = NewDisposeScope();
        var (input, target) = Batch(4);
        var whole = Computed(new ComputeConfig(), input, target);
        var parts = Computed(new ComputeConfig { LossChunk = chunk, Recompute = recompute }, input, target);
        // Sums of 128 terms in another order: a few times float's 2^-24 of the largest.
        Assert.InRange(parts.Loss, whole.Loss - 2e-6, whole.Loss + 2e-6);
        Assert.InRange(Distance(parts.Gradients, whole.Gradients), 0, 1e-6);
    }

    [Fact]
    public void Gradients_of_micro_batches_add_up_to_those_of_the_batch()
    {
        using var scope = NewDisposeScope();
        var (input, target) = Batch(4);
        foreach (var compute in new[] { null, new ComputeConfig { Recompute = true, LossChunk = 24 } })
        {
            var whole = Computed(compute, input, target);
            using var model = new Gpt(Shape, Vocabulary, seed: 1, compute);
            var loss = 0.0;
            for (var row = 0; row < 4; row++) loss += 0.25 * model.Backward(input.narrow(0, row, 1), target.narrow(0, row, 1), 0.25);
            Assert.InRange(loss, whole.Loss - 2e-6, whole.Loss + 2e-6);
            Assert.InRange(Distance(Gradients(model), whole.Gradients), 0, 1e-6);
        }
    }

    [Fact]
    public void Evaluation_in_chunks_is_the_loss_of_the_whole()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var (input, target) = Batch(3);
        using var whole = new Gpt(Shape, Vocabulary, seed: 1);
        using var parts = new Gpt(Shape, Vocabulary, seed: 1, new ComputeConfig { LossChunk = 25 });
        var expected = whole.Loss(input, target).item<float>();
        Assert.InRange(parts.Loss(input, target).item<float>(), expected - 2e-6, expected + 2e-6);
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_returned_and_the_blocks_get_no_gradient()
    {
        using var scope = NewDisposeScope();
        var (input, target) = Batch(2);
        foreach (var compute in new[] { null, new ComputeConfig { Recompute = true, LossChunk = 16 } })
        {
            using var model = new Gpt(Shape, Vocabulary, seed: 1, compute);
            using (no_grad()) model.named_parameters().Single(p => p.name == "positions").parameter.fill_(float.NaN);
            Assert.Equal(double.NaN, model.Backward(input, target));
            Assert.All(model.named_parameters().Where(p => p.name.StartsWith("blocks", StringComparison.Ordinal)), p => Assert.Null(p.parameter.grad));
        }
    }

    [Fact]
    public void BFloat16_stays_within_its_rounding_of_float32()
    {
        using var scope = NewDisposeScope();
        var (input, target) = Batch(8);
        var exact = Computed(null, input, target);
        var rounded = Computed(BFloat16, input, target);
        Assert.NotEqual(exact.Loss, rounded.Loss);
        // The loss is a mean over 256 positions of errors of either sign; a gradient passes some ten roundings one after the other,
        // of random signs.
        Assert.InRange(rounded.Loss / exact.Loss, 1 - Rounding / 4, 1 + Rounding / 4);
        Assert.InRange(Distance(rounded.Gradients, exact.Gradients), Rounding / 50, 2 * Rounding);
    }

    [Fact]
    public void Weights_gradients_and_logits_stay_float32_in_bfloat16()
    {
        using var scope = NewDisposeScope();
        using var model = new Gpt(Shape, Vocabulary, BFloat16, hasBFloat16: true);
        var (input, target) = Batch(2);
        model.Backward(input, target);
        Assert.All(model.named_parameters(), p => Assert.Equal((ScalarType.Float32, ScalarType.Float32), (p.parameter.dtype, p.parameter.grad!.dtype)));
        Assert.Equal(ScalarType.Float32, model.call(input).dtype);
    }

    [Fact]
    public void An_update_that_bfloat16_weights_would_lose_is_kept()
    {
        using var scope = NewDisposeScope();
        using var model = Model(BFloat16);
        var weight = model.named_parameters().Single(p => p.name == "blocks.0.up.weight").parameter;
        using var before = weight.clone().detach();
        // AdamW's first update has the length of the learning rate: here 1e-4 of the weights' deviation.
        using var optimizer = new ModelOptimizer(new RunConfig { Optimizer = new OptimizerConfig { LearningRate = 2e-6 } }, [.. model.named_parameters()]);
        var (input, target) = Batch(2);
        model.Backward(input, target);
        optimizer.Step(2e-6);
        Assert.InRange(Changed(weight, before), 0.99, 1);
        Assert.InRange(Changed(weight.to(ScalarType.BFloat16), before.to(ScalarType.BFloat16)), 0, 0.1);

        static double Changed(Tensor after, Tensor before) => after.ne(before).to(ScalarType.Float32).mean().item<float>();
    }

    [Fact]
    public void BFloat16_trains_as_float32_does()
    {
        var (exact, rounded) = (Trained(null), Trained(BFloat16));
        // From log 61 to about 2.3 nats; bfloat16 ends within five thousandths, less than one batch differs from the next.
        Assert.InRange(exact, 1.5, 3);
        Assert.InRange(rounded, exact - 0.005, exact + 0.005);
    }

    // The mean loss of the last 20 of 200 steps on the small text.
    static double Trained(ComputeConfig? compute)
    {
        using var model = Model(compute);
        const double Rate = 1e-3;
        using var optimizer = new ModelOptimizer(new RunConfig { Optimizer = new OptimizerConfig { LearningRate = Rate, WeightDecay = 0 } }, [.. model.named_parameters()]);
        var sampler = new WindowSampler(SmallRun.Text, Shape.Context, 4, 1);
        using var input = zeros(4, Shape.Context, dtype: ScalarType.Int64);
        using var target = zeros(4, Shape.Context, dtype: ScalarType.Int64);
        var sum = 0.0;
        for (var step = 0; step < 200; step++)
        {
            sampler.Fill(step, LanguageTask.Longs(input), LanguageTask.Longs(target));
            var loss = model.Backward(input, target);
            optimizer.Step(Rate);
            model.zero_grad();
            if (step >= 180) sum += loss;
        }
        return sum / 20;
    }

    static (double Loss, float[] Gradients) Computed(ComputeConfig? compute, Tensor input, Tensor target)
    {
        using var model = Model(compute);
        return (model.Backward(input, target), Gradients(model));
    }

    // In bfloat16 on any processor: slower where it has no instructions for it, and the same arithmetic.
    internal static Gpt Model(ComputeConfig? compute)
    {
        var model = new Gpt(Shape, Vocabulary, compute, hasBFloat16: true);
        GptInitialization.Normal(model, Shape.Layers, seed: 1);
        return model;
    }

    static (Tensor Input, Tensor Target) Batch(int rows, int? context = null)
    {
        var length = context ?? Shape.Context;
        var ids = Enumerable.Range(0, rows * (length + 1)).Select(i => (long)(GptInitialization.Hash((uint)i) % Vocabulary)).ToArray();
        using var text = tensor(ids, [rows, length + 1]);
        return (text.narrow(1, 0, length).contiguous(), text.narrow(1, 1, length).contiguous());
    }

    static float[] Gradients(Gpt model) => [.. model.named_parameters().OrderBy(p => p.name, StringComparer.Ordinal).SelectMany(p => p.parameter.grad!.data<float>().ToArray())];

    // |a - b| / |b|
    static double Distance(float[] a, float[] b) => Math.Sqrt(a.Zip(b, (x, y) => Math.Pow((double)x - y, 2)).Sum() / b.Sum(y => (double)y * y));
}
