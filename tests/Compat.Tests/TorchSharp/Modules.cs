using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Compat.Tests.Tensors;

/// <summary>Registration, names and order of parameters; conversion; gradients of a whole module.</summary>
[Collection("tensors")]
public sealed class Modules : IDisposable
{
    readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    sealed class Inner : nn.Module<Tensor, Tensor>
    {
        readonly Linear second = nn.Linear(2, 2, hasBias: false);
        readonly Parameter scale = new(ones(2));

        public Inner() : base("inner") => RegisterComponents();

        public override Tensor forward(Tensor input) => second.call(input) * scale;
    }

    sealed class Outer : nn.Module<Tensor, Tensor>
    {
        readonly Linear first = nn.Linear(3, 2);
        readonly ModuleList<Inner> inner = nn.ModuleList(new Inner(), new Inner());
        readonly Parameter shift = new(zeros(2));
        readonly Tensor table = arange(3, dtype: float32);

        public Outer() : base("outer")
        {
            register_buffer("mask", ones(2, dtype: @bool));
            register_buffer("passing", ones(2), persistent: false);
            RegisterComponents();
        }

        public Parameter Shift => shift;

        public Tensor Table => table;

        public override Tensor forward(Tensor input) => inner[1].call(inner[0].call(first.call(input + table))) + shift;
    }

    sealed class Tied : nn.Module<Tensor, Tensor>
    {
        readonly Linear one = nn.Linear(2, 2, hasBias: false);
        readonly Linear two;

        public Tied() : base("tied")
        {
            two = one;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => two.call(one.call(input));
    }

    sealed class Shared : nn.Module<Tensor, Tensor>
    {
        readonly Linear down = nn.Linear(2, 2, hasBias: false);
        readonly Linear up = nn.Linear(2, 2, hasBias: false);

        public Shared() : base("shared")
        {
            up.weight = down.weight;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => up.call(down.call(input));
    }

    [Fact]
    public void Own_parameters_come_before_those_of_submodules_each_in_order_of_declaration()
    {
        using var outer = new Outer();
        Assert.Equal(
            ["shift", "first.weight", "first.bias", "inner.0.scale", "inner.0.second.weight", "inner.1.scale", "inner.1.second.weight"],
            outer.named_parameters().Select(p => p.name));
        Assert.Equal(["shift"], outer.named_parameters(recurse: false).Select(p => p.name));
        Assert.Equal(["first", "inner"], outer.named_children().Select(c => c.name));
        Assert.Equal(["first", "inner", "inner.0", "inner.1", "inner.0.second", "inner.1.second"], outer.named_modules().Select(m => m.name));
        Assert.Same(outer.Shift, outer.parameters().First());
    }

    [Fact]
    public void Buffers_are_registered_tensors_and_those_that_are_not_persistent_are_left_out()
    {
        using var outer = new Outer();
        Assert.Equal(["mask", "table"], outer.named_buffers().Select(b => b.name));
        Assert.Equal(
            ["shift", "first.weight", "first.bias", "inner.0.scale", "inner.0.second.weight", "inner.1.scale", "inner.1.second.weight", "mask", "table"],
            outer.state_dict().Keys);
        Assert.Same(outer.Table, outer.state_dict()["table"]);
    }

    [Fact]
    public void Shared_module_is_trained_once_and_saved_under_both_names()
    {
        using var tied = new Tied();
        Assert.Equal(["one.weight"], tied.named_parameters().Select(p => p.name));
        Assert.Equal(["one.weight", "two.weight"], tied.state_dict().Keys);
    }

    [Fact]
    public void Shared_parameter_is_trained_once_and_saved_under_both_names()
    {
        using var shared = new Shared();
        Assert.Equal(["down.weight"], shared.named_parameters().Select(p => p.name));
        Assert.Equal(["down.weight", "up.weight"], shared.state_dict().Keys);
    }

    [Fact]
    public void Module_list_registers_its_modules_when_it_is_registered_itself()
    {
        using var list = nn.ModuleList(nn.Linear(1, 1, hasBias: false));
        list.Add(nn.Linear(1, 1, hasBias: false));
        Assert.Empty(list.parameters());
        using var owner = new ListOwner(list);
        list.Add(nn.Linear(1, 1, hasBias: false));
        Assert.Equal(3, list.Count);
        Assert.Equal(["list.0.weight", "list.1.weight"], owner.named_parameters().Select(p => p.name));
    }

    sealed class ListOwner : nn.Module
    {
        readonly ModuleList<Linear> list;

        public ListOwner(ModuleList<Linear> list) : base("owner")
        {
            this.list = list;
            RegisterComponents();
        }
    }

