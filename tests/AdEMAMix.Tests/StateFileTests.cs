using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

public sealed class StateFileTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("ademamix-").FullName;

    string At(string name) => Path.Combine(folder, name);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static List<(string, Parameter)> Model() => [("fc.weight", Make.Parameter(1, ScalarType.Float32, 60, 40)), ("fc.bias", Make.Parameter(2, ScalarType.Float32, 9))];

    static AdEMAMix New(List<(string, Parameter)> model, StateFormat format = StateFormat.Full, double beta1 = 0.9, double alpha = 5) =>
        new(model, beta1: beta1, alpha: alpha, state_format: format, seed: 3, alpha_warmup: 12, beta3_warmup: 12, weight_decay: 0.1);

    [Theory]
    [InlineData(StateFormat.Full, 0.9)]
    [InlineData(StateFormat.Full, 0.0)]
    [InlineData(StateFormat.BFloat16, 0.9)]
    [InlineData(StateFormat.EightBit, 0.9)]
    public void A_resumed_optimizer_is_bitwise_the_uninterrupted_one(StateFormat format, double beta1)
    {
        var (straight, resumed) = (Model(), Model());
        using var uninterrupted = New(straight, format, beta1);
        var expected = Make.Train(uninterrupted, straight.ConvertAll(p => p.Item2), 10);
        using var first = New(resumed, format, beta1);
        Make.Train(first, resumed.ConvertAll(p => p.Item2), 6);
        first.SaveState(At("state.safetensors"));
        using var second = New(resumed, format, beta1);
        second.LoadState(At("state.safetensors"));
        Assert.Equal(expected, Make.Train(second, resumed.ConvertAll(p => p.Item2), 4, from: 6));
        Assert.False(File.Exists(At("state.safetensors.partial")));
    }

    [Fact]
    public void Other_hyperparameters_are_named_and_refused_unless_allowed()
    {
        var model = Model();
        using var first = New(model);
        Make.Train(first, model.ConvertAll(p => p.Item2), 3);
        first.SaveState(At("a"));
        using var second = New(model, alpha: 2);
        var message = Assert.Throws<OptimizerStateException>(() => second.LoadState(At("a"))).Message;
        Assert.Contains("alpha = 5 (here 2) in group 0", message);
        Assert.Equal(0, second.Slots[0][0].State.step);
        second.LoadState(At("a"), StateMismatch.Hyperparameters);
        Assert.Equal((3L, 2.0), (second.Slots[0][0].State.step, ((AdEMAMix.Options)second.OptionsOf(0)).alpha!.Value));
    }

    [Fact]
    public void Other_shapes_names_and_optimizers_are_named_and_refused()
    {
        using var first = New(Model());
        first.SaveState(At("a"));
        using var shape = New([("fc.weight", Make.Parameter(1, ScalarType.Float32, 60, 41)), ("fc.bias", Make.Parameter(2, ScalarType.Float32, 9))]);
        Assert.Contains("'fc.weight' [60, 40], and this optimizer 'fc.weight' [60, 41]", Assert.Throws<OptimizerStateException>(() => shape.LoadState(At("a"))).Message);
        using var adam = new AdamW(Model());
        Assert.Contains("the state of AdEMAMix and this is AdamW", Assert.Throws<OptimizerStateException>(() => adam.LoadState(At("a"))).Message);
    }

    [Fact]
    public void A_damaged_file_leaves_the_optimizer_as_it_was()
    {
        var model = Model();
        using var optimizer = New(model);
        Make.Train(optimizer, model.ConvertAll(p => p.Item2), 3);
        optimizer.SaveState(At("a"));
        var whole = File.ReadAllBytes(At("a"));
        foreach (var length in (int[])[0, 5, 100, whole.Length / 2, whole.Length - 1])
        {
            File.WriteAllBytes(At("cut"), whole[..length]);
            Assert.Throws<OptimizerStateException>(() => optimizer.LoadState(At("cut")));
        }
        Assert.Contains("cannot be read", Assert.Throws<OptimizerStateException>(() => optimizer.LoadState(At("nowhere"))).Message);
        optimizer.SaveState(At("b"));
        Assert.Equal(whole, File.ReadAllBytes(At("b")));
    }
}
