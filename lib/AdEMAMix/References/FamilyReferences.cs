// The relatives of AdEMAMix in their papers' symbols: one array, doubles, nothing clever.
namespace AdEMAMix;

/// <summary>AdamW (arXiv 1711.05101) with decoupled decay.</summary>
public sealed class AdamWReference(double eta, double beta1, double beta2, double eps, double lambda, int length) : IReferenceOptimizer
{
    readonly double[] m = new double[length], v = new double[length];
    long t;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double[]> Moments => new Dictionary<string, double[]> { ["exp_avg"] = m, ["exp_avg_sq"] = v };

    /// <inheritdoc/>
    public void Step(Span<double> theta, ReadOnlySpan<double> g)
    {
        t++;
        for (var i = 0; i < theta.Length; i++)
        {
            m[i] = beta1 * m[i] + (1 - beta1) * g[i];
            v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
            var mHat = m[i] / (1 - Math.Pow(beta1, t));
            var vHat = v[i] / (1 - Math.Pow(beta2, t));
            theta[i] -= eta * (mHat / (Math.Sqrt(vHat) + eps) + lambda * theta[i]);
        }
    }
}

/// <summary>Simplified-AdEMAMix (arXiv 2502.02431), without a schedule for beta1.</summary>
public sealed class SimplifiedAdEMAMixReference(double eta, double beta1, double beta2, double alpha, double eps, double lambda, int length) : IReferenceOptimizer
{
    readonly double[] m = new double[length], v = new double[length];
    long t;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double[]> Moments => new Dictionary<string, double[]> { ["momentum"] = m, ["exp_avg_sq"] = v };

    /// <inheritdoc/>
    public void Step(Span<double> theta, ReadOnlySpan<double> g)
    {
        t++;
        for (var i = 0; i < theta.Length; i++)
        {
            m[i] = beta1 * m[i] + g[i];
            v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
            var vHat = v[i] / (1 - Math.Pow(beta2, t));
            theta[i] -= eta * ((alpha * g[i] + m[i]) / (Math.Sqrt(vHat) + eps) + lambda * theta[i]);
        }
    }
}

/// <summary>AdEMAMix with a third average m3 that decays by beta4(t) and weighs alpha4(t).</summary>
public sealed class Ad3EMAMixReference(AdEMAMixHyperparameters h, double beta4, double alpha4, int length) : IReferenceOptimizer
{
    readonly double[] m1 = new double[length], m2 = new double[length], m3 = new double[length], v = new double[length];
    long t;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double[]> Moments => new Dictionary<string, double[]> { ["exp_avg_fast"] = m1, ["exp_avg_slow"] = m2, ["exp_avg_third"] = m3, ["exp_avg_sq"] = v };

    /// <inheritdoc/>
    public void Step(Span<double> theta, ReadOnlySpan<double> g)
    {
        t++;
        var (a2, a3) = (new AlphaSchedule(h.Alpha, h.AlphaWarmup).At(t), new AlphaSchedule(alpha4, h.AlphaWarmup).At(t));
        var (b3, b4) = (new Beta3Schedule(h.Beta1, h.Beta3, h.Beta3Warmup).At(t), new Beta3Schedule(h.Beta1, beta4, h.Beta3Warmup).At(t));
        for (var i = 0; i < theta.Length; i++)
        {
            m1[i] = h.Beta1 * m1[i] + (1 - h.Beta1) * g[i];
            m2[i] = b3 * m2[i] + (1 - b3) * g[i];
            m3[i] = b4 * m3[i] + (1 - b4) * g[i];
            v[i] = h.Beta2 * v[i] + (1 - h.Beta2) * g[i] * g[i];
            var direction = (m1[i] / (1 - Math.Pow(h.Beta1, t)) + a2 * m2[i] + a3 * m3[i]) / (Math.Sqrt(v[i] / (1 - Math.Pow(h.Beta2, t))) + h.Epsilon);
            theta[i] -= h.LearningRate * (direction + h.WeightDecay * theta[i]);
        }
    }
}

