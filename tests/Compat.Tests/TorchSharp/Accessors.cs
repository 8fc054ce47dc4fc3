using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Compat.Tests.Tensors;

/// <summary>Reading and writing values from C#.</summary>
[Collection("tensors")]
public sealed class Accessors : IDisposable
{
    readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Values_come_in_row_major_order_whatever_the_strides()
    {
        var a = arange(6, dtype: float32).reshape(2, 3);
        Assert.Equal([0, 3, 1, 4, 2, 5], a.t().data<float>().ToArray());
        Assert.Equal([0, 3, 1, 4, 2, 5], a.permute(1, 0).data<float>());
        Assert.Equal([3, 4, 5], a[1].data<float>().ToArray());
        Assert.Equal([1, 4], a.select(1, 1).data<float>().ToArray());
        Assert.Equal([4, 4, 4], tensor(4f).expand(3).data<float>().ToArray());
    }

    [Fact]
    public void One_index_counts_elements_and_several_are_coordinates()
    {
        var transposed = arange(6, dtype: float32).reshape(2, 3).t();
        var values = transposed.data<float>();
        Assert.Equal(3, values[1]);
        Assert.Equal(4, values[1, 1]);
        values[2, 0] = 20;
        Assert.Equal(20, values[4]);
        Assert.Equal(6, values.Count);
        Assert.Throws<IndexOutOfRangeException>(() => values[6]);
        Assert.Throws<IndexOutOfRangeException>(() => values[3, 0]);
    }

    [Fact]
    public void Copies_start_at_an_offset_of_the_tensor_and_of_the_array()
    {
        var a = arange(6, dtype: float32).reshape(2, 3);
        var target = new float[4];
        a.data<float>().CopyTo(target, arrayIndex: 1, tensorIndex: 2);
        Assert.Equal([0, 2, 3, 4], target);
        a.data<float>().CopyFrom([-1, -2, -3], arrayIndex: 1, tensorIndex: 4);
        Assert.Equal([0, 1, 2, 3, -2, -3], a.data<float>().ToArray());
        a.t().data<float>().CopyFrom([7, 8, 9]);
        Assert.Equal([7, 9, 2, 8, -2, -3], a.data<float>().ToArray());
    }

    [Fact]
    public void Bytes_are_the_memory_itself()
    {
        var a = zeros(2, dtype: int16);
        a.bytes[2] = 7;
        Assert.Equal<short>([0, 7], a.data<short>().ToArray());
        a.bytes = [1, 0, 2, 0];
        Assert.Equal<short>([1, 2], a.data<short>().ToArray());
        Assert.Throws<ArgumentException>(() => a.bytes = [1, 2, 3]);
    }

    [Fact]
    public void Bytes_of_strided_memory_are_refused() =>
        Assert.Throws<InvalidOperationException>(() => arange(6).reshape(2, 3).t().bytes.Length);

    [Fact]
    public void Item_reads_the_one_value_of_its_own_type()
    {
        Assert.Equal(2.5f, tensor(2.5f).item<float>());
        Assert.Equal(7L, arange(8)[7].item<long>());
        Assert.True(tensor(1f).eq(1).item<bool>());
        Assert.Equal("Double is not compatible with Float32", Assert.Throws<ArgumentException>(() => tensor(2.5f).item<double>()).Message);
        Assert.Equal("Int32 is not compatible with Int64", Assert.Throws<ArgumentException>(() => arange(1).item<int>()).Message);
        Assert.Equal("Number of elements in the tensor must be 1", Assert.Throws<ArgumentException>(() => ones(2).item<float>()).Message);
    }

    [Fact]
    public void Numbers_of_another_type_are_converted_on_request()
    {
        Assert.Equal(2.5, tensor(2.5f).ToDouble());
        Assert.Equal(3f, arange(4)[3].ToSingle());
        Assert.Equal(2L, tensor(2.9f).ToInt64());
    }

    [Fact]
    public void Values_of_another_type_are_refused() =>
        Assert.Equal("Double is not compatible with Float32", Assert.Throws<ArgumentException>(() => ones(2).data<double>()).Message);

    [Fact]
    public void Facts_of_a_view_are_its_own()
    {
        var view = arange(12, dtype: float64).reshape(3, 4).narrow(0, 1, 2).t();
        Assert.Equal([4, 2], view.shape);
        Assert.Equal([1, 4], view.stride());
        Assert.Equal(4, view.storage_offset());
        Assert.Equal(8, view.numel());
        Assert.Equal(8, view.ElementSize);
        Assert.Equal(2, view.dim());
        Assert.Equal(2, view.size(-1));
        Assert.False(view.is_contiguous());
        Assert.True(view.contiguous().is_contiguous());
        Assert.Equal(DeviceType.CPU, view.device.type);
    }
}
