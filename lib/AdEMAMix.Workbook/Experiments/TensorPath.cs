using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Follows a real optimizer over a function of a few variables, in double precision, with exact gradients.</summary>
static class TensorPath
{
    /// <summary>Every point from the start on, the start included: one more than there are steps.</summary>
    public static IReadOnlyList<double[]> Run(double[] start, Func<double[], double[]> gradient, Func<Parameter, OptimizerHelper> make, int steps)
    {
        using var scope = NewDisposeScope();
        using var theta = new Parameter(tensor(start, float64));
        using var g = zeros(start.Length, float64);
        theta.grad = g;
        using var optimizer = make(theta);
        var path = new List<double[]>(steps + 1) { start };
        for (var t = 1; t <= steps; t++)
        {
            gradient(path[^1]).CopyTo(MemoryMarshal.Cast<byte, double>(g.bytes));
            optimizer.step();
            path.Add(MemoryMarshal.Cast<byte, double>(theta.bytes).ToArray());
        }
        return path;
    }
}
