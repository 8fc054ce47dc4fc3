using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Compat.Tests.Tensors;

/// <summary>New tensors: their default types, their random values, the rules of promotion.</summary>
[Collection("tensors")]
public sealed class Factories : IDisposable
{
    readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Factories_make_single_precision_unless_told_otherwise()
    {
        foreach (var made in new[] { zeros(2), ones(2), empty(2), rand(2), randn(2), full(2, 3.0), zeros(1, 2), ones([2]), eye(2), linspace(0, 1, 3) })
            Assert.Equal(float32, made.dtype);
        Assert.Equal(float64, zeros(2, dtype: float64).dtype);
        Assert.Equal(int64, full(2, 3).dtype);
        Assert.True(zeros(2, requires_grad: true).requires_grad);
    }

    [Fact]
    public void Arrays_and_ranges_keep_their_type()
    {
        Assert.Equal(float32, tensor(1f).dtype);
        Assert.Equal(float64, tensor(1.0).dtype);
        Assert.Equal(int64, tensor(1L).dtype);
        Assert.Equal(float64, tensor(new double[] { 1 }).dtype);
        Assert.Equal(float32, tensor(new float[] { 1 }).dtype);
        Assert.Equal(int32, tensor(new int[] { 1 }).dtype);
        Assert.Equal(int64, tensor(new long[] { 1 }).dtype);
        Assert.Equal(float32, tensor(new double[] { 1 }, dtype: float32).dtype);
        Assert.Equal(int64, arange(3).dtype);
        Assert.Equal(int64, arange(1, 3).dtype);
        Assert.Equal(float32, arange(3, dtype: float32).dtype);
        Assert.Equal(int64, randint(0, 5, [2]).dtype);
        Assert.Equal(int64, randperm(3).dtype);
        Assert.Equal([], tensor(1f).shape);
    }

    [Fact]
    public void Likes_take_type_and_shape_of_their_model()
    {
        var model = ones(2, 3, dtype: float64);
        foreach (var made in new[] { zeros_like(model), ones_like(model), empty_like(model), full_like(model, 2) })
        {
            Assert.Equal(float64, made.dtype);
            Assert.Equal([2, 3], made.shape);
        }
        Assert.Equal(float32, zeros_like(model, dtype: float32).dtype);
    }

    [Fact]
    public void Values_come_out_as_they_were_put_in()
    {
        Assert.Equal([1, 3, 5], arange(1, 7, 2).data<long>().ToArray());
        Assert.Equal([0, 0.5f, 1], linspace(0, 1, 3).data<float>().ToArray());
        Assert.Equal([1, 0, 0, 1], eye(2).data<float>().ToArray());
        Assert.Equal([7, 7], full(2, 7.0).data<float>().ToArray());
        Assert.Equal([1, 2, 3, 4], tensor(new float[] { 1, 2, 3, 4 }, [2, 2]).data<float>().ToArray());
        Assert.ThrowsAny<ArgumentException>(() => tensor(new float[] { 1, 2, 3 }, [2, 2]));
    }

    [Fact]
    public void Array_is_copied()
    {
        var values = new float[] { 1, 2 };
        var made = tensor(values);
        values[0] = 9;
        Assert.Equal([1, 2], made.data<float>().ToArray());
    }

    [Fact]
    public void Number_of_a_scalar_does_not_promote_but_its_kind_does()
    {
        Assert.Equal(float32, (ones(1) * 2.5).dtype);
        Assert.Equal(float32, (2.5 - ones(1)).dtype);
        Assert.Equal(float32, (arange(1) * 2.5).dtype);
        Assert.Equal(int64, (arange(1) * 2).dtype);
        Assert.Equal(float32, (arange(1) / 2).dtype);
        Assert.Equal(float64, (ones(1) + ones(1, dtype: float64)).dtype);
        Assert.Equal([1.5f], (2.5 - ones(1)).data<float>().ToArray());
        Assert.Equal([0.5f], (1 / full(1, 2.0)).data<float>().ToArray());
    }

