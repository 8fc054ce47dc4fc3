using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Compat.Tests.Tensors;

/// <summary>Values of the functions that networks are made of, against their definitions computed by hand in double.</summary>
[Collection("tensors")]
public sealed class Functions : IDisposable
{
    readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    static readonly double[] X = [-1.5, 0, 0.25, 2];

    static Tensor Input => tensor(X);

    static void Near(double[] expected, Tensor actual) =>
        Assert.All(actual.to(float64).reshape(-1).data<double>().ToArray().Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-9));

    static double[] SoftMax(params double[] x)
    {
        var sum = x.Sum(v => Math.Exp(v));
        return [.. x.Select(v => Math.Exp(v) / sum)];
    }

    [Fact]
    public void Softmax_and_its_logarithm()
    {
        Near(SoftMax(X), nn.functional.softmax(Input, 0));
        Near(SoftMax(X), Input.reshape(1, 4).softmax(-1));
        Near([.. SoftMax(X).Select(p => Math.Log(p))], nn.functional.log_softmax(Input, 0));
    }

    [Fact]
    public void Gelu_is_the_exact_one_not_the_tanh_approximation() =>
        // x times the normal distribution function; its values from tables.
        Near([-1.5 * 0.06680720126885809, 0, 0.25 * 0.5987063256829237, 2 * 0.9772498680518208], nn.functional.gelu(Input));

    [Fact]
    public void Relu_and_tanh()
    {
        Near([0, 0, 0.25, 2], nn.functional.relu(Input));
        Near([.. X.Select(v => Math.Tanh(v))], Input.tanh());
    }

    [Fact]
    public void Layer_norm_divides_by_the_biased_deviation()
    {
        var mean = X.Average();
        var deviation = Math.Sqrt(X.Average(v => (v - mean) * (v - mean)) + 1e-5);
        Near([.. X.Select(v => (v - mean) / deviation)], nn.functional.layer_norm(Input, [4]));
        Near([.. X.Select(v => (v - mean) / deviation * 3 + 1)], nn.functional.layer_norm(Input, [4], full(4, 3, dtype: float64), ones(4, dtype: float64)));
    }

    [Fact]
    public void Linear_multiplies_by_the_transposed_weight() =>
        Near([2 - 1.5 + 0.5, 8 - 1.5], nn.functional.linear(
            tensor(new double[] { 2, -1.5 }, [1, 2]), tensor(new double[] { 1, 1, 4, 1 }, [2, 2]), tensor(new double[] { 0.5, 0 })));

    [Fact]
    public void Cross_entropy_is_the_mean_negative_log_likelihood()
    {
        var logits = tensor(new[] { 1, 2, 0.5, -1, 0, 3 }, [2, 3]);
        var targets = tensor(new long[] { 1, 0 });
        var first = -Math.Log(SoftMax(1, 2, 0.5)[1]);
        var second = -Math.Log(SoftMax(-1, 0, 3)[0]);
        Near([(first + second) / 2], nn.functional.cross_entropy(logits, targets));
        Near([first + second], nn.functional.cross_entropy(logits, targets, reduction: nn.Reduction.Sum));
        Near([first, second], nn.functional.cross_entropy(logits, targets, reduction: nn.Reduction.None));
        Near([second], nn.functional.cross_entropy(logits, targets, ignore_index: 1));
    }

    [Fact]
    public void Attention_averages_the_values_by_the_softmax_of_the_scores()
    {
        var q = tensor(new[] { 1, 0, 0.5, 2 }, [1, 2, 2]);
        var k = tensor(new[] { 1, 1, -1, 0.5 }, [1, 2, 2]);
        var v = tensor(new[] { 10, 20, 30, 40.0 }, [1, 2, 2]);
        var root = Math.Sqrt(2);
        var (first, second) = (SoftMax(1 / root, -1 / root), SoftMax(2.5 / root, 0.5 / root));
        double[] expected = [10 * first[0] + 30 * first[1], 20 * first[0] + 40 * first[1], 10 * second[0] + 30 * second[1], 20 * second[0] + 40 * second[1]];
        Near(expected, nn.functional.scaled_dot_product_attention(q, k, v));
        expected[0] = 10;
        expected[1] = 20;
        Near(expected, nn.functional.scaled_dot_product_attention(q, k, v, is_casual: true));
        var mask = tensor(new float[] { 1, 0, 1, 1 }, [2, 2]).to(@bool);
        Near(expected, nn.functional.scaled_dot_product_attention(q, k, v, attn_mask: mask));
    }

    [Fact]
    public void Products_of_matrices()
    {
        var a = arange(4, dtype: float64).reshape(1, 2, 2);
        var b = a + 1;
        Near([3, 4, 11, 16], a.bmm(b));
        Near([3, 4, 11, 16], a[0].mm(b[0]));
        Near([0 + 2 + 6 + 12], a.reshape(4).dot(b.reshape(4)));
    }

    [Fact]
    public void Sums_means_and_norms()
    {
        Near([0.75], Input.sum());
        Near([0.1875], Input.mean());
        Near([-1.5, 2.25], Input.reshape(2, 2).sum(1));
        Near([-0.625, 1], Input.reshape(2, 2).mean([0L]));
        Near([Math.Sqrt(X.Sum(v => v * v))], Input.norm());
        Near([2], Input.max());
        Near([-1.5], Input.min());
        Assert.Equal(3, Input.argmax(0).item<long>());
        var variance = X.Sum(v => (v - 0.1875) * (v - 0.1875));
        Near([variance / 3], Input.var());
        Near([Math.Sqrt(variance / 4)], Input.std(unbiased: false));
    }

    [Fact]
    public void Fused_updates_of_optimizers()
    {
        Near([-0.5, 1, 1.25, 3], Input.add_(ones(4, dtype: float64), 1));
        Near([-1.5 + 2 * 3, 6, 6.25, 8], Input.addcmul_(full(4, 3, dtype: float64), ones(4, dtype: float64), 2));
        Near([-1.5 - 6, -6, -5.75, -4], Input.addcdiv_(full(4, 3, dtype: float64), full(4, 0.5, dtype: float64), -1));
        Near([-1, 0, 0.25, 1], Input.clamp(-1, 1));
        Near([2.25, 0, 0.0625, 4], Input.pow(2));
    }

    [Fact]
    public void Joins_and_splits()
    {
        Near([-1.5, 0, 0.25, 2, -1.5, 0, 0.25, 2], cat([Input, Input]));
        Assert.Equal([2, 4], stack([Input, Input]).shape);
        Near([0.25, 2], Input.chunk(2)[1]);
        Near([2], Input.split(3)[1]);
        Near([0], Input.unbind()[1]);
        Near([-1.5, 0, 0, 2], Input.masked_fill(Input.eq(0.25), 0));
        Near([0, 0, 0.25, 2], Input.where(Input.ge(0), zeros(4, dtype: float64)));
        Near([2, -1.5], Input.index_select(0, tensor(new long[] { 3, 0 })));
    }

    [Fact]
    public void Comparison_of_tensors()
    {
        Assert.True(Input.allclose(Input + 1e-9));
        Assert.False(Input.allclose(Input + 1e-3));
        Assert.True(Input.isfinite().all().item<bool>());
        Assert.False((Input / 0).isfinite().any().item<bool>());
        Assert.True((Input / 0).isnan().any().item<bool>());
        Assert.Equal([false, true, false, false], (Input == 0).data<bool>().ToArray());
        Assert.Equal([true, true, false, false], (Input < Input.mean()).data<bool>().ToArray());
        Assert.Equal([false, false, true, true], (Input > 0).data<bool>().ToArray());
        Assert.True(Input.Equals(Input.clone()));
        Assert.False(Input.Equals(Input + 1));
        Assert.Equal(0.75, (double)Input.sum());
    }
}
