// What a moment costs in memory.
namespace AdEMAMix;

/// <summary>How an optimizer stores its moments.</summary>
public enum StateFormat
{
    /// <summary>float, or double for double parameters: 4 (8) bytes per moment.</summary>
    Full,

    /// <summary>
    /// bfloat16 with stochastic rounding: 2 bytes per moment. Plain rounding would freeze the slow EMA, whose relative
    /// change per step (1 - beta3) is far below half a unit of bfloat16's 8 bits.
    /// </summary>
    BFloat16,

    /// <summary>
    /// Eight bits in blocks of 256 with one scale each, rounded stochastically: 1.016 bytes per moment. Float and bfloat16
    /// parameters, on the CPU and on GPUs where kernels run.
    /// </summary>
    EightBit,
}

/// <summary>What a step does when a gradient holds NaN or infinity.</summary>
public enum NonFiniteGradients
{
    /// <summary>Lets them through, as PyTorch does; costs nothing.</summary>
    LetThrough,

    /// <summary>Throws a <see cref="GradientException"/> that names the parameter; nothing is changed.</summary>
    Throw,

    /// <summary>Skips the whole step; nothing is changed, and schedules do not advance.</summary>
    SkipStep,
}

/// <summary>How a step is computed.</summary>
public enum StepMode
{
    /// <summary>One pass over memory where the tensors' device and type allow it, tensor operators elsewhere.</summary>
    Automatic,

    /// <summary>One tensor operator after the other: slower, but independent of every kernel in this library.</summary>
    Operators,
}
