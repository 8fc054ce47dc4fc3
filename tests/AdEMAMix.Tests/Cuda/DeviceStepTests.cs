using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

/// A step on a device as a whole: launches, tables, waiting, clipping, refusals; under the stand-in for the driver.
[Collection(nameof(StandIn))]
public class DeviceStepTests(StandIn standIn)
{
    // Mixed storage, two rules, many tensors: what a real model has.
    static List<AdEMAMix.ParamGroup> Groups(List<Parameter> parameters) =>
    [
        new(parameters.Take(30)),
        new(parameters.Skip(30).Take(20), new AdEMAMix.Options { beta1 = 0, weight_decay = 0 }),
        new(parameters.Skip(50), new AdEMAMix.Options { LearningRate = 0.05 }),
    ];

    static List<Parameter> Mixed() => [.. Enumerable.Range(0, 60).Select(i =>
        Make.Parameter(i, i % 3 == 0 ? ScalarType.BFloat16 : i % 7 == 0 ? ScalarType.Float64 : ScalarType.Float32, i % 5 == 0 ? [33, 150] : [17 + i]))];

    static void SetGradients(List<Parameter> parameters, int t)
    {
        for (var i = 0; i < parameters.Count; i++)
            parameters[i].grad = Make.Tensor(100 * t + i, parameters[i].dtype, parameters[i].shape);
    }

    [Fact]
    public void A_clipped_step_of_a_mixed_model_is_three_launches_and_waits_for_nothing()
    {
        var (onCpu, onDevice) = (Mixed(), Mixed());
        using var cpu = new AdEMAMix(Groups(onCpu), lr: 0.01, weight_decay: 0.1, max_grad_norm: 0.5);
        using var device = new AdEMAMix(Groups(onDevice), lr: 0.01, weight_decay: 0.1, max_grad_norm: 0.5) { Devices = standIn.Steps(eager: false) };
        for (var t = 0; t < 4; t++)
        {
            SetGradients(onCpu, t);
            SetGradients(onDevice, t);
            cpu.step();
            var before = standIn.Counts;
            device.step();
            var after = standIn.Counts;
            Assert.Equal(3, after.Launches - before.Launches);
            if (t > 0)
                Assert.Equal(before.Waits, after.Waits);
            Assert.Equal(0, after.Depth);
            Assert.Equal(cpu.LastGradientNorm!.Value, device.LastGradientNorm!.Value, 1e-13 * cpu.LastGradientNorm.Value);
            Assert.True(standIn.Counts.Waits > after.Waits, "the norm was read without waiting");
            standIn.Drain();
        }
        for (var i = 0; i < onCpu.Count; i++)
        {
            var tolerance = onCpu[i].dtype switch { ScalarType.Float64 => 1e-12, ScalarType.Float32 => 1e-6, _ => 1e-2 };
            Assert.All(Make.Values(onCpu[i]).Zip(Make.Values(onDevice[i])), pair => Assert.Equal(pair.First, pair.Second, tolerance * Math.Max(1, Math.Abs(pair.First))));
        }
    }

    [Fact]
    public void Without_clipping_a_step_is_one_launch_and_reads_the_gradients_once()
    {
        var parameters = Mixed();
        using var device = new AdEMAMix(Groups(parameters)) { Devices = standIn.Steps() };
        for (var t = 0; t < 3; t++)
        {
            SetGradients(parameters, t);
            var before = standIn.Counts;
            device.step();
            Assert.Equal((1, 0), (standIn.Counts.Launches - before.Launches, standIn.Counts.Waits - before.Waits));
            Assert.Null(device.LastGradientNorm);
        }
    }

    [Fact]
    public void The_program_may_run_ahead_of_the_device_and_no_table_is_overwritten_too_early()
    {
        var (onCpu, onDevice) = (Mixed(), Mixed());
        SetGradients(onCpu, 1);
        SetGradients(onDevice, 1);
        using var cpu = new AdEMAMix(Groups(onCpu), lr: 0.01, alpha_warmup: 20, weight_decay: 0.1);
        using var device = new AdEMAMix(Groups(onDevice), lr: 0.01, alpha_warmup: 20, weight_decay: 0.1) { Devices = standIn.Steps(eager: false) };
        device.step();
        standIn.Drain();
        var before = standIn.Counts;
        for (var t = 0; t < 3; t++)
            device.step();
        Assert.Equal(before.Waits, standIn.Counts.Waits);
        for (var t = 4; t < 20; t++)
            device.step();
        standIn.Drain();
        for (var t = 0; t < 20; t++)
            cpu.step();
        Assert.Equal(onCpu.Select(Make.Values), onDevice.Select(Make.Values));
    }

