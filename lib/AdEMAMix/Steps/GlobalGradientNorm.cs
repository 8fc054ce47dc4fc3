// The norm that clipping needs where one optimizer does not hold all parameters.
using TorchSharp;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>The Euclidean norm of several gradients together, with the very bits that an optimizer of all of them would clip by.</summary>
/// <remarks>Where the states of one model are divided among processes, every process steps on its part and all must clip alike.</remarks>
public static class GlobalGradientNorm
{
    /// <summary>Computes it.</summary>
    /// <param name="gradients">In the order of the optimizer's groups; dense, of any floating-point type and shape.</param>
    /// <param name="threads">Threads; null for as many as libtorch uses. The result does not depend on it.</param>
    public static double Of(IReadOnlyList<Tensor> gradients, int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        using var scope = NewDisposeScope();
        var table = new StepTable();
        var onCpu = new bool[gradients.Count];
        for (var i = 0; i < gradients.Count; i++)
        {
            onCpu[i] = gradients[i].device_type == DeviceType.CPU && gradients[i].dtype != ScalarType.Float16;
            if (onCpu[i]) Add(table, gradients[i]);
        }
        var sums = new double[table.ChunkCount];
        ChunkCrew.Run(Measure, table.ChunkCount, table.Elements, threads ?? get_num_threads());
        var (chunk, row, sum) = (0, 0, 0.0);
        for (var i = 0; i < gradients.Count; i++)
        {
            var own = 0.0;
            if (!onCpu[i]) own = gradients[i].to_type(ScalarType.Float64).square().sum().cpu().item<double>();
            else
                for (var mine = row++; chunk < table.ChunkCount && table.ChunkAt(chunk).Row == mine; chunk++) own += sums[chunk];
            sum += own;
        }
        return Math.Sqrt(sum);

        void Measure(int index)
        {
            ref readonly var part = ref table.ChunkAt(index);
            sums[index] = GradientNorm.SumOfSquares(table[part.Row].Gradient, part.Start, part.Length);
        }
    }

    static unsafe void Add(StepTable table, Tensor gradient)
    {
        // The scope of the caller keeps a contiguous copy alive until the sums are there.
        var dense = gradient.is_contiguous() ? gradient : gradient.contiguous();
        table.Add(dense.numel()).Gradient = new ArrayView
        {
            Data = TensorPointer.Of(dense),
            Format = gradient.dtype switch
            {
                ScalarType.Float64 => ElementFormat.Float64,
                ScalarType.BFloat16 => ElementFormat.BFloat16,
                _ => ElementFormat.Float32,
            },
        };
    }
}
