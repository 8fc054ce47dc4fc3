// A number handed to an operator: integer, real or truth value, kept apart because libtorch's type promotion asks.

using TorchSharp.Native;

namespace TorchSharp;

public sealed class Scalar : IDisposable
{
    readonly Argument _value;

    Scalar(Argument value, torch.ScalarType type)
    {
        _value = value;
        Type = type;
    }

    public torch.ScalarType Type { get; }

    internal Argument ToArgument() => _value;

    public static implicit operator Scalar(int value) => new(value, torch.ScalarType.Int64);
    public static implicit operator Scalar(long value) => new(value, torch.ScalarType.Int64);
    public static implicit operator Scalar(float value) => new((double)value, torch.ScalarType.Float64);
    public static implicit operator Scalar(double value) => new(value, torch.ScalarType.Float64);
    public static implicit operator Scalar(bool value) => new(value, torch.ScalarType.Bool);

    /// <summary>Nothing native is held here; the method exists because TorchSharp's Scalar has it.</summary>
    public void Dispose()
    {
    }
}
