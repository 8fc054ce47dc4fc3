using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Compat.Tests.Tensors;

/// <summary>Recording, gradients and their clipping.</summary>
[Collection("tensors")]
public sealed class Autograd : IDisposable
{
    readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Grad_modes_nest_and_restore_what_was_before()
    {
        var weight = new Parameter(ones(1));
        using (no_grad())
        {
            Assert.False((weight * 2).requires_grad);
            using (enable_grad())
            {
                Assert.True((weight * 2).requires_grad);
                using (set_grad_enabled(false)) Assert.False(is_grad_enabled());
                Assert.True(is_grad_enabled());
            }
            Assert.False(is_grad_enabled());
        }
        Assert.True((weight * 2).requires_grad);
    }

    [Fact]
    public void Grad_mode_belongs_to_its_thread()
    {
        using var frozen = no_grad();
        var elsewhere = false;
        var thread = new Thread(() => elsewhere = is_grad_enabled());
        thread.Start();
        thread.Join();
        Assert.True(elsewhere);
        Assert.False(is_grad_enabled());
    }

    [Fact]
    public void Gradients_accumulate()
    {
        var weight = new Parameter(tensor(new float[] { 1, 2 }));
        weight.square().sum().backward();
        weight.square().sum().backward();
        Assert.Equal([4, 8], weight.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Backward_through_a_freed_graph_is_refused_unless_it_was_kept()
    {
        var weight = new Parameter(ones(2));
        var loss = weight.square().sum();
        loss.backward(retain_graph: true);
        loss.backward();
        Assert.Equal([4, 4], weight.grad!.data<float>().ToArray());
        Assert.Contains("second time", Assert.Throws<ExternalException>(() => loss.backward()).Message);
    }

    [Fact]
    public void Backward_of_a_vector_takes_its_gradient()
    {
        var weight = new Parameter(ones(2));
        (weight * 3).backward([tensor(new float[] { 1, 10 })]);
        Assert.Equal([3, 30], weight.grad!.data<float>().ToArray());
        Assert.Contains("scalar", Assert.Throws<ExternalException>(() => (weight * 3).backward()).Message);
    }

    [Fact]
    public void Gradient_passes_views_and_broadcasts()
    {
        var weight = new Parameter(arange(6, dtype: float32).reshape(2, 3));
        var shift = new Parameter(zeros(2));
        (weight.t() + shift).square().sum().backward();
        Assert.Equal([0, 2, 4, 6, 8, 10], weight.grad!.data<float>().ToArray());
        Assert.Equal([6, 24], shift.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Embedding_adds_up_the_gradients_of_each_row()
    {
        using var table = nn.Embedding(4, 2);
        var weights = tensor(new float[] { 1, 10, 100 }, [3, 1]);
        (table.call(tensor(new long[] { 2, 0, 2 })) * weights).sum().backward();
        Assert.Equal([10, 10, 0, 0, 101, 101, 0, 0], table.parameters().Single().grad!.data<float>().ToArray());
    }

    [Fact]
    public void Writing_into_a_leaf_that_is_recorded_is_refused()
    {
        var weight = new Parameter(ones(2));
        Assert.Contains("leaf Variable that requires grad", Assert.Throws<ExternalException>(() => weight.add_(1)).Message);
        using (no_grad()) weight.add_(1);
        Assert.Equal([2, 2], weight.data<float>().ToArray());
    }

    [Fact]
    public void Detached_tensor_is_not_recorded()
    {
        var weight = new Parameter(ones(2));
        var doubled = weight * 2;
        Assert.False(doubled.is_leaf);
        Assert.False(doubled.detach().requires_grad);
        Assert.True(doubled.detach().is_leaf);
    }

    [Fact]
    public void Clipping_scales_all_gradients_by_one_factor()
    {
        var first = new Parameter(zeros(2));
        var second = new Parameter(zeros(3));
        var without = new Parameter(zeros(1));
        first.grad = tensor(new float[] { 3, 0 });
        second.grad = tensor(new float[] { 0, 4, 0 });
        Assert.Equal(5, nn.utils.clip_grad_norm_([first, second, without], 10));
        Assert.Equal([3, 0], first.grad!.data<float>().ToArray());
        Assert.Equal(5, nn.utils.clip_grad_norm_([first, second], 0.5));
        var factor = 0.5f * (1 / (5f + 1e-6f));
        Assert.Equal([3 * factor, 0], first.grad!.data<float>().ToArray());
        Assert.Equal([0, 4 * factor, 0], second.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Clipping_adds_nothing_to_the_scope()
    {
        var weight = new Parameter(zeros(2));
        weight.grad = ones(2);
        using var scope = NewDisposeScope();
        Assert.Equal(Math.Sqrt(2), nn.utils.clip_grad_norm_([weight], 1), 6);
        Assert.Equal(0, scope.DisposablesCount);
    }

    [Fact]
    public void Errors_carry_the_message_of_libtorch()
    {
        Assert.Contains("must match the size of tensor b (3)", Assert.Throws<ExternalException>(() => ones(2) + ones(3)).Message);
        Assert.Contains("shape '[2, 2]' is invalid for input of size 3", Assert.Throws<ExternalException>(() => ones(3).view(2, 2)).Message);
        Assert.Contains("mat1 and mat2 shapes cannot be multiplied (1x2 and 3x1)", Assert.Throws<ExternalException>(() => ones(1, 2).mm(ones(3, 1))).Message);
        Assert.Contains("index out of range in self", Assert.Throws<ExternalException>(() => nn.Embedding(2, 2).call(tensor(new long[] { 5 }))).Message);
        Assert.Contains("element 0 of tensors does not require grad", Assert.Throws<ExternalException>(() => ones(1).backward()).Message);
        Assert.Contains("Target 5 is out of bounds", Assert.Throws<ExternalException>(() => nn.functional.cross_entropy(ones(1, 2), tensor(new long[] { 5 }))).Message);
    }
}
