using AdEMAMix;
using TorchSharp;
using Xunit;
using Mix = AdEMAMix.AdEMAMix;

namespace Consumer;

/// The readme's example, as a project of somebody else would hold it.
public sealed class ReadmeTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("ademamix-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_example_of_the_readme_trains()
    {
        var model = torch.nn.Linear(8, 1);
        var (decayed, plain) = ParameterGroups.ByDimension(model.named_parameters());
        const int steps = 1000;
        using var optimizer = new Mix(
            [new Mix.ParamGroup(decayed), new Mix.ParamGroup(plain, new Mix.Options { weight_decay = 0 })],
            lr: 1e-2, beta3: 0.992, alpha: 4, alpha_warmup: steps, beta3_warmup: steps, weight_decay: 0.1, max_grad_norm: 1);

        double first = 0, last = 0;
        for (var t = 0; t < steps; t++)
        {
            using var scope = torch.NewDisposeScope();
            var x = torch.randn(32, 8);
            optimizer.zero_grad();
            var loss = torch.nn.functional.mse_loss(model.forward(x), x.sum(1, keepdim: true));
            loss.backward();
            optimizer.step();
            (first, last) = (t == 0 ? loss.item<float>() : first, loss.item<float>());
        }
        optimizer.SaveState(Path.Combine(folder, "optimizer.safetensors"));
        Assert.True(last < first / 20, $"{first} -> {last}");
    }
}
