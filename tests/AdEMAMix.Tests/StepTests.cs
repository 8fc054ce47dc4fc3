using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

public class StepTests
{
    static AdEMAMix.State StateOf(AdEMAMix optimizer, int index) => (AdEMAMix.State)optimizer.state_dict().State[index];

    [Fact]
    public void A_parameter_without_a_gradient_is_left_alone()
    {
        List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float32, 5), Make.Parameter(2, ScalarType.Float32, 5)];
        using var optimizer = new AdEMAMix(parameters, weight_decay: 0.1);
        var before = Make.Values(parameters[1]);
        parameters[0].grad = Make.Tensor(3, ScalarType.Float32, 5);
        optimizer.step();
        Assert.Equal(before, Make.Values(parameters[1]));
        Assert.Equal((1, 0), (StateOf(optimizer, 0).step, StateOf(optimizer, 1).step));
        Assert.NotEqual(Make.Values(Make.Parameter(1, ScalarType.Float32, 5)), Make.Values(parameters[0]));
    }

    [Fact]
    public void A_parameter_unfrozen_late_joins_the_schedules_but_has_its_own_bias_correction()
    {
        List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float64, 4), Make.Parameter(2, ScalarType.Float64, 4)];
        using var optimizer = new AdEMAMix(parameters, lr: 0.1, alpha: 8, alpha_warmup: 40, beta3_warmup: 40, beta3: 0.999);
        for (var t = 0; t < 19; t++)
        {
            parameters[0].grad = Make.Tensor(t, ScalarType.Float64, 4);
            optimizer.step();
        }
        var (before, g) = (Make.Values(parameters[1]), Make.Tensor(99, ScalarType.Float64, 4));
        parameters[1].grad = g;
        optimizer.step();

        // Step 20 of the schedules, update 1 of the parameter.
        var (alpha, beta3) = (4.0, new Beta3Schedule(0.9, 0.999, 40).At(20));
        var expected = before.Zip(Make.Values(g), (x, d) => x - 0.1 * (d + alpha * (1 - beta3) * d) / (Math.Abs(d) + 1e-8)).ToArray();
        Assert.All(expected.Zip(Make.Values(parameters[1])), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    [Fact]
    public void Groups_have_their_own_hyperparameters_and_inherit_the_rest()
    {
        var (a, b) = (Make.Parameter(1, ScalarType.Float32, 4), Make.Parameter(2, ScalarType.Float32, 4));
        using var optimizer = new AdEMAMix(
            [new AdEMAMix.ParamGroup([a]), new AdEMAMix.ParamGroup([b], new AdEMAMix.Options { weight_decay = 0, LearningRate = 0.5, alpha = 1 })], lr: 1e-2, weight_decay: 0.1);
        var options = optimizer.state_dict().Options.Cast<AdEMAMix.Options>().ToList();
        Assert.Equal((0.1, 1e-2, 5.0, 0.9999), (options[0].weight_decay!.Value, options[0].LearningRate!.Value, options[0].alpha!.Value, options[0].beta3!.Value));
        Assert.Equal((0.0, 0.5, 1.0, 0.9999), (options[1].weight_decay!.Value, options[1].LearningRate!.Value, options[1].alpha!.Value, options[1].beta3!.Value));

        var (alone, beside) = (Make.Parameter(2, ScalarType.Float32, 4), Make.Train(optimizer, [a, b], 1)[1]);
        using var single = new AdEMAMix([alone], lr: 0.5, alpha: 1);
        alone.grad = Make.Tensor(1, ScalarType.Float32, 4);
        single.step();
        Assert.Equal(Make.Values(alone), beside);
    }

    [Fact]
    public void A_group_added_late_joins_the_clock()
    {
        List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float32, 4)];
        using var optimizer = new AdEMAMix(parameters, alpha_warmup: 100);
        Make.Train(optimizer, parameters, 7);
        optimizer.add_param_group(new AdEMAMix.ParamGroup([Make.Parameter(2, ScalarType.Float32, 4)]));
        optimizer.add_param_group(new AdEMAMix.ParamGroup([Make.Parameter(3, ScalarType.Float32, 4)], new AdEMAMix.Options { step = 0 }));
        Assert.Equal([7L, 7L, 0L], optimizer.state_dict().Options.Cast<AdEMAMix.Options>().Select(o => o.step!.Value));
    }

    [Fact]
    public void Writing_to_the_groups_learning_rate_as_schedulers_do_changes_the_next_step()
    {
        List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float64, 3)];
        using var optimizer = new AdEMAMix(parameters, lr: 1, weight_decay: 0.1);
        Make.Train(optimizer, parameters, 1);
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = 0;
        Assert.Equal(Make.Values(parameters[0]), Make.Train(optimizer, parameters, 1, from: 1)[0]);
        Assert.Equal(1, optimizer.ParamGroups.Single().InitialLearningRate);
    }

    [Fact]
    public void The_closure_sees_gradients_and_its_loss_is_returned()
    {
        var w = Make.Parameter(1, ScalarType.Float32, 3);
        using var optimizer = new AdEMAMix([w], lr: 0.01);
        var losses = Enumerable.Range(0, 3).Select(_ => optimizer.step(() =>
        {
            optimizer.zero_grad();
            var loss = (w * w).sum();
            loss.backward();
            return loss;
        }).item<float>()).ToList();
        Assert.True(losses[2] < losses[1] && losses[1] < losses[0]);
    }

    [Theory]
    [InlineData(StepMode.Automatic)]
    [InlineData(StepMode.Operators)]
    public void Tensors_that_are_not_contiguous_are_stepped_in_place(StepMode mode)
    {
        var (plain, transposed) = (Make.Parameter(1, ScalarType.Float32, 6, 4), new Parameter(Make.Tensor(1, ScalarType.Float32, 6, 4).t().contiguous().t()));
        Assert.False(transposed.is_contiguous());
        using var first = new AdEMAMix([plain], weight_decay: 0.1) { Mode = mode };
        using var second = new AdEMAMix([transposed], weight_decay: 0.1) { Mode = mode };
        for (var t = 0; t < 5; t++)
        {
            plain.grad = Make.Tensor(t, ScalarType.Float32, 6, 4);
            transposed.grad = t % 2 == 0 ? Make.Tensor(t, ScalarType.Float32, 6, 4) : Make.Tensor(t, ScalarType.Float32, 6, 4).t().contiguous().t();
            first.step();
            second.step();
        }
        Assert.Equal(Make.Values(plain), Make.Values(transposed));
    }

    [Fact]
    public void BFloat16_parameters_keep_float_states_that_do_not_freeze()
    {
        List<Parameter> parameters = [Make.Parameter(1, ScalarType.BFloat16, 300)];
        using var optimizer = new AdEMAMix(parameters, beta3: 0.9999);
        var g = Make.Tensor(7, ScalarType.BFloat16, 300);
        parameters[0].grad = g;
        for (var t = 0; t < 200; t++)
            optimizer.step();
        var slow = StateOf(optimizer, 0).exp_avg_slow;
        Assert.Equal(ScalarType.Float32, slow.dtype);
        Assert.Equal(ScalarType.BFloat16, parameters[0].dtype);
        var factor = 1 - Math.Pow(0.9999, 200);
        Assert.All(Make.Values(g).Zip(Make.Values(slow)), pair => Assert.Equal(pair.First * factor, pair.Second, Math.Abs(pair.First) * factor * 1e-4));
    }

    [Fact]
    public void BFloat16_parameters_take_the_step_of_floats_rounded_to_nearest()
    {
        List<Parameter> narrow = [Make.Parameter(1, ScalarType.BFloat16, 1000)];
        List<Parameter> wide = [new Parameter(narrow[0].detach().to_type(ScalarType.Float32))];
        using var first = new AdEMAMix(narrow, lr: 0.03, weight_decay: 0.1);
        using var second = new AdEMAMix(wide, lr: 0.03, weight_decay: 0.1);
        var g = Make.Tensor(7, ScalarType.BFloat16, 1000);
        (narrow[0].grad, wide[0].grad) = (g, g.to_type(ScalarType.Float32));
        first.step();
        second.step();
        Assert.Equal(Make.Values(wide[0].detach().to_type(ScalarType.BFloat16)), Make.Values(narrow[0]));
    }

    [Theory]
    [InlineData(StepMode.Automatic)]
    [InlineData(StepMode.Operators)]
    public void Clipping_inside_the_step_equals_clipping_before_it(StepMode mode)
    {
        List<Parameter> inside = [Make.Parameter(1, ScalarType.Float64, 300), Make.Parameter(2, ScalarType.Float64, 17)];
        List<Parameter> before = [Make.Parameter(1, ScalarType.Float64, 300), Make.Parameter(2, ScalarType.Float64, 17)];
        using var first = new AdEMAMix(inside, max_grad_norm: 0.5, weight_decay: 0.1) { Mode = mode };
        using var second = new AdEMAMix(before, weight_decay: 0.1) { Mode = mode };
        for (var t = 0; t < 3; t++)
        {
            for (var i = 0; i < 2; i++)
                (inside[i].grad, before[i].grad) = (Make.Tensor(t + i, ScalarType.Float64, inside[i].shape), Make.Tensor(t + i, ScalarType.Float64, inside[i].shape));
            var norm = nn.utils.clip_grad_norm_(before, 0.5);
            var untouched = Make.Values(inside[0].grad!);
            first.step();
            second.step();
            Assert.Equal(norm, first.LastGradientNorm!.Value, 1e-9);
            Assert.Equal(untouched, Make.Values(inside[0].grad!));
        }
        Assert.All(inside.Zip(before), pair => Assert.All(Make.Values(pair.First).Zip(Make.Values(pair.Second)), x => Assert.Equal(x.Second, x.First, 1e-12)));
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.0)]
    public void A_saved_state_resumes_bit_for_bit(double beta1)
    {
        List<Parameter> NewParameters() => [Make.Parameter(1, ScalarType.Float32, 6, 4), Make.Parameter(2, ScalarType.Float32, 9)];
        AdEMAMix NewOptimizer(List<Parameter> p) => new(p, beta1: beta1, alpha_warmup: 12, beta3_warmup: 12, weight_decay: 0.1);
        var straight = NewParameters();
        using var uninterrupted = NewOptimizer(straight);
        var expected = Make.Train(uninterrupted, straight, 10);

        var resumed = NewParameters();
        using var first = NewOptimizer(resumed);
        Make.Train(first, resumed, 6);
        using var stream = new MemoryStream();
        first.save_state_dict(new BinaryWriter(stream));
        stream.Position = 0;
        using var second = NewOptimizer(resumed);
        second.load_state_dict(new BinaryReader(stream));
        Assert.Equal(expected, Make.Train(second, resumed, 4, from: 6));
    }

    [Fact]
    public void A_state_dictionary_can_be_loaded_into_another_optimizer()
    {
        var (a, b) = (Make.Parameter(1, ScalarType.Float32, 6), Make.Parameter(1, ScalarType.Float32, 6));
        using var first = new AdEMAMix([a], weight_decay: 0.1);
        using var second = new AdEMAMix([b]);
        Make.Train(first, [a], 3);
        second.load_state_dict(first.state_dict());
        using (no_grad())
            b.copy_(a);
        Assert.Equal(Make.Train(first, [a], 2, from: 3), Make.Train(second, [b], 2, from: 3));
    }
}
