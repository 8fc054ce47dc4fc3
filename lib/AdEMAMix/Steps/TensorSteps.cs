// The operations that the optimizers' operator-by-operator forms share.
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>Pieces of an update in tensor operators; in the same order of operations as the kernels.</summary>
static class TensorSteps
{
    /// <summary>m += (1 - beta) * (g - m), in place.</summary>
    public static void Average(Tensor m, Tensor g, double oneMinusBeta) => m.add_(g - m, alpha: oneMinusBeta);

    /// <summary>sqrt(v / (1 - beta2^n)) + eps.</summary>
    public static Tensor Denominator(Tensor second, in StepScalars s) => second.sqrt().mul_(s.InverseRootBias2).add_(s.Epsilon);

    /// <summary>theta -= lr * (direction + lambda * theta), in place; direction is overwritten.</summary>
    public static void Descend(Tensor theta, Tensor direction, in StepScalars s) =>
        theta.add_(direction.add_(theta, alpha: s.WeightDecay), alpha: -s.LearningRate);
}
