// The tables that kernels read, byte for byte as ademamix.cu declares them. The tests compare sizes and offsets.
using System.Runtime.InteropServices;

namespace AdEMAMix;

/// <summary>One array of a tensor on the device.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct DeviceArray
{
    /// <summary>The first element.</summary>
    public void* Data;

    /// <summary>The scales of a block-wise format, or null.</summary>
    public void* Scales;

    /// <summary>Where stochastic rounding draws its bits.</summary>
    public uint RandomKey;

    /// <summary>How the elements are stored: an <see cref="ElementFormat"/>.</summary>
    public uint Format;
}

/// <summary>One tensor of a step on the device.</summary>
[StructLayout(LayoutKind.Sequential)]
struct TensorRow
{
    /// <summary>The parameter.</summary>
    public DeviceArray Theta;

    /// <summary>The gradient.</summary>
    public DeviceArray Gradient;

    /// <summary>The rule's first moment.</summary>
    public DeviceArray A;

    /// <summary>The second, if it has one.</summary>
    public DeviceArray B;

    /// <summary>The third, if it has one.</summary>
    public DeviceArray C;

    /// <summary>This tensor's coefficients.</summary>
    public StepScalars Scalars;

    /// <summary>Elements in each array.</summary>
    public long Length;

    /// <summary>Which of the compiled kinds it is.</summary>
    public int Kind;

    /// <summary>Always 0, so that equal rows are equal bytes.</summary>
    public int Reserved;
}

/// <summary>Elements [Start, Start + Length) of a row: one thread block's work.</summary>
[StructLayout(LayoutKind.Sequential)]
struct DeviceChunk
{
    /// <summary>First element.</summary>
    public long Start;

    /// <summary>Row.</summary>
    public int Row;

    /// <summary>Number of elements.</summary>
    public int Length;
}
