// Tensors and modules as a cell shows them: the engine knows them by name only.
using TorchSharp;

namespace AdEMAMix.Notebooks.Tests;

public sealed class TensorDisplayTests
{
    [Fact]
    public void A_matrix_shows_shape_type_device_and_its_corner()
    {
        using var matrix = torch.arange(0, 12, torch.float32).reshape(3, 4) / 2;
        var text = ValueFormatter.Format(matrix)["text/plain"]!;
        Assert.Equal("Tensor 3 x 4, Float32, cpu\n  0  0.5    1  1.5\n  2  2.5    3  3.5\n  4  4.5    5  5.5", text);
        using var large = torch.zeros(100, 200, torch.bfloat16);
        var html = ValueFormatter.Format(large)["text/html"]!;
        Assert.Equal(48, html.Split("<td").Length - 1);
        Assert.Contains("Tensor 100 x 200, BFloat16, cpu", html);
        Assert.Contains("... of 20,000 values", html);
    }

    [Fact]
    public void Scalars_vectors_parameters_and_empty_tensors_show_too()
    {
        using var scalar = torch.tensor(3.25);
        Assert.Equal("Tensor (scalar), Float64, cpu\n3.25", ValueFormatter.Format(scalar)["text/plain"]);
        using var whole = torch.tensor(new long[] { 1, -2, 3 });
        Assert.Equal("Tensor 3, Int64, cpu\n 1  -2   3", ValueFormatter.Format(whole)["text/plain"]);
        using var empty = torch.zeros(0, 3);
        Assert.Equal("Tensor 0 x 3, Float32, cpu", ValueFormatter.Format(empty)["text/plain"]);
        using var parameter = torch.zeros(2, 3, 4).AsParameter();
        Assert.StartsWith("Parameter 2 x 3 x 4, Float32, cpu, requires_grad\n", ValueFormatter.Format(parameter)["text/plain"]);
        Assert.EndsWith("... the first of 24 values", ValueFormatter.Format(parameter)["text/plain"]);
    }

    [Fact]
    public void A_disposed_tensor_says_so()
    {
        var gone = torch.zeros(2);
        gone.Dispose();
        Assert.Equal("Tensor, disposed", ValueFormatter.Format(gone)["text/plain"]);
    }

    [Fact]
    public void Showing_a_tensor_leaves_no_tensor_behind()
    {
        using var scope = torch.NewDisposeScope();
        using var cube = torch.zeros(4, 4, 4, torch.float16);
        var before = scope.DisposablesCount;
        ValueFormatter.Format(cube);
        Assert.Equal(before, scope.DisposablesCount);
    }

    [Fact]
    public void A_module_shows_its_layers_and_counts_its_parameters()
    {
        using var layer = torch.nn.Linear(64, 10);
        var bundle = ValueFormatter.Format(layer);
        Assert.StartsWith("Linear: 650 parameters, 2.5 KiB\n", bundle["text/plain"]);
        Assert.Contains("weight 10 x 64, bias 10", bundle["text/html"]);
        layer.weight!.requires_grad = false;
        Assert.StartsWith("Linear: 650 parameters, 10 of them trained", ValueFormatter.Format(layer)["text/plain"]);
    }
}
