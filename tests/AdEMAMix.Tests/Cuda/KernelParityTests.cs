using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

/// The kernels' text, compiled as plain C++, does what the CPU's kernels do, bit for bit.
[Collection(nameof(StandIn))]
public class KernelParityTests(StandIn standIn)
{
    static readonly ParityFile Golden = ParityFile.Read(Make.Fixture("ademamix.json"));

    static readonly int[] Lengths = [1, 2, 3, 7, 8, 9, 255, 4095, 4096, 4097, 10_007];

    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float32)]
    public void The_kernels_follow_the_golden_trajectories(ScalarType type)
    {
        foreach (var implementation in ParityImplementation.All.Where(i => i.HasKernel))
        {
            var onDevice = implementation with { Create = (p, h) => OnStandIn(implementation.Create(p, h)) };
            foreach (var c in Golden.Cases.Select(implementation.Takes).OfType<ParityCase>())
            {
                var limit = type == ScalarType.Float64 ? 1e-12 : c.Name == "gradient-vanishes-rare-token" ? 1e-5 : 2e-6;
                var before = standIn.Counts.Launches;
                var error = Parity.Error(onDevice, c, DeviceType.CPU, type, StepMode.Automatic);
                Assert.True(error <= limit, $"{implementation.Type.Name} {type} {c.Name}: {error:E2} > {limit:E0}");
                Assert.True(standIn.Counts.Launches - before >= c.Expected.Max(point => point.Step), "the steps did not go through the kernels");
            }
        }
    }

    public static TheoryData<string, ScalarType, StateFormat> Combinations()
    {
        var data = new TheoryData<string, ScalarType, StateFormat>();
        foreach (var optimizer in Optimizers.Keys)
            foreach (var (type, format) in (ReadOnlySpan<(ScalarType, StateFormat)>)[
                (ScalarType.Float32, StateFormat.Full), (ScalarType.Float64, StateFormat.Full), (ScalarType.BFloat16, StateFormat.Full),
                (ScalarType.Float32, StateFormat.BFloat16), (ScalarType.BFloat16, StateFormat.BFloat16),
                (ScalarType.Float32, StateFormat.EightBit), (ScalarType.BFloat16, StateFormat.EightBit)])
                data.Add(optimizer, type, format);
        return data;
    }

    static readonly Dictionary<string, Func<List<Parameter>, StateFormat, ElementwiseOptimizer>> Optimizers = new()
    {
        ["AdEMAMix"] = (p, format) => new AdEMAMix(p, lr: 0.02, alpha_warmup: 3, beta3_warmup: 4, weight_decay: 0.1, state_format: format, seed: 7),
        ["AdEMAMix without fast average"] = (p, format) => new AdEMAMix(p, lr: 0.02, beta1: 0, weight_decay: 0.1, state_format: format, seed: 8),
        ["SimplifiedAdEMAMix"] = (p, format) => new SimplifiedAdEMAMix(p, lr: 0.002, alpha: 2, weight_decay: 0.1, state_format: format, seed: 10),
        ["Lion"] = (p, format) => new Lion(p, lr: 0.002, weight_decay: 0.1, state_format: format, seed: 11),
        ["Sgd"] = (p, format) => new Sgd(p, lr: 0.02, weight_decay: 0.1, state_format: format, seed: 12),
        ["Sgd with Nesterov's momentum"] = (p, format) => new Sgd(p, lr: 0.02, nesterov: true, weight_decay: 0.1, state_format: format, seed: 13),
        ["AdEMAMix with the guard"] = (p, format) => new AdEMAMix(p, lr: 0.02, beta2: 0.9, weight_decay: 0.1, state_format: format, seed: 14, rare_gradient_guard: true),
        ["AdamW"] = (p, format) => new AdamW(p, lr: 0.02, weight_decay: 0.1, state_format: format, seed: 9),
    };

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Parameters_and_moments_equal_those_of_the_CPU_bit_for_bit(string name, ScalarType type, StateFormat format)
    {
        foreach (var offset in (int[])[0, 1])
        {
            var (onCpu, onDevice) = (Parameters(type, offset), Parameters(type, offset));
            using var cpu = Optimizers[name](onCpu, format);
            using var device = OnStandIn(Optimizers[name](onDevice, format));
            for (var t = 0; t < 5; t++)
            {
                SetGradients(onCpu, type, offset, t);
                SetGradients(onDevice, type, offset, t);
                cpu.step();
                var before = standIn.Counts.Launches;
                device.step();
                Assert.Equal(1, standIn.Counts.Launches - before);
            }
            for (var i = 0; i < Lengths.Length; i++)
            {
                Assert.Equal(Make.Values(onCpu[i]), Make.Values(onDevice[i]));
                var (expected, actual) = (cpu.Slots[0][i].State.Moments.ToArray(), device.Slots[0][i].State.Moments.ToArray());
                for (var k = 0; k < expected.Length; k++)
                {
                    Assert.Equal(Make.Values(expected[k].Values), Make.Values(actual[k].Values));
                    if (expected[k].Scales is { } scales)
                        Assert.Equal(Make.Values(scales), Make.Values(actual[k].Scales!));
                }
            }
        }
    }

    [Fact]
    public void NaN_and_infinity_are_let_through_as_on_the_CPU()
    {
        double[][] Run(bool onDevice)
        {
            List<Parameter> parameters = [.. new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16 }.Select((type, i) => Make.Parameter(i, type, 70))];
            using var optimizer = new AdEMAMix(parameters, weight_decay: 0.1, state_format: StateFormat.Full);
            if (onDevice)
                OnStandIn(optimizer);
            foreach (var parameter in parameters)
            {
                var values = Make.Numbers(3, 70);
                (values[3], values[64], values[69]) = (double.NaN, double.PositiveInfinity, double.NegativeInfinity);
                parameter.grad = tensor(values, ScalarType.Float64).to_type(parameter.dtype);
            }
            optimizer.step();
            optimizer.step();
            return [.. parameters.Select(Make.Values)];
        }
        Assert.Equal(Run(onDevice: false), Run(onDevice: true));
    }

    // Views that begin `offset` elements into their storage, so that 16-byte loads do not fit where offset is odd.
    static List<Parameter> Parameters(ScalarType type, int offset) =>
        [.. Lengths.Select((length, i) => new Parameter(Make.Tensor(i, type, length + offset).narrow(0, offset, length)))];

    static void SetGradients(List<Parameter> parameters, ScalarType type, int offset, int t)
    {
        for (var i = 0; i < parameters.Count; i++)
        {
            // Some are exactly zero, which the guard against rare gradients looks for.
            var numbers = Make.Numbers(100 * t + i, parameters[i].NumberOfElements + offset).Select((x, k) => k % 7 == t ? 0 : x).ToArray();
            parameters[i].grad = tensor(numbers, ScalarType.Float64).to_type(type).narrow(0, offset, parameters[i].NumberOfElements);
        }
    }

    ElementwiseOptimizer OnStandIn(ElementwiseOptimizer optimizer)
    {
        optimizer.Devices = standIn.Steps();
        return optimizer;
    }
}
