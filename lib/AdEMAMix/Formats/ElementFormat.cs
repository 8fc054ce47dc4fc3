// How the elements of one array lie in memory.
namespace AdEMAMix;

/// <summary>The storage of one array of a step.</summary>
enum ElementFormat : byte
{
    /// <summary>No array.</summary>
    None,

    /// <summary>float.</summary>
    Float32,

    /// <summary>double.</summary>
    Float64,

    /// <summary>bfloat16, rounded to nearest.</summary>
    BFloat16,

    /// <summary>bfloat16, rounded stochastically.</summary>
    BFloat16Stochastic,

    /// <summary>Eight bits with the code for averages of the gradient.</summary>
    Signed8,

    /// <summary>Eight bits with the code for the second moment.</summary>
    Unsigned8,
}