    [Fact]
    public void Tables_are_sent_only_when_they_change()
    {
        List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float32, 50), Make.Parameter(2, ScalarType.Float32, 9000)];
        using var device = new AdEMAMix(parameters, beta1: 0) { Devices = standIn.Steps() };
        SetGradients(parameters, 1);
        long Copies()
        {
            var before = standIn.Counts.Copies;
            device.step();
            return standIn.Counts.Copies - before;
        }
        Assert.Equal(2, Copies());      // rows and chunks
        Assert.Equal(1, Copies());      // the bias correction has changed
        foreach (var slot in device.Slots[0])
            slot.State.step = 1_000_000;
        Copies();
        foreach (var slot in device.Slots[0])
            slot.State.step = 1_000_000;
        Assert.Equal(0, Copies());      // nothing has
        parameters[0].grad = Make.Tensor(5, ScalarType.Float32, 50);
        Assert.Equal(1, Copies());      // a gradient lies elsewhere
        parameters[0].grad = null;
        Assert.Equal(2, Copies());      // a row less
    }

    [Fact]
    public void Tensors_that_are_not_contiguous_are_stepped_in_place()
    {
        var (plain, transposed) = (Make.Parameter(1, ScalarType.Float32, 6, 4), new Parameter(Make.Tensor(1, ScalarType.Float32, 6, 4).t().contiguous().t()));
        using var cpu = new AdEMAMix([plain], weight_decay: 0.1);
        using var device = new AdEMAMix([transposed], weight_decay: 0.1) { Devices = standIn.Steps() };
        for (var t = 0; t < 3; t++)
        {
            plain.grad = Make.Tensor(t, ScalarType.Float32, 6, 4);
            transposed.grad = Make.Tensor(t, ScalarType.Float32, 6, 4).t().contiguous().t();
            cpu.step();
            device.step();
        }
        Assert.Equal(Make.Values(plain), Make.Values(transposed));
    }

    [Theory]
    [InlineData(NonFiniteGradients.Throw)]
    [InlineData(NonFiniteGradients.SkipStep)]
    public void A_gradient_that_is_not_finite_is_refused_as_configured(NonFiniteGradients policy)
    {
        List<(string, Parameter)> named = [("first", Make.Parameter(1, ScalarType.Float32, 70)), ("second", Make.Parameter(2, ScalarType.BFloat16, 5000))];
        var parameters = named.ConvertAll(p => p.Item2);
        using var device = new AdEMAMix(named, weight_decay: 0.1) { NonFiniteGradients = policy, Devices = standIn.Steps(eager: false), MaxGradNorm = 1 };
        SetGradients(parameters, 1);
        device.step();
        standIn.Drain();
        var before = parameters.ConvertAll(Make.Values);
        parameters[1].grad![4321] = tensor(float.NaN, ScalarType.BFloat16);
        if (policy == NonFiniteGradients.Throw)
            Assert.StartsWith("the gradient of parameter 'second' holds NaN or infinity", Assert.Throws<GradientException>(() => device.step()).Message);
        else
            device.step();
        standIn.Drain();
        Assert.Equal(policy == NonFiniteGradients.SkipStep ? 1 : 0, device.SkippedSteps);
        Assert.Equal(before, parameters.ConvertAll(Make.Values));
        Assert.Equal(1, device.Slots[0][0].State.step);
        SetGradients(parameters, 2);
        device.step();
        standIn.Drain();
        Assert.NotEqual(before[0], Make.Values(parameters[0]));
    }

    [Fact]
    public void Statistics_of_a_step_know_the_clipping_factor()
    {
        List<Parameter> onCpu = [Make.Parameter(1, ScalarType.Float32, 50)], onDevice = [Make.Parameter(1, ScalarType.Float32, 50)];
        using var cpu = new AdEMAMix(onCpu, max_grad_norm: 0.1) { CollectStatistics = true };
        using var device = new AdEMAMix(onDevice, max_grad_norm: 0.1) { CollectStatistics = true, Devices = standIn.Steps() };
        SetGradients(onCpu, 1);
        SetGradients(onDevice, 1);
        cpu.step();
        device.step();
        Assert.True(cpu.LastStatistics!.ClipFactor < 1);
        Assert.Equal(cpu.LastStatistics.ClipFactor, device.LastStatistics!.ClipFactor, 1e-14);
        Assert.Equal(cpu.LastStatistics.UpdateRms, device.LastStatistics.UpdateRms, 1e-9);
    }

    [Fact]
    public void A_kernel_that_does_not_compile_falls_back_with_one_notice()
    {
        standIn.Require();
        var runtime = standIn.NewRuntime();
        List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float32, 40)], expected = [Make.Parameter(1, ScalarType.Float32, 40)];
        using var cpu = new AdEMAMix(expected, weight_decay: 0.1);
        using var optimizer = new AdEMAMix(parameters, weight_decay: 0.1) { Devices = new DeviceSteps(() => runtime, DeviceType.CPU) };
        standIn.Configure("sh -c 'echo \"ademamix.cu(7): error: a word is missing\" >&2; exit 1' sh");
        try
        {
            Assert.Equal(Make.Train(cpu, expected, 3), Make.Train(optimizer, parameters, 3));
        }
        finally
        {
            standIn.Configure("g++");
        }
        Assert.EndsWith("; a step fell back to tensor operators: NVRTC 12.8 refuses ademamix.cu (NVRTC_ERROR_COMPILATION): ademamix.cu(7): error: a word is missing", CudaSupport.Describe(runtime));
    }
}
