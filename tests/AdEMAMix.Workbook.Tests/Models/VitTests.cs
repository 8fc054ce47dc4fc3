using System.Text.Json;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook.Tests;

public sealed class VitTests
{
    static readonly ModelConfig Small = new() { Layers = 2, Width = 16, Heads = 2 };
    static readonly ImageShape Shape = new(1, 8, 8);

    // The paper calls them 24M and 86M: with the heads that go with ImageNet-1k and 21k (21,843 classes).
    [Theory]
    [InlineData(384, 6, 1000, 22_007_808)]
    [InlineData(768, 12, 1000, 86_482_944)]
    [InlineData(384, 6, 21_843, 30_011_520)]
    [InlineData(768, 12, 21_843, 102_490_368)]
    public void The_papers_shapes_have_these_parameters(int width, int heads, int classes, long parameters) =>
        Assert.Equal(parameters, Vit.TensorSizes(new ModelConfig { Layers = 12, Width = width, Heads = heads }, new ImageShape(3, 224, 224), 16, classes).Sum());

    [Fact]
    public void A_model_has_the_parameters_that_are_counted_without_making_it()
    {
        using var model = new Vit(Small, Shape, 4, 5, seed: 1);
        Assert.Equal(Vit.TensorSizes(Small, Shape, 4, 5).Order(), model.parameters().Select(p => p.numel()).Order());
        Assert.Equal(model.ParameterCount, Vit.TensorSizes(Small, Shape, 4, 5).Sum());
        Assert.Equal(5, model.Tokens);
    }

    [Fact]
    public void Every_patch_reaches_the_class_token()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = new Vit(Small, Shape, 4, 5, seed: 1);
        var image = randn(1, 1, 8, 8);
        var before = model.call(image);
        Assert.Equal([1, 5], before.shape);
        foreach (var (row, column) in new[] { (0L, 0L), (0L, 7L), (7L, 0L), (7L, 7L) })
        {
            var changed = image.clone();
            changed.narrow(2, row, 1).narrow(3, column, 1).add_(1);
            Assert.False(model.call(changed).allclose(before, 1e-7, 1e-9));
        }
    }

    [Fact]
    public void Images_of_a_batch_do_not_see_each_other()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = new Vit(Small, Shape, 4, 5, seed: 1);
        var images = randn(3, 1, 8, 8);
        Assert.True(model.call(images).narrow(0, 1, 1).allclose(model.call(images.narrow(0, 1, 1)), 1e-5, 1e-6));
    }

    [Fact]
    public void Labels_and_certain_targets_have_one_loss_and_a_fresh_model_knows_nothing()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var model = new Vit(Small, Shape, 4, 5, seed: 1);
        var images = randn(2, 1, 8, 8);
        var labels = model.Loss(images, tensor([3L, 0L])).item<float>();
        Assert.Equal(labels, model.Loss(images, tensor([0f, 0, 0, 1, 0, 1, 0, 0, 0, 0], [2, 5])).item<float>(), 1e-6f);
        Assert.InRange(labels, Math.Log(5) - 0.1, Math.Log(5) + 0.1);
    }

    [Fact]
    public void A_patch_that_does_not_divide_the_image_is_refused() =>
        Assert.Contains("vision.patch is 3, but must divide the images' 8 x 8 pixels", Assert.Throws<ConfigException>(() => new Vit(Small, Shape, 3, 5, seed: 1)).Message, StringComparison.Ordinal);

    [Fact]
    public void Ten_steps_follow_the_losses_of_PyTorch_whose_patches_go_through_a_convolution()
    {
        var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(WorkbookPaths.Find().Root, "tests", "fixtures", "vit_parity.json"))).RootElement;
        int Field(string name) => expected.GetProperty(name).GetInt32();
        var config = new ModelConfig { Layers = Field("layers"), Width = Field("width"), Heads = Field("heads") };
        var shape = new ImageShape(Field("channels"), Field("height"), Field("columns"));
        var (classes, batch, rate) = (Field("classes"), Field("batch"), expected.GetProperty("learningRate").GetDouble());
        set_num_threads(1);
        using var model = new Vit(config, shape, Field("patch"), classes, seed: 0);
        GptInitialization.Formula(model, config.Layers);
        var step = 0;
        foreach (var loss in expected.GetProperty("losses").EnumerateArray().Select(l => l.GetDouble()))
        {
            using var scope = NewDisposeScope();
            var labels = Enumerable.Range(0, batch).Select(row => (int)(GptInitialization.Hash((uint)(1000 + step * batch + row)) % classes)).ToArray();
            var images = Enumerable.Range(0, batch * shape.Length).Select(i => (float)(((GptInitialization.Hash((uint)(i % shape.Length * 31 + labels[i / shape.Length] * 7919)) >> 8) / 16777216.0 - 0.5) * 3)).ToArray();
            var targets = new float[batch * classes];
            for (var row = 0; row < batch; row++)
            {
                targets[row * classes + labels[row]] += 0.75f;
                targets[row * classes + (labels[row] + 1) % classes] += 0.25f;
            }
            var own = model.Loss(tensor(images, [batch, shape.Channels, shape.Height, shape.Width]), tensor(targets, [batch, classes]));
            Assert.InRange(own.item<float>(), loss - 1e-4, loss + 1e-4);
            own.backward();
            using (no_grad())
                foreach (var parameter in model.parameters()) parameter.add_(parameter.grad!, -rate);
            model.zero_grad();
            step++;
        }
        Assert.Equal(10, step);
    }
}
