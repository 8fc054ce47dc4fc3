// What a step did, for those who want to watch: sizes of the moments, their agreement, how far the parameters moved.
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>Figures of one step, over all tensors that it updated.</summary>
/// <param name="MomentRms">Root mean square of each moment after the step, by the moment's name.</param>
/// <param name="Cosine">
/// Cosine of the angle between the first two averages of the gradient (AdEMAMix: fast and slow), or null where there are not two.
/// </param>
/// <param name="UpdateRms">Root mean square of the parameters' change.</param>
/// <param name="GradientNorm">Global norm of the gradients before clipping.</param>
/// <param name="ClipFactor">What the gradients were multiplied with; 1 when nothing was clipped.</param>
public sealed record StepStatistics(IReadOnlyDictionary<string, double> MomentRms, double? Cosine, double UpdateRms, double GradientNorm, double ClipFactor)
{
    /// <summary>Measures a step that has just been taken.</summary>
    /// <param name="tensors">The tensors that it updated.</param>
    /// <param name="before">What they were before, in the same order.</param>
    /// <param name="norm">The gradients' norm.</param>
    /// <param name="factor">The factor of clipping.</param>
    internal static StepStatistics Measure(IEnumerable<ParameterSlot> tensors, IReadOnlyList<Tensor> before, double norm, double factor)
    {
        var (squares, counts) = (new Dictionary<string, double>(), new Dictionary<string, long>());
        var (product, first, second, moved, elements, pairs) = (0.0, 0.0, 0.0, 0.0, 0L, 0);
        foreach (var (slot, old) in tensors.Zip(before))
        {
            using var scope = NewDisposeScope();
            elements += slot.Length;
            moved += SumOfSquares(slot.Parameter.detach().to_type(ScalarType.Float64) - old.to_type(ScalarType.Float64));
            var averages = new List<Tensor>();
            foreach (var moment in slot.State.Moments)
            {
                var numbers = moment.ToNumbers().to_type(ScalarType.Float64);
                squares[moment.Spec.Name] = squares.GetValueOrDefault(moment.Spec.Name) + SumOfSquares(numbers);
                counts[moment.Spec.Name] = counts.GetValueOrDefault(moment.Spec.Name) + slot.Length;
                if (moment.Spec.Signed)
                    averages.Add(numbers);
            }
            if (averages.Count < 2)
                continue;
            pairs++;
            product += (averages[0] * averages[1]).sum().cpu().item<double>();
            (first, second) = (first + SumOfSquares(averages[0]), second + SumOfSquares(averages[1]));
        }
        return new StepStatistics(
            squares.ToDictionary(p => p.Key, p => Math.Sqrt(p.Value / Math.Max(1, counts[p.Key]))),
            pairs == 0 ? null : first * second == 0 ? 0 : product / Math.Sqrt(first * second),
            Math.Sqrt(moved / Math.Max(1, elements)), norm, factor);

        static double SumOfSquares(Tensor x) => (x * x).sum().cpu().item<double>();
    }
}
