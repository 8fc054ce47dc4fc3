using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

/// For machines with a GPU; skipped elsewhere, with the reason.
public class OnDeviceTests
{
    static readonly ParityFile Golden = ParityFile.Read(Make.Fixture("ademamix.json"));

    static void RequireDevice()
    {
        Assert.SkipUnless(cuda.is_available(), "libtorch sees no GPU here");
        Assert.True(CudaSupport.IsAvailable, CudaSupport.Describe());
    }

    static double[] Values(Tensor tensor) => Make.Values(tensor.detach().cpu());

    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float32)]
    public void The_kernels_follow_the_golden_trajectories_on_the_device(ScalarType type)
    {
        RequireDevice();
        foreach (var implementation in ParityImplementation.All.Where(i => i.HasKernel))
            foreach (var c in Golden.Cases.Select(implementation.Takes).OfType<ParityCase>())
            {
                var limit = type == ScalarType.Float64 ? 1e-12 : c.Name == "gradient-vanishes-rare-token" ? 1e-5 : 2e-6;
                var error = Parity.Error(implementation, c, DeviceType.CUDA, type, StepMode.Automatic);
                Assert.True(error <= limit, $"{implementation.Type.Name} {type} {c.Name}: {error:E2} > {limit:E0}");
            }
        Assert.DoesNotContain("fell back", CudaSupport.Describe());
    }

    [Theory]
    [InlineData(ScalarType.Float32, StateFormat.Full)]
    [InlineData(ScalarType.Float64, StateFormat.Full)]
    [InlineData(ScalarType.BFloat16, StateFormat.Full)]
    [InlineData(ScalarType.BFloat16, StateFormat.BFloat16)]
    [InlineData(ScalarType.Float32, StateFormat.EightBit)]
    public void The_device_ends_with_the_bits_of_the_CPU(ScalarType type, StateFormat format)
    {
        RequireDevice();
        long[] lengths = [1, 7, 255, 4097, 100_003];
        double[][] Run(Device on)
        {
            var parameters = lengths.Select((length, i) => new Parameter(Make.Tensor(i, type, length).to(on))).ToList();
            using var optimizer = new AdEMAMix(parameters, lr: 0.02, alpha_warmup: 3, beta3_warmup: 4, weight_decay: 0.1, state_format: format);
            for (var t = 0; t < 5; t++)
            {
                for (var i = 0; i < lengths.Length; i++)
                    parameters[i].grad = Make.Tensor(100 * t + i, type, lengths[i]).to(on);
                optimizer.step();
            }
            return [.. parameters.Select(Values), .. optimizer.Slots[0].SelectMany(slot => slot.State.Moments.ToArray().Select(m => Values(m.Values)))];
        }
        Assert.Equal(Run(CPU), Run(CUDA));
        Assert.DoesNotContain("fell back", CudaSupport.Describe());
    }

    [Fact]
    public void Clipping_on_the_device_equals_clipping_on_the_CPU()
    {
        RequireDevice();
        (double Norm, double[] Values) Run(Device on)
        {
            var parameter = new Parameter(Make.Tensor(1, ScalarType.Float64, 50_001).to(on));
            using var optimizer = new AdEMAMix([parameter], weight_decay: 0.1, max_grad_norm: 0.5);
            for (var t = 0; t < 3; t++)
            {
                parameter.grad = Make.Tensor(t, ScalarType.Float64, 50_001).to(on);
                optimizer.step();
            }
            return (optimizer.LastGradientNorm!.Value, Values(parameter));
        }
        var (cpu, device) = (Run(CPU), Run(CUDA));
        Assert.Equal(cpu.Norm, device.Norm, 1e-12 * cpu.Norm);
        Assert.All(cpu.Values.Zip(device.Values), pair => Assert.Equal(pair.First, pair.Second, 1e-12 * Math.Max(1, Math.Abs(pair.First))));
    }
}
