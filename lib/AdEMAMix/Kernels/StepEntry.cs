// One tensor's part in a step: raw arrays, coefficients, and the kernel that fits them.
namespace AdEMAMix;

/// <summary>One array of a step: address and storage.</summary>
unsafe struct ArrayView
{
    /// <summary>The first element.</summary>
    public void* Data;

    /// <summary>One scale per block of 256 elements, where the format has them.</summary>
    public float* Scales;

    /// <summary>How the elements are stored.</summary>
    public ElementFormat Format;

    /// <summary>Where stochastic rounding draws its bits.</summary>
    public uint RandomKey;
}

/// <summary>One row of the step's table.</summary>
unsafe struct StepEntry
{
    /// <summary>The parameter; read and written.</summary>
    public ArrayView Theta;

    /// <summary>The gradient; only read.</summary>
    public ArrayView Gradient;

    /// <summary>First moment buffer of the rule.</summary>
    public ArrayView A;

    /// <summary>Second moment buffer of the rule, if it has one.</summary>
    public ArrayView B;

    /// <summary>Third moment buffer of the rule, if it has one.</summary>
    public ArrayView C;

    /// <summary>Elements in each array.</summary>
    public long Length;

    /// <summary>This tensor's coefficients.</summary>
    public StepScalars Scalars;

    /// <summary>Updates elements [start, start + length).</summary>
    public delegate*<in StepEntry, long, int, void> Kernel;
}