    [Fact]
    public void Names_are_guarded()
    {
        using var outer = new Outer();
        Assert.Throws<InvalidOperationException>(() => outer.register_buffer("mask", ones(1)));
        Assert.Throws<InvalidOperationException>(() => outer.register_parameter("shift", new Parameter(ones(1))));
        Assert.Throws<InvalidOperationException>(() => outer.register_module("first", nn.Linear(1, 1)));
        Assert.Throws<ArgumentException>(() => outer.register_module("a.b", nn.Linear(1, 1)));
        Assert.Throws<ArgumentException>(() => outer.register_module("", nn.Linear(1, 1)));
        Assert.Equal("outer", outer.GetName());
    }

    [Fact]
    public void Conversion_replaces_the_parameters_and_moves_their_gradients()
    {
        using var outer = new Outer();
        outer.call(ones(1, 3)).sum().backward();
        var before = outer.parameters().ToList();
        var shift = outer.Shift;
        Assert.Same(outer, outer.to(float64));
        var after = outer.parameters().ToList();
        Assert.All(after, p => Assert.Equal(float64, p.dtype));
        Assert.All(before, p => Assert.True(p.IsInvalid));
        Assert.NotSame(shift, outer.Shift);
        Assert.Same(outer.Shift, after[0]);
        Assert.Equal(float64, outer.Shift.grad!.dtype);
        Assert.Equal([1, 1], outer.Shift.grad!.data<double>().ToArray());
        Assert.Equal(float64, outer.Table.dtype);
        Assert.Equal(@bool, outer.state_dict()["mask"].dtype);
        Assert.Equal(float64, outer.call(ones(1, 3, dtype: float64)).dtype);
    }

    [Fact]
    public void Conversion_to_what_it_is_already_changes_nothing()
    {
        using var outer = new Outer();
        var before = outer.parameters().ToList();
        outer.to(float32).to(CPU);
        Assert.Equal(before.Select(p => p.Handle), outer.parameters().Select(p => p.Handle));
    }

    [Fact]
    public void Conversion_to_integers_is_refused()
    {
        using var outer = new Outer();
        Assert.Contains("only accepts floating point", Assert.Throws<ArgumentException>(() => outer.to(int64)).Message);
    }

    [Fact]
    public void Zero_grad_removes_gradients_or_fills_them_with_zeros()
    {
        using var linear = nn.Linear(2, 1);
        linear.call(ones(1, 2)).sum().backward();
        linear.zero_grad(set_to_none: false);
        Assert.Equal([0, 0], linear.weight.grad!.data<float>().ToArray());
        linear.zero_grad();
        Assert.Null(linear.weight.grad);
    }

    [Fact]
    public void Training_mode_reaches_every_submodule()
    {
        using var outer = new Outer();
        Assert.True(outer.training);
        outer.eval();
        Assert.All(outer.modules(), m => Assert.False(m.training));
        outer.train();
        Assert.All(outer.modules(), m => Assert.True(m.training));
    }

    [Fact]
    public void Apply_visits_children_before_their_parent()
    {
        using var outer = new Outer();
        var visited = new List<string>();
        outer.apply(m => visited.Add(m.GetName()));
        Assert.Equal(["Linear", "Linear", "inner", "Linear", "inner", "ModuleList", "outer"], visited);
    }

    [Fact]
    public void Weight_of_a_layer_is_its_registered_parameter()
    {
        using var linear = nn.Linear(2, 1);
        using var norm = nn.LayerNorm(2);
        Assert.Same(linear.weight, linear.parameters().First());
        Assert.Same(norm.bias, norm.parameters().Last());
        Assert.Equal([1, 1], norm.weight.data<float>().ToArray());
        Assert.Equal([0, 0], norm.bias!.data<float>().ToArray());
        Assert.Null(nn.Linear(2, 1, hasBias: false).bias);
        var replacement = new Parameter(zeros(1, 2));
        linear.weight = replacement;
        Assert.Same(replacement, linear.parameters().First());
    }

    [Fact]
    public void Weight_of_an_embedding_is_a_new_handle_at_each_reading()
    {
        using var table = nn.Embedding(3, 2);
        var weight = table.weight!;
        Assert.NotSame(weight, table.weight);
        using (no_grad()) weight.fill_(3);
        Assert.Equal([3, 3, 3, 3, 3, 3], table.parameters().Single().data<float>().ToArray());
    }

    [Fact]
    public void Disposed_module_frees_its_parameters()
    {
        var outer = new Outer();
        var parameters = outer.parameters().ToList();
        outer.Dispose();
        Assert.All(parameters, p => Assert.True(p.IsInvalid));
    }
}
