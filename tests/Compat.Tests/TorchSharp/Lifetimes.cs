using System.Runtime.CompilerServices;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Compat.Tests.Tensors;

/// <summary>Who frees a tensor, and when. Passes on TorchSharp itself too, as every file of this folder does.</summary>
[Collection("tensors")]
public sealed class Lifetimes
{
    [Fact]
    public void Scope_frees_what_was_made_inside_it_and_nothing_else()
    {
        using var before = ones(2);
        Tensor inside, view;
        using (NewDisposeScope())
        {
            inside = before + 1;
            view = before.view(1, 2);
        }
        Assert.True(inside.IsInvalid);
        Assert.True(view.IsInvalid);
        Assert.False(before.IsInvalid);
    }

    [Fact]
    public void MoveToOuter_hands_a_tensor_to_the_enclosing_scope()
    {
        Tensor moved;
        using (var outer = NewDisposeScope())
        {
            using (NewDisposeScope())
            {
                using var middle = NewDisposeScope();
                moved = ones(2).MoveToOuterDisposeScope();
                Assert.Equal(0, middle.DisposablesCount);
            }
            Assert.True(moved.IsInvalid);
            using (NewDisposeScope()) moved = ones(2).MoveToOuterDisposeScope();
            Assert.False(moved.IsInvalid);
            Assert.True(outer.Contains(moved));
        }
        Assert.True(moved.IsInvalid);
    }

    [Fact]
    public void MoveToOuter_of_the_outermost_scope_leaves_a_tensor_to_its_user()
    {
        Tensor first, second;
        using (var scope = NewDisposeScope())
        {
            first = ones(2);
            second = ones(2);
            scope.MoveToOuter(first, second);
        }
        Assert.False(first.IsInvalid);
        second.Dispose();
        first.Dispose();
        Assert.True(first.IsInvalid);
    }

    [Fact]
    public void Detached_tensor_outlives_every_scope()
    {
        Tensor kept;
        using (NewDisposeScope())
        using (NewDisposeScope())
            kept = ones(2).DetachFromDisposeScope();
        Assert.False(kept.IsInvalid);
        kept.Dispose();
    }

    [Fact]
    public void DisposeEverythingBut_keeps_what_it_is_given_until_the_scope_ends()
    {
        Tensor kept;
        using (var scope = NewDisposeScope())
        {
            kept = ones(2);
            var dropped = ones(2);
            Assert.Same(kept, scope.DisposeEverythingBut(kept));
            Assert.True(dropped.IsInvalid);
            Assert.False(kept.IsInvalid);
            Assert.Equal([kept], scope.DisposablesView);
            scope.DisposeEverything();
            Assert.True(kept.IsInvalid);
            kept = ones(2);
        }
        Assert.True(kept.IsInvalid);
    }

    [Fact]
    public void Attached_tensor_changes_its_owner()
    {
        using var loose = ones(2);
        using (var scope = NewDisposeScope())
        {
            scope.Attach(loose);
            Assert.True(scope.Contains(loose));
            using var inner = NewDisposeScope();
            inner.Attach(loose);
            Assert.False(scope.Contains(loose));
        }
        Assert.True(loose.IsInvalid);
    }

    [Fact]
    public void Scope_that_ends_before_an_inner_one_frees_only_its_own()
    {
        var outer = NewDisposeScope();
        var first = ones(2);
        var inner = NewDisposeScope();
        var second = ones(2);
        outer.Dispose();
        Assert.True(first.IsInvalid);
        Assert.False(second.IsInvalid);
        var third = ones(2);
        Assert.True(inner.Contains(third));
        inner.Dispose();
        Assert.True(second.IsInvalid);
        Assert.True(third.IsInvalid);
        using var loose = ones(2);
        Assert.False(inner.Contains(loose));
    }

    [Fact]
    public void Ended_scope_refuses_to_be_used_but_may_end_twice()
    {
        var scope = NewDisposeScope();
        scope.Dispose();
        scope.Dispose();
        Assert.Throws<ObjectDisposedException>(() => scope.DisposablesCount);
        Assert.Throws<ObjectDisposedException>(() => scope.DisposeEverything());
    }

    [Fact]
    public void Scope_belongs_to_its_thread()
    {
        Tensor? elsewhere = null;
        using (var scope = NewDisposeScope())
        {
            var thread = new Thread(() => elsewhere = ones(2));
            thread.Start();
            thread.Join();
            Assert.Equal(0, scope.DisposablesCount);
        }
        Assert.False(elsewhere!.IsInvalid);
        elsewhere.Dispose();
    }

    [Fact]
    public void Disposing_early_takes_a_tensor_out_of_its_scope()
    {
        using var scope = NewDisposeScope();
        var tensor = ones(2);
        tensor.Dispose();
        tensor.Dispose();
        Assert.Equal(0, scope.DisposablesCount);
    }

    [Fact]
    public void Freed_tensor_says_so()
    {
        var tensor = ones(2);
        tensor.Dispose();
        Assert.True(tensor.IsInvalid);
        Assert.Contains("empty handle", Assert.Throws<InvalidOperationException>(() => tensor.Handle).Message);
        Assert.Throws<InvalidOperationException>(() => tensor.add(1));
        Assert.Throws<InvalidOperationException>(() => tensor.shape);
    }

    [Fact]
    public void Finalizers_free_what_nobody_disposed()
    {
        const int many = 500;
        Forget(many);
        var after = Tensor.TotalCount;
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.True(after - Tensor.TotalCount >= many - 1, $"{after} handles before the collection, {Tensor.TotalCount} after");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void Forget(int many)
    {
        for (var i = 0; i < many; i++) _ = zeros(2);
    }

    [Fact]
    public void Parameter_takes_over_the_handle_and_the_place_in_the_scope()
    {
        using var scope = NewDisposeScope();
        var source = ones(2);
        var handle = source.Handle;
        var parameter = new Parameter(source);
        Assert.True(source.IsInvalid);
        Assert.Equal(handle, parameter.Handle);
        Assert.Equal([parameter], scope.DisposablesView);
        Assert.True(parameter.requires_grad);
        Assert.True(parameter.is_leaf);
    }

    [Fact]
    public void Parameter_of_a_loose_tensor_joins_no_scope()
    {
        var source = ones(2);
        using var scope = NewDisposeScope();
        using var parameter = new Parameter(source, requires_grad: false);
        Assert.Equal(0, scope.DisposablesCount);
        Assert.False(parameter.requires_grad);
    }

    [Fact]
    public void Modules_made_in_a_scope_outlive_it()
    {
        Linear linear;
        LayerNorm norm;
        Embedding table;
        using (NewDisposeScope())
        {
            linear = nn.Linear(2, 3);
            norm = nn.LayerNorm(3);
            table = nn.Embedding(4, 2);
        }
        using (NewDisposeScope())
        {
            var result = norm.call(linear.call(table.call(tensor(new long[] { 0, 3 }))));
            Assert.Equal([2, 3], result.shape);
        }
        linear.Dispose();
        norm.Dispose();
        table.Dispose();
    }

    [Fact]
    public void Gradient_made_in_a_scope_outlives_it()
    {
        using var weight = new Parameter(ones(3));
        using (NewDisposeScope()) (weight * 2).sum().backward();
        using var gradient = weight.grad;
        Assert.Equal([2, 2, 2], gradient!.data<float>().ToArray());
    }
}