/// <summary>Lion (arXiv 2302.06675, program 1).</summary>
public sealed class LionReference(double eta, double beta1, double beta2, double lambda, int length) : IReferenceOptimizer
{
    readonly double[] m = new double[length];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double[]> Moments => new Dictionary<string, double[]> { ["exp_avg"] = m };

    /// <inheritdoc/>
    public void Step(Span<double> theta, ReadOnlySpan<double> g)
    {
        for (var i = 0; i < theta.Length; i++)
        {
            var c = beta1 * m[i] + (1 - beta1) * g[i];
            theta[i] -= eta * (Math.Sign(c) + lambda * theta[i]);
            m[i] = beta2 * m[i] + (1 - beta2) * g[i];
        }
    }
}

/// <summary>SGD with momentum, and decay as part of the gradient, as PyTorch documents it (dampening 0).</summary>
public sealed class SgdReference(double eta, double momentum, bool nesterov, double lambda, int length) : IReferenceOptimizer
{
    readonly double[] b = new double[length];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double[]> Moments => new Dictionary<string, double[]> { ["momentum_buffer"] = b };

    /// <inheritdoc/>
    public void Step(Span<double> theta, ReadOnlySpan<double> g)
    {
        for (var i = 0; i < theta.Length; i++)
        {
            var d = g[i] + lambda * theta[i];
            b[i] = momentum * b[i] + d;
            theta[i] -= eta * (nesterov ? d + momentum * b[i] : b[i]);
        }
    }
}

/// <summary>Muon (K. Jordan, 2024) for one matrix: momentum, then five steps of the quintic Newton-Schulz iteration.</summary>
public sealed class MuonReference(double eta, double momentum, bool nesterov, double lambda, int rows, int columns) : IReferenceOptimizer
{
    readonly double[] b = new double[rows * columns];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, double[]> Moments => new Dictionary<string, double[]> { ["momentum_buffer"] = b };

    /// <inheritdoc/>
    public void Step(Span<double> theta, ReadOnlySpan<double> g)
    {
        var u = new double[b.Length];
        for (var i = 0; i < b.Length; i++)
        {
            b[i] = momentum * b[i] + (1 - momentum) * g[i];
            u[i] = nesterov ? momentum * b[i] + (1 - momentum) * g[i] : b[i];
        }
        u = Orthogonalize(u, rows, columns);
        var scale = Math.Sqrt(Math.Max(1, (double)rows / columns));
        for (var i = 0; i < b.Length; i++)
            theta[i] -= eta * (scale * u[i] + lambda * theta[i]);
    }

    // X <- X / |X|, then X <- a X + (b X X' + c (X X')^2) X, on the orientation with fewer rows than columns.
    static double[] Orthogonalize(double[] x, int n, int m)
    {
        if (n > m)
            return Transpose(Orthogonalize(Transpose(x, n, m), m, n), m, n);
        var norm = Math.Sqrt(x.Sum(y => y * y)) + 1e-7;
        x = [.. x.Select(y => y / norm)];
        for (var k = 0; k < 5; k++)
        {
            var a = Multiply(x, Transpose(x, n, m), n, m, n);
            var aa = Multiply(a, a, n, n, n);
            var correction = Multiply([.. a.Zip(aa, (p, q) => -4.7750 * p + 2.0315 * q)], x, n, n, m);
            x = [.. x.Zip(correction, (p, q) => 3.4445 * p + q)];
        }
        return x;
    }

    static double[] Transpose(double[] x, int n, int m) => [.. from j in Enumerable.Range(0, m) from i in Enumerable.Range(0, n) select x[i * m + j]];

    static double[] Multiply(double[] x, double[] y, int n, int k, int m) =>
        [.. from i in Enumerable.Range(0, n) from j in Enumerable.Range(0, m) select Enumerable.Range(0, k).Sum(l => x[i * k + l] * y[l * m + j])];
}
