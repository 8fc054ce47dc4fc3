// Replays recorded trajectories on every public optimizer, in every arithmetic and mode, and reports the largest error of each.
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>The parity table: the evidence that every implementation computes the paper's algorithm.</summary>
public static class Parity
{
    /// <summary>Replays a file of golden trajectories.</summary>
    /// <exception cref="ParityFileException">The file cannot be read.</exception>
    public static IReadOnlyList<ParityRow> ReplayFile(string path) => Replay(ParityFile.Read(path));

    /// <summary>Replays the text of a file of golden trajectories.</summary>
    /// <exception cref="ParityFileException">The text cannot be read.</exception>
    public static IReadOnlyList<ParityRow> Replay(string json) => Replay(ParityFile.Parse(json));

    /// <summary>Replays golden trajectories.</summary>
    public static IReadOnlyList<ParityRow> Replay(ParityFile file)
    {
        if (ParityImplementation.Missing.ToList() is { Count: > 0 } missing)
            throw new InvalidOperationException($"the parity table lacks {string.Join(", ", missing.Select(type => type.Name))}: add it to ParityImplementation.All");

        var rows = new List<ParityRow> { ReferenceRow(file) };
        foreach (var implementation in ParityImplementation.All)
            foreach (var device in cuda.is_available() ? (DeviceType[])[DeviceType.CPU, DeviceType.CUDA] : [DeviceType.CPU])
                foreach (var type in (ScalarType[])[ScalarType.Float64, ScalarType.Float32])
                    foreach (var mode in Enum.GetValues<StepMode>())
                        if ((implementation.HasKernel || mode == StepMode.Operators) && file.Cases.Select(implementation.Takes).OfType<ParityCase>().ToList() is { Count: > 0 } cases)
                            rows.Add(Row(implementation, device, type, mode, cases));
        return rows;
    }

    static ParityRow ReferenceRow(ParityFile file)
    {
        var error = file.Cases.Max(c => ParityTrack.Follow(c, (h, shape) => new AdEMAMixReference(h, (int)shape.Aggregate(1L, (a, b) => a * b)))
            .Zip(ParityTrack.Golden(c)).Max(pair => pair.First.Tensors.Zip(pair.Second.Tensors)
                .Max(tensors => tensors.Second.Max(array => RelativeError(tensors.First[array.Key], array.Value)))));
        return new ParityRow(nameof(AdEMAMixReference), "cpu", "float64", "reference", file.Cases.Count, error);
    }

    static ParityRow Row(ParityImplementation implementation, DeviceType device, ScalarType type, StepMode mode, List<ParityCase> cases)
    {
        var name = mode == StepMode.Automatic ? "kernel" : "operators";
        if (implementation.ComparedWith is { } reference)
            name += $", against {reference}";
        var error = cases.Max(c => Error(implementation, c, device, type, mode));
        return new ParityRow(implementation.Type.Name, device == DeviceType.CPU ? "cpu" : "cuda", type == ScalarType.Float64 ? "float64" : "float32", name, cases.Count, error)
        {
            Limit = type == ScalarType.Float64 ? 1e-12 : implementation.Float32Limit,
        };
    }

    /// <summary>The largest relative error of one implementation in one case.</summary>
    internal static double Error(ParityImplementation implementation, ParityCase c, DeviceType device, ScalarType type, StepMode mode)
    {
        using var scope = NewDisposeScope();
        var on = new Device(device);
        var parameters = c.Initial.Select((x, i) => new Parameter(ToTensor(x, c.Shapes[i], type, on))).ToList();
        using var optimizer = implementation.Create(parameters, c.Hyperparameters.ToAdEMAMix());
        optimizer.Mode = mode;

        var (step, error) = (0, 0.0);
        foreach (var point in implementation.Reference(c))
        {
            for (; step < point.Step; step++)
            {
                for (var i = 0; i < parameters.Count; i++)
                    parameters[i].grad = ToTensor(c.Gradients[step][i], c.Shapes[i], type, on);
                optimizer.step();
            }
            for (var i = 0; i < parameters.Count; i++)
                foreach (var (name, expected) in point.Tensors[i])
                    error = Math.Max(error, RelativeError(ToArray(Find(name, parameters[i], optimizer.Slots[0][i].State)), expected));
        }
        return error;
    }

    static Tensor Find(string name, Parameter parameter, MomentState state)
    {
        if (name == ParityTrack.Param)
            return parameter;
        foreach (var moment in state.Moments)
            if (moment.Spec.Name == name)
                return moment.Values;
        throw new InvalidOperationException($"{state.GetType().FullName} has no moment '{name}', which its reference has");
    }

    static Tensor ToTensor(double[] values, long[] shape, ScalarType type, Device device) =>
        tensor(values, ScalarType.Float64).reshape(shape).to(type, device);

    static double[] ToArray(Tensor values)
    {
        // Named, so that no finalizer frees the memory while it is being copied.
        using var host = values.detach().cpu().to_type(ScalarType.Float64).contiguous();
        return [.. host.data<double>()];
    }

    static double RelativeError(ReadOnlySpan<double> actual, ReadOnlySpan<double> expected)
    {
        var (difference, scale) = (0.0, 0.0);
        for (var i = 0; i < expected.Length; i++)
        {
            // Math.Max keeps NaN, so a NaN anywhere shows.
            difference = Math.Max(difference, Math.Abs(actual[i] - expected[i]));
            scale = Math.Max(scale, Math.Abs(expected[i]));
        }
        return difference == 0 ? 0 : difference / scale;
    }
}
