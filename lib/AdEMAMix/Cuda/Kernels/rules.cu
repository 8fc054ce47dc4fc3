// The element updates: the mirror of Kernels/*Rule*.cs, the same equations in the same order of operations.

__device__ __forceinline__ float root(float x) { return __fsqrt_rn(x); }
__device__ __forceinline__ double root(double x) { return __dsqrt_rn(x); }

/// Algorithm 1 of arXiv 2409.03137. An average beta*m + (1-beta)*g is written m + (1-beta)*(g - m); see AdEMAMixRule.cs.
template <typename T>
struct AdEMAMixRule
{
    const T oneMinusBeta1, oneMinusBeta2, oneMinusBeta2Silent, oneMinusBeta3, inverseBias1, inverseRootBias2, alpha, epsilon, learningRate, weightDecay;

    __device__ __forceinline__ explicit AdEMAMixRule(const StepScalars& s)
        : oneMinusBeta1(T(s.oneMinusBeta1)), oneMinusBeta2(T(s.oneMinusBeta2)), oneMinusBeta2Silent(T(s.oneMinusBeta2Silent)),
          oneMinusBeta3(T(s.oneMinusBeta3)), inverseBias1(T(s.inverseBias1)), inverseRootBias2(T(s.inverseRootBias2)), alpha(T(s.alpha)), epsilon(T(s.epsilon)),
          learningRate(T(s.learningRate)), weightDecay(T(s.weightDecay)) { }

    __device__ __forceinline__ void update(T& theta, T g, T& m1, T& m2, T& v) const
    {
        m1 += oneMinusBeta1 * (g - m1);         // fast EMA: reacts
        m2 += oneMinusBeta3 * (g - m2);         // slow EMA: remembers
        v += (g == 0 ? oneMinusBeta2Silent : oneMinusBeta2) * (g * g - v);     // second moment: scales
        const T direction = (m1 * inverseBias1 + alpha * m2) / (root(v) * inverseRootBias2 + epsilon);
        theta -= learningRate * (direction + weightDecay * theta);
    }
};

/// AdEMAMix with beta1 = 0: the fast EMA is the gradient itself.
template <typename T>
struct AdEMAMixWithoutFastRule
{
    const T oneMinusBeta2, oneMinusBeta2Silent, oneMinusBeta3, inverseRootBias2, alpha, epsilon, learningRate, weightDecay;

    __device__ __forceinline__ explicit AdEMAMixWithoutFastRule(const StepScalars& s)
        : oneMinusBeta2(T(s.oneMinusBeta2)), oneMinusBeta2Silent(T(s.oneMinusBeta2Silent)), oneMinusBeta3(T(s.oneMinusBeta3)),
          inverseRootBias2(T(s.inverseRootBias2)), alpha(T(s.alpha)), epsilon(T(s.epsilon)), learningRate(T(s.learningRate)), weightDecay(T(s.weightDecay)) { }

    __device__ __forceinline__ void update(T& theta, T g, T& m2, T& v, T&) const
    {
        m2 += oneMinusBeta3 * (g - m2);
        v += (g == 0 ? oneMinusBeta2Silent : oneMinusBeta2) * (g * g - v);
        const T direction = (g + alpha * m2) / (root(v) * inverseRootBias2 + epsilon);
        theta -= learningRate * (direction + weightDecay * theta);
    }
};

/// AdamW (arXiv 1711.05101).
template <typename T>
struct AdamWRule
{
    const T oneMinusBeta1, oneMinusBeta2, inverseBias1, inverseRootBias2, epsilon, learningRate, weightDecay;

    __device__ __forceinline__ explicit AdamWRule(const StepScalars& s)
        : oneMinusBeta1(T(s.oneMinusBeta1)), oneMinusBeta2(T(s.oneMinusBeta2)), inverseBias1(T(s.inverseBias1)),
          inverseRootBias2(T(s.inverseRootBias2)), epsilon(T(s.epsilon)), learningRate(T(s.learningRate)), weightDecay(T(s.weightDecay)) { }

    __device__ __forceinline__ void update(T& theta, T g, T& m, T& v, T&) const
    {
        m += oneMinusBeta1 * (g - m);
        v += oneMinusBeta2 * (g * g - v);
        const T direction = m * inverseBias1 / (root(v) * inverseRootBias2 + epsilon);
        theta -= learningRate * (direction + weightDecay * theta);
    }
};

/// Simplified-AdEMAMix (arXiv 2502.02431).
template <typename T>
struct SimplifiedAdEMAMixRule
{
    const T oneMinusBeta1, oneMinusBeta2, inverseRootBias2, alpha, epsilon, learningRate, weightDecay;

    __device__ __forceinline__ explicit SimplifiedAdEMAMixRule(const StepScalars& s)
        : oneMinusBeta1(T(s.oneMinusBeta1)), oneMinusBeta2(T(s.oneMinusBeta2)), inverseRootBias2(T(s.inverseRootBias2)),
          alpha(T(s.alpha)), epsilon(T(s.epsilon)), learningRate(T(s.learningRate)), weightDecay(T(s.weightDecay)) { }

    __device__ __forceinline__ void update(T& theta, T g, T& m, T& v, T&) const
    {
        m += g - oneMinusBeta1 * m;             // m <- beta1*m + g
        v += oneMinusBeta2 * (g * g - v);
        const T direction = (alpha * g + m) / (root(v) * inverseRootBias2 + epsilon);
        theta -= learningRate * (direction + weightDecay * theta);
    }
};

/// Lion (arXiv 2302.06675).
template <typename T>
struct LionRule
{
    const T oneMinusBeta1, oneMinusBeta2, learningRate, weightDecay;

    __device__ __forceinline__ explicit LionRule(const StepScalars& s)
        : oneMinusBeta1(T(s.oneMinusBeta1)), oneMinusBeta2(T(s.oneMinusBeta2)), learningRate(T(s.learningRate)), weightDecay(T(s.weightDecay)) { }

    __device__ __forceinline__ void update(T& theta, T g, T& m, T&, T&) const
    {
        const T x = m + oneMinusBeta1 * (g - m);
        const T direction = x > 0 ? T(1) : x < 0 ? T(-1) : x;
        m += oneMinusBeta2 * (g - m);
        theta -= learningRate * (direction + weightDecay * theta);
    }
};

/// SGD with momentum as PyTorch defines it; alpha = 0 is the plain kind, 1 is Nesterov's.
template <typename T>
struct SgdRule
{
    const T oneMinusMomentum, fresh, ofMomentum, learningRate, weightDecay;

    __device__ __forceinline__ explicit SgdRule(const StepScalars& s)
        : oneMinusMomentum(T(s.oneMinusBeta1)), fresh(T(s.alpha)), ofMomentum(T(s.alpha == 0 ? 1 : s.beta1)),
          learningRate(T(s.learningRate)), weightDecay(T(s.weightDecay)) { }

    __device__ __forceinline__ void update(T& theta, T g, T& m, T&, T&) const
    {
        const T decayed = g + weightDecay * theta;
        m += decayed - oneMinusMomentum * m;    // m <- momentum*m + decayed
        theta -= learningRate * (fresh * decayed + ofMomentum * m);
    }
};