    [Fact]
    public void Seed_fixes_the_random_values()
    {
        // As TorchSharp 0.107 draws them on the CPU over libtorch 1.13.
        manual_seed(20240905);
        Assert.Equal(new[] { 0.07635046f, -0.4404987f, -0.24009298f, -0.12513812f }, randn(4).data<float>().ToArray());
        Assert.Equal(new[] { -1.948791834710433, -2.10804898785964 }, randn(2, dtype: float64).data<double>().ToArray());
        Assert.Equal(new[] { 0.5534084f, 0.53719664f, 0.95177424f }, rand(3).data<float>().ToArray());
        Assert.Equal(new long[] { 357, 974, 255, 944 }, randint(0, 1000, [4]).data<long>().ToArray());
        Assert.Equal(new long[] { 5, 3, 1, 0, 2, 4 }, randperm(6).data<long>().ToArray());
        Assert.Equal(6.775221f, randn(64, 64).sum().item<float>(), 1e-3f);
        Assert.Equal(new[] { 0.19713488f, -0.2768827f, 0.38731757f }, nn.Linear(2, 1).parameters().SelectMany(p => p.data<float>().ToArray()));
        Assert.Equal(new[] { -0.7005824f, 0.8272215f, 0.11485185f, -1.4990911f }, nn.Embedding(2, 2).parameters().Single().data<float>().ToArray());
        Assert.Equal(new[] { 5.3875575f, -1.1193032f }, nn.init.normal_(empty(2), 1, 2).data<float>().ToArray());
        Assert.Equal(new float[] { 0, 2, 0, 2, 0, 2, 2, 2 }, nn.functional.dropout(ones(8), 0.5).data<float>().ToArray());
        Assert.Equal(new long[] { 0, 2, 0, 2 }, multinomial(tensor(new float[] { 1, 2, 3 }), 4, replacement: true).data<long>().ToArray());
    }

    [Fact]
    public void Generator_of_ones_own_leaves_the_common_one_alone()
    {
        manual_seed(1);
        var expected = randn(3).data<float>().ToArray();
        manual_seed(1);
        using var own = new Generator(7);
        var first = randn(3, generator: own).data<float>().ToArray();
        Assert.Equal(expected, randn(3).data<float>().ToArray());
        manual_seed(7);
        Assert.Equal(first, randn(3).data<float>().ToArray());
        Assert.Equal(7, own.initial_seed());
        using var again = new Generator(7);
        Assert.Equal(first, empty(3).normal_(0, 1, again).data<float>().ToArray());
    }

    [Fact]
    public void State_of_the_generator_can_be_put_back()
    {
        manual_seed(3);
        randn(5);
        using var state = get_rng_state();
        var expected = rand(4).data<float>().ToArray();
        set_rng_state(state);
        Assert.Equal(expected, rand(4).data<float>().ToArray());
    }

    [Fact]
    public void Threads_can_be_set()
    {
        var before = get_num_threads();
        set_num_threads(1);
        Assert.Equal(1, get_num_threads());
        set_num_threads(before);
    }

    [Fact]
    public void Devices_are_written_as_in_Python()
    {
        Assert.Equal("cpu", CPU.ToString());
        Assert.Equal("cuda", new Device(DeviceType.CUDA).ToString());
        Assert.Equal("cuda:1", new Device("cuda:1").ToString());
        Assert.Equal(DeviceType.CPU, device("cpu").type);
        Assert.Equal(1, ((Device)"cuda:1").index);
        if (cuda.is_available()) Assert.Equal(DeviceType.CUDA, CUDA.type);
        else Assert.Contains("CUDA", Assert.Throws<InvalidOperationException>(() => CUDA).Message);
        Assert.Equal("[2x3], type = Float64, device = cpu", zeros(2, 3, dtype: float64).ToString());
    }
}
