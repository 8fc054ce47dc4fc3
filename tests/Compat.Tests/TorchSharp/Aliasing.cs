using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Compat.Tests.Tensors;

/// <summary>Which handles share memory, and which calls return a new handle.</summary>
[Collection("tensors")]
public sealed class Aliasing : IDisposable
{
    readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void In_place_arithmetic_returns_the_tensor_itself()
    {
        var a = ones(2);
        Assert.Same(a, a.add_(1));
        Assert.Same(a, a.mul_(2));
        Assert.Same(a, a.add_(ones(2), 3));
        Assert.Same(a, a.div_(ones(2)));
        Assert.Same(a, a.sqrt_());
        Assert.Same(a, a.addcmul_(ones(2), ones(2), 1));
        Assert.Same(a, a.copy_(ones(2)));
        Assert.Same(a, a.fill_(3));
        Assert.Equal([3, 3], a.data<float>().ToArray());
    }

    [Fact]
    public void Zeroing_returns_a_new_handle_on_the_same_memory()
    {
        var a = ones(2);
        var zeroed = a.zero_();
        Assert.NotSame(a, zeroed);
        a.add_(5);
        Assert.Equal([5, 5], zeroed.data<float>().ToArray());
    }

    [Fact]
    public void Gradient_is_a_new_handle_at_each_reading_that_shares_its_memory()
    {
        var weight = new Parameter(ones(2));
        Assert.Null(weight.grad);
        weight.sum().backward();
        var first = weight.grad!;
        var second = weight.grad!;
        Assert.NotSame(first, second);
        first.mul_(7);
        Assert.Equal([7, 7], second.data<float>().ToArray());
    }

    [Fact]
    public void Assigned_gradient_shares_memory_and_null_removes_it()
    {
        var weight = new Parameter(ones(2));
        var gradient = zeros(2);
        weight.grad = gradient;
        gradient.add_(4);
        Assert.Equal([4, 4], weight.grad!.data<float>().ToArray());
        weight.grad = null;
        Assert.Null(weight.grad);
    }

    [Fact]
    public void Alias_and_detach_share_memory_and_clone_does_not()
    {
        var a = ones(2);
        var (alias, detached, clone) = (a.alias(), a.detach(), a.clone());
        a.add_(1);
        Assert.Equal([2, 2], alias.data<float>().ToArray());
        Assert.Equal([2, 2], detached.data<float>().ToArray());
        Assert.Equal([1, 1], clone.data<float>().ToArray());
    }

    [Fact]
    public void Views_write_through_and_copies_do_not()
    {
        var a = arange(6, dtype: float32).reshape(2, 3);
        a.t()[0].fill_(9);
        a[1, 2].fill_(8);
        a.select(1, 1).contiguous().fill_(100);
        Assert.Equal([9, 1, 2, 9, 4, 8], a.data<float>().ToArray());
    }

    [Fact]
    public void Conversion_to_the_same_type_is_the_same_memory_unless_a_copy_is_asked_for()
    {
        var a = ones(2);
        var (same, copy, other) = (a.to(float32), a.to(float32, copy: true), a.to(float64));
        a.add_(1);
        Assert.Equal([2, 2], same.data<float>().ToArray());
        Assert.Equal([1, 1], copy.data<float>().ToArray());
        Assert.Equal([1, 1], other.data<double>().ToArray());
        Assert.NotSame(a, same);
    }

    [Fact]
    public void DisposeAfter_frees_the_source_of_a_conversion()
    {
        var a = ones(2);
        var converted = a.to(float64, disposeAfter: true);
        Assert.True(a.IsInvalid);
        Assert.Equal([1, 1], converted.data<double>().ToArray());
    }

    [Fact]
    public void Requires_grad_returns_the_tensor_itself()
    {
        var a = ones(2);
        Assert.Same(a, a.requires_grad_());
        Assert.True(a.requires_grad);
        Assert.Same(a, a.with_requires_grad(false));
        Assert.False(a.requires_grad);
    }

    [Fact]
    public void Indices_choose_views_and_masks_choose_copies()
    {
        var a = arange(12, dtype: float32).reshape(3, 4);
        a[1] = tensor(-1f);
        a[TensorIndex.Ellipsis, 3] = tensor(50f);
        a[0, TensorIndex.Slice(1, 3)].add_(100);
        Assert.Equal([0, 101, 102, 50, -1, -1, -1, 50, 8, 9, 10, 50], a.data<float>().ToArray());
        Assert.Equal([50, 50, 50], a[.., 3].data<float>().ToArray());
        Assert.Equal([8, 10], a[2, TensorIndex.Slice(null, 3, 2)].data<float>().ToArray());
        Assert.Equal([1, 3, 4], a[TensorIndex.Null].shape);
        Assert.Equal([101, 102], a[a.gt(60)].data<float>().ToArray());
        a[a.lt(0)] = tensor(7f);
        Assert.Equal([7, 7, 7, 50], a[1].data<float>().ToArray());
        Assert.Equal([8, 9, 10, 50, 0, 101, 102, 50], a[tensor(new long[] { 2, 0 })].data<float>().ToArray());
    }
}
