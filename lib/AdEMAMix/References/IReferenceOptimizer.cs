// What the naive references have in common, so that tests can follow any of them.
namespace AdEMAMix;

/// <summary>An optimizer of one array in doubles, written for clarity.</summary>
public interface IReferenceOptimizer
{
    /// <summary>The moments by the names that the optimizer's saved state uses.</summary>
    IReadOnlyDictionary<string, double[]> Moments { get; }

    /// <summary>One step: moves <paramref name="theta"/> in place by the gradient <paramref name="g"/>.</summary>
    void Step(Span<double> theta, ReadOnlySpan<double> g);
}
