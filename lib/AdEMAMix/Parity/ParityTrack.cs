// What a replay is compared with: the golden numbers themselves, or a naive reference fed with the same gradients.
namespace AdEMAMix;

/// <summary>The state of all tensors after one step: per tensor, arrays by name ("param" and the moments' names).</summary>
sealed record TrackPoint(int Step, IReadOnlyList<IReadOnlyDictionary<string, double[]>> Tensors);

/// <summary>Reference trajectories for a case.</summary>
static class ParityTrack
{
    /// <summary>The name of the parameter itself.</summary>
    public const string Param = "param";

    /// <summary>The golden numbers, under the names of AdEMAMix's moments.</summary>
    public static IEnumerable<TrackPoint> Golden(ParityCase c) => Golden(c, "exp_avg_fast");

    /// <summary>The golden numbers of a run with alpha = 0, under the names of AdamW's moments.</summary>
    public static IEnumerable<TrackPoint> GoldenAdamW(ParityCase c) => Golden(c, "exp_avg", withSlow: false);

    /// <summary>AdEMAMixReference with alpha = 0, whatever the case's alpha, under the names of AdamW's moments.</summary>
    public static IEnumerable<TrackPoint> ReferenceWithAlphaZero(ParityCase c)
    {
        foreach (var point in Follow(c, (h, shape) => new AdEMAMixReference(h with { Alpha = 0 }, (int)shape.Aggregate(1L, (a, b) => a * b))))
            yield return new TrackPoint(point.Step, [.. point.Tensors.Select(Renamed)]);

        // With beta1 = 0 AdamW keeps its first moment all the same; it is the last gradient.
        static IReadOnlyDictionary<string, double[]> Renamed(IReadOnlyDictionary<string, double[]> tensor)
        {
            var renamed = new Dictionary<string, double[]> { [Param] = tensor[Param], ["exp_avg_sq"] = tensor["exp_avg_sq"] };
            if (tensor.TryGetValue("exp_avg_fast", out var fast))
                renamed["exp_avg"] = fast;
            return renamed;
        }
    }

    /// <summary>A naive reference, one per tensor, fed with the case's gradients.</summary>
    public static IEnumerable<TrackPoint> Follow(ParityCase c, Func<AdEMAMixHyperparameters, long[], IReferenceOptimizer> create)
    {
        var references = c.Shapes.Select(shape => create(c.Hyperparameters.ToAdEMAMix(), shape)).ToList();
        var theta = c.Initial.Select(x => (double[])x.Clone()).ToList();
        for (var t = 1; t <= c.Gradients.Count; t++)
        {
            for (var i = 0; i < theta.Count; i++)
                references[i].Step(theta[i], c.Gradients[t - 1][i]);
            if (c.Expected.Any(point => point.Step == t))
                yield return new TrackPoint(t, [.. references.Select((r, i) =>
                    r.Moments.Append(new(Param, theta[i])).ToDictionary(p => p.Key, p => (double[])p.Value.Clone()))]);
        }
    }

    static IEnumerable<TrackPoint> Golden(ParityCase c, string fastName, bool withSlow = true) =>
        c.Expected.OrderBy(point => point.Step).Select(point => new TrackPoint(point.Step, [.. point.Tensors.Select(x =>
        {
            var arrays = new Dictionary<string, double[]> { [Param] = x.Param, ["exp_avg_sq"] = x.Second };
            if (withSlow)
                arrays["exp_avg_slow"] = x.Slow;
            if (x.Fast is not null)
                arrays[fastName] = x.Fast;
            return arrays;
        })]));
}
