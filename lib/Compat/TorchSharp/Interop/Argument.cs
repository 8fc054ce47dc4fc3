// One argument of an operator, before it is laid out for the native side.

namespace TorchSharp.Native;

/// <summary>Holds the managed object too, so that a tensor stays alive until the call that uses it has returned.</summary>
internal readonly struct Argument
{
    internal readonly object? Reference;
    internal readonly long Bits;
    internal readonly ValueKind Kind;

    Argument(ValueKind kind, long bits = 0, object? reference = null)
    {
        Kind = kind;
        Bits = bits;
        Reference = reference;
    }

    /// <summary>The schema's default.</summary>
    internal static Argument Default => new(ValueKind.Default);

    internal static Argument None => new(ValueKind.None);

    public static implicit operator Argument(torch.Tensor? tensor) => tensor is null ? None : new(ValueKind.Tensor, tensor.Handle, tensor);
    public static implicit operator Argument(long value) => new(ValueKind.Int, value);
    public static implicit operator Argument(int value) => new(ValueKind.Int, value);
    public static implicit operator Argument(double value) => new(ValueKind.Double, BitConverter.DoubleToInt64Bits(value));
    public static implicit operator Argument(bool value) => new(ValueKind.Bool, value ? 1 : 0);
    public static implicit operator Argument(long[]? values) => values is null ? None : new(ValueKind.IntList, values.Length, values);
    public static implicit operator Argument(torch.Tensor[] tensors) => new(ValueKind.TensorList, tensors.Length, tensors);
    public static implicit operator Argument(torch.Generator? generator) => generator is null ? None : new(ValueKind.Generator, generator.Handle, generator);
    public static implicit operator Argument(string? text) => text is null ? None : new(ValueKind.Text, 0, text);
    public static implicit operator Argument(torch.ScalarType? dtype) => dtype is { } d ? new(ValueKind.Int, (int)d) : None;
    public static implicit operator Argument(torch.ScalarType dtype) => new(ValueKind.Int, (int)dtype);
    public static implicit operator Argument(torch.Device? device) => device is null ? None : new(ValueKind.Device, 0, device);
    public static implicit operator Argument(Scalar? scalar) => scalar is null ? None : scalar.ToArgument();
}
