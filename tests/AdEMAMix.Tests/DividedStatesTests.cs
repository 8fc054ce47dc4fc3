using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

/// <summary>Several optimizers, each of a part of every parameter's elements, take together the step of one optimizer of all.</summary>
public sealed class DividedStatesTests
{
    const int Parts = 3;
    static readonly long[][] shapes = [[70, 500], [13], [40, 41], [2]];

    public static TheoryData<string> Kinds => ["AdEMAMix", "AdEMAMix, beta1 = 0", "AdamW", "Lion", "SimplifiedAdEMAMix", "SGD"];

    static ElementwiseOptimizer Of(string kind, IEnumerable<Parameter> parameters) => kind switch
    {
        "AdEMAMix" => new AdEMAMix(parameters, beta3: 0.99, alpha_warmup: 5, beta3_warmup: 5, weight_decay: 0.1, max_grad_norm: 1),
        "AdEMAMix, beta1 = 0" => new AdEMAMix(parameters, beta1: 0, beta3: 0.99, weight_decay: 0.1, max_grad_norm: 1),
        "AdamW" => new AdamW(parameters, weight_decay: 0.1, max_grad_norm: 1),
        "Lion" => new Lion(parameters, weight_decay: 0.1, max_grad_norm: 1),
        "SGD" => new Sgd(parameters, weight_decay: 0.1, max_grad_norm: 1),
        _ => new SimplifiedAdEMAMix(parameters, weight_decay: 0.1, max_grad_norm: 1),
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Parts_of_the_elements_take_bitwise_the_step_of_the_whole(string kind)
    {
        using var scope = NewDisposeScope();
        var whole = shapes.Select((shape, i) => Make.Parameter(i, ScalarType.Float32, shape)).ToList();
        using var one = Of(kind, whole);
        var expected = Make.Train(one, whole, 6);

        var shared = shapes.Select((shape, i) => Make.Parameter(i, ScalarType.Float32, shape)).ToList();
        var parts = Enumerable.Range(0, Parts).Select(rank => shared.ConvertAll(p => new Parameter(Part(p.detach(), rank)))).ToList();
        var optimizers = parts.ConvertAll(views => Of(kind, views));
        for (var t = 0; t < 6; t++)
        {
            var gradients = shared.Select((p, i) => Make.Tensor(1000 * t + i, p.dtype, p.shape)).ToList();
            for (var rank = 0; rank < Parts; rank++)
            {
                for (var i = 0; i < shared.Count; i++) parts[rank][i].grad = Part(gradients[i], rank);
                optimizers[rank].NormOfAllGradients = () => GlobalGradientNorm.Of(gradients);
                optimizers[rank].step();
            }
        }
        Assert.Equal(expected, shared.Select(Make.Values));
        optimizers.ForEach(o => o.Dispose());
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.BFloat16)]
    public void The_norm_of_all_gradients_is_that_which_an_optimizer_of_all_clips_by(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var parameters = shapes.Select((shape, i) => Make.Parameter(i, type, shape)).ToList();
        foreach (var (parameter, i) in parameters.Select((p, i) => (p, i))) parameter.grad = Make.Tensor(i, type, parameter.shape);
        // Not contiguous: the same numbers, read in the tensor's own order.
        parameters[0].grad = Make.Tensor(9, type, 500, 70).t();
        using var optimizer = new AdamW(parameters, max_grad_norm: 1);
        optimizer.step();
        Assert.Equal(optimizer.LastGradientNorm, GlobalGradientNorm.Of([.. parameters.Select(p => p.grad!)]));
        Assert.Equal(optimizer.LastGradientNorm, GlobalGradientNorm.Of([.. parameters.Select(p => p.grad!)], threads: 2));
    }

    static Tensor Part(Tensor tensor, int rank)
    {
        var (first, end) = (tensor.numel() * rank / Parts, tensor.numel() * (rank + 1) / Parts);
        return tensor.view(-1).narrow(0, first, end - first);
    }
}
