// The optimizers' step as one pass over device memory: the mirror of Kernels/*.cs and Formats/*.cs in CUDA C++.
//
// Compiled at run time by NVRTC, so it includes nothing. The program puts a line before this text that lists the kinds of
// rows in use (ADEMAMIX_KINDS), so that a step is compiled for what it meets and for nothing else.
//
// The arithmetic is the CPU's, operation for operation: every sum, product, quotient and root is rounded once (compiled with
// --fmad=false, quotients and roots correctly rounded), so an element ends with the same bits as on the CPU. Only the norm of
// the gradients, for clipping, adds up in another order; its last bits may differ, and with them the clipping factor.
//
// Between two __syncthreads() the work of the threads of a block stands in EACH_THREAD { }, and nothing but __shared__
// memory outlives such a block. On a device that is an ordinary block; compiled as plain C++ it is a loop over the threads,
// and so the tests run this very text on machines without a device.

#ifndef EACH_THREAD
#define EACH_THREAD
#endif

// --- What the program uploads; the same layout as in DeviceLayout.cs ------------------------------------------------

/// One array of a tensor.
struct DeviceArray
{
    void* data;
    void* scales;               // block-wise formats: one scale per 256 elements
    unsigned int randomKey;     // stochastic rounding: what its bits are drawn from
    unsigned int format;        // ElementFormat of the program
};

/// The coefficients of a step, in double; see StepScalars.cs.
struct StepScalars
{
    double learningRate, weightDecay, epsilon, alpha, beta1, oneMinusBeta1, oneMinusBeta2, oneMinusBeta3;
    double inverseBias1, inverseRootBias2, gradientScale, oneMinusBeta2Silent;
};

/// One tensor: parameter, gradient and up to three moments.
struct TensorRow
{
    DeviceArray theta, gradient, a, b, c;
    StepScalars scalars;
    long long length;
    int kind;                   // which entry of ADEMAMIX_KINDS
    int reserved;
};

/// Elements [start, start + length) of a row: the work of one thread block.
struct DeviceChunk
{
    long long start;
    int row;
    int length;
};

constexpr int BLOCK = 256;              // threads of sum_squares and update
constexpr int REDUCE_BLOCK = 1024;      // threads of clip_factor
constexpr int CHUNK = 4096;             // elements of a chunk: a multiple of BLOCK times the widest vector, and of a block of 256

// --- Storage: how elements lie in memory ----------------------------------------------------------------------------

constexpr unsigned int FORMAT_FLOAT32 = 1, FORMAT_FLOAT64 = 2, FORMAT_BFLOAT16 = 3;

/// "lowbias32", as in RandomBits.cs: the same bits for the same key and position.
__device__ __forceinline__ unsigned int mix(unsigned int x)
{
    x ^= x >> 16;
    x *= 0x21F0AAADu;
    x ^= x >> 15;
    x *= 0x735A2D97u;
    return x ^ (x >> 15);
}

__device__ __forceinline__ unsigned int randomBits(unsigned int key, unsigned int position) { return mix(position * 0x9E3779B9u ^ key); }

struct None
{
    typedef unsigned char Element;
    static constexpr bool exists = false, blockwise = false;
};

struct Float32
{
    typedef float Element;
    static constexpr bool exists = true, blockwise = false;
    __device__ static __forceinline__ float decode(float x) { return x; }
    __device__ static __forceinline__ float encode(float x, unsigned int, unsigned int) { return x; }
};

struct Float64
{
    typedef double Element;
    static constexpr bool exists = true, blockwise = false;
    __device__ static __forceinline__ double decode(double x) { return x; }
    __device__ static __forceinline__ double encode(double x, unsigned int, unsigned int) { return x; }
};

/// The upper half of a float, rounded to nearest, ties to even; a NaN stays a NaN.
struct BFloat16
{
    typedef unsigned short Element;
    static constexpr bool exists = true, blockwise = false;
    __device__ static __forceinline__ float decode(unsigned short x) { return __uint_as_float((unsigned int)x << 16); }
    __device__ static __forceinline__ unsigned short encode(float x, unsigned int, unsigned int)
    {
        const unsigned int bits = __float_as_uint(x);
        if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
            return (unsigned short)(bits >> 16 | 0x40u);
        return (unsigned short)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
    }
};

/// The upper half of a float, rounded up with a probability equal to the fraction that is cut off.
struct BFloat16Stochastic
{
    typedef unsigned short Element;
    static constexpr bool exists = true, blockwise = false;
    __device__ static __forceinline__ float decode(unsigned short x) { return BFloat16::decode(x); }
    __device__ static __forceinline__ unsigned short encode(float x, unsigned int key, unsigned int position)
    {
        const unsigned int bits = __float_as_uint(x);
        if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
            return (unsigned short)(bits >> 16 | 0x40u);
        const bool finite = (bits & 0x7FFFFFFFu) < 0x7F800000u;
        return (unsigned short)((finite ? bits + (randomBits(key, position) & 0xFFFFu) : bits) >> 16);
    }
};

// Eight bits per element, blocks of 256 with one scale each: EightBit.cs, where the codes are explained.

constexpr float SIGNED_TOP = 127.0f * 127.0f, UNSIGNED_TOP = 255.0f * 255.0f * 255.0f * 255.0f;
constexpr int SCALED = 256;             // elements that share a scale

/// 24 of the random bits, as a number in [0, 1).
__device__ __forceinline__ float uniform(unsigned int key, unsigned int position)
{
    return (float)(int)(randomBits(key, position) >> 8) * (1.0f / (1 << 24));
}

struct Signed8
{
    typedef signed char Element;
    static constexpr bool exists = true, blockwise = true;
    __device__ static __forceinline__ float unit(float scale) { return scale / SIGNED_TOP; }
    __device__ static __forceinline__ float decode(signed char code, float unit)
    {
        const float x = (float)code;
        return x * (x < 0 ? -x : x) * unit;
    }
    __device__ static __forceinline__ signed char encode(float x, float inverse, float threshold)
    {
        const float scaled = (x < 0 ? -x : x) * inverse * SIGNED_TOP;
        if (!(scaled >= 0))
            return 0;           // the block's scale is not a number, and so will be whatever is decoded
        const float y = scaled < SIGNED_TOP ? scaled : SIGNED_TOP;
        const float k = (float)(int)__fsqrt_rn(y);
        const int code = (int)k + (y - k * k > threshold * (k + k + 1.0f) ? 1 : 0);
        return (signed char)(x < 0 ? -code : code);
    }
};

struct Unsigned8
{
    typedef unsigned char Element;
    static constexpr bool exists = true, blockwise = true;
    __device__ static __forceinline__ float unit(float scale) { return scale / UNSIGNED_TOP; }
    __device__ static __forceinline__ float decode(unsigned char code, float unit)
    {
        const float x = (float)code;
        return x * x * (x * x * unit);
    }
    __device__ static __forceinline__ unsigned char encode(float x, float inverse, float threshold)
    {
        const float scaled = x * inverse * UNSIGNED_TOP;
        if (!(scaled > 0))
            return 0;
        const float y = scaled < UNSIGNED_TOP ? scaled : UNSIGNED_TOP;
        const float k = (float)(int)__fsqrt_rn(__fsqrt_rn(y));
        const float square = k * k;
        const float gap = (k + k + 1.0f) * (square + square + k + k + 1.0f);
        const int code = (int)k + (y - square * square > threshold * gap ? 1 : 0);
        return (unsigned char)(code < 1 ? 1 : code > 255 ? 255 : code);
    }
};

// --- Loads and stores of N neighbours: one instruction of 16 bytes where the addresses allow it ---------------------

template <typename S, int N>
struct alignas(sizeof(typename S::Element) * N < 16 ? sizeof(typename S::Element) * N : 16) Pack
{
    typename S::Element e[N];
};

template <typename S, int N>
__device__ __forceinline__ bool aligned(const DeviceArray& array)
{
    return !S::exists || (unsigned long long)array.data % alignof(Pack<S, N>) == 0;
}

template <typename S, int N, bool Aligned, typename T>
__device__ __forceinline__ void load(const DeviceArray& array, long long index, T (&values)[N])
{
    if constexpr (S::exists)
    {
        const typename S::Element* source = (const typename S::Element*)array.data + index;
        Pack<S, N> pack;
        if constexpr (Aligned)
            pack = *(const Pack<S, N>*)source;
        else
#pragma unroll
            for (int k = 0; k < N; k++)
                pack.e[k] = source[k];
#pragma unroll
        for (int k = 0; k < N; k++)
            values[k] = S::decode(pack.e[k]);
    }
    else
#pragma unroll
        for (int k = 0; k < N; k++)
            values[k] = T(0);
}

template <typename S, int N, bool Aligned, typename T>
__device__ __forceinline__ void store(const DeviceArray& array, long long index, const T (&values)[N])
{
    if constexpr (S::exists)
    {
        typename S::Element* target = (typename S::Element*)array.data + index;
        Pack<S, N> pack;
#pragma unroll
        for (int k = 0; k < N; k++)
            pack.e[k] = S::encode(values[k], array.randomKey, (unsigned int)(index + k));
        if constexpr (Aligned)
            *(Pack<S, N>*)target = pack;
        else
#pragma unroll
            for (int k = 0; k < N; k++)
                target[k] = pack.e[k];
    }
}

// --- The element updates: Kernels/*Rule.cs --------------------------------------------------------------------------

__device__ __forceinline__ float root(float x) { return __fsqrt_rn(x); }
__device__ __forceinline__ double root(double x) { return __dsqrt_rn(x); }

/// Algorithm 1 of arXiv 2409.03137. An average beta*m + (1-beta)*g is written m + (1-beta)*(g - m); see AdEMAMixRule.cs.
template <typename T>
struct AdEMAMixRule
{
    const T oneMinusBeta1, oneMinusBeta2, oneMinusBeta2Silent, oneMinusBeta3, inverseBias1, inverseRootBias2, alpha, epsilon, learningRate, weightDecay;

    __device__ __forceinline__ explicit AdEMAMixRule(const StepScalars& s)
        : oneMinusBeta1(T(s.oneMinusBeta1)), oneMinusBeta2(T(s.oneMinusBeta2)), oneMinusBeta2Silent(T(s.oneMinusBeta2Silent)), oneMinusBeta3(T(s.oneMinusBeta3)),
          inverseBias1(T(s.inverseBias1)), inverseRootBias2(T(s.inverseRootBias2)), alpha(T(s.alpha)), epsilon(T(s.epsilon)),
          learningRate(T(s.learningRate)), weightDecay(T(s.weightDecay)) { }

    __device__ __forceinline__ void update(T& theta, T g, T& m1, T& m2, T& v) const
    {
        m1 += oneMinusBeta1 * (g - m1);         // fast EMA: reacts
        m2 += oneMinusBeta3 * (g - m2);         // slow EMA: remembers
        v += (g == T(0) ? oneMinusBeta2Silent : oneMinusBeta2) * (g * g - v);   // second moment: scales
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
        : oneMinusBeta2(T(s.oneMinusBeta2)), oneMinusBeta2Silent(T(s.oneMinusBeta2Silent)), oneMinusBeta3(T(s.oneMinusBeta3)), inverseRootBias2(T(s.inverseRootBias2)),
          alpha(T(s.alpha)), epsilon(T(s.epsilon)), learningRate(T(s.learningRate)), weightDecay(T(s.weightDecay)) { }

    __device__ __forceinline__ void update(T& theta, T g, T& m2, T& v, T&) const
    {
        m2 += oneMinusBeta3 * (g - m2);
        v += (g == T(0) ? oneMinusBeta2Silent : oneMinusBeta2) * (g * g - v);
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
        m += g - oneMinusBeta1 * m;
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
        const T c = m + oneMinusBeta1 * (g - m);
        const T direction = c > T(0) ? T(1) : c < T(0) ? T(-1) : c;
        m += oneMinusBeta2 * (g - m);
        theta -= learningRate * (direction + weightDecay * theta);
    }
};

/// SGD with momentum as PyTorch defines it.
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
        m += decayed - oneMinusMomentum * m;
        theta -= learningRate * (fresh * decayed + ofMomentum * m);
    }
};

// --- One pass over a chunk ------------------------------------------------------------------------------------------

/// Neighbours that a thread takes at once: 16 bytes of the narrowest array, and never more than 8 elements.
template <typename First, typename... Rest>
constexpr int width()
{
    int narrowest = First::exists ? (int)sizeof(typename First::Element) : 16;
    if constexpr (sizeof...(Rest) > 0)
    {
        const int other = 16 / width<Rest...>();
        narrowest = other < narrowest ? other : narrowest;
    }
    return 16 / narrowest > 8 ? 8 : 16 / narrowest;
}

template <typename Rule, typename T, typename Theta, typename A, typename B, typename C, int N, bool Aligned>
__device__ __forceinline__ void updateElements(const TensorRow& row, const Rule& rule, T scale, long long i)
{
    T theta[N], g[N], a[N], b[N], c[N];
    load<Theta, N, Aligned>(row.theta, i, theta);
    load<Theta, N, Aligned>(row.gradient, i, g);
    load<A, N, Aligned>(row.a, i, a);
    load<B, N, Aligned>(row.b, i, b);
    load<C, N, Aligned>(row.c, i, c);
#pragma unroll
    for (int k = 0; k < N; k++)
        rule.update(theta[k], g[k] * scale, a[k], b[k], c[k]);
    store<Theta, N, Aligned>(row.theta, i, theta);
    store<A, N, Aligned>(row.a, i, a);
    store<B, N, Aligned>(row.b, i, b);
    store<C, N, Aligned>(row.c, i, c);
}

template <typename Rule, typename T, typename Theta, typename A, typename B, typename C, bool Aligned>
__device__ __forceinline__ void sweep(const TensorRow& row, const DeviceChunk& chunk, T scale)
{
    constexpr int N = width<Theta, A, B, C>();
    const Rule rule(row.scalars);
    const int whole = chunk.length / N * N;
    for (int i = threadIdx.x * N; i < whole; i += BLOCK * N)
        updateElements<Rule, T, Theta, A, B, C, N, Aligned>(row, rule, scale, chunk.start + i);
    for (int i = whole + threadIdx.x; i < chunk.length; i += BLOCK)
        updateElements<Rule, T, Theta, A, B, C, 1, Aligned>(row, rule, scale, chunk.start + i);
}

template <typename Rule, typename T, typename Theta, typename A, typename B, typename C>
__device__ __forceinline__ void updatePlainChunk(const TensorRow& row, const DeviceChunk& chunk, T scale)
{
    constexpr int N = width<Theta, A, B, C>();
    const bool fits = aligned<Theta, N>(row.theta) && aligned<Theta, N>(row.gradient)
        && aligned<A, N>(row.a) && aligned<B, N>(row.b) && aligned<C, N>(row.c);
    EACH_THREAD
    {
        if (fits)
            sweep<Rule, T, Theta, A, B, C, true>(row, chunk, scale);
        else
            sweep<Rule, T, Theta, A, B, C, false>(row, chunk, scale);
    }
}

// --- One pass over a chunk whose moments have scales ----------------------------------------------------------------
//
// Thirty-two threads take a block of 256, eight elements each; a thread block takes eight of those at a time. A block's scale
// is known only when all its elements are: new moments wait in shared memory, and are encoded after the threads have met.

constexpr int TEAM = 32, EACH = SCALED / TEAM, ROUND = BLOCK * EACH;

struct Staged
{
    float values[3][EACH][BLOCK];
    unsigned int largest[3][BLOCK];     // of each thread: the largest magnitude, as bits
};

template <typename S, int N, bool Aligned, typename T>
__device__ __forceinline__ void loadMoment(const DeviceArray& array, long long index, T (&values)[N])
{
    if constexpr (S::blockwise)
    {
        const typename S::Element* source = (const typename S::Element*)array.data + index;
        const float unit = S::unit(((const float*)array.scales)[index / SCALED]);
        Pack<S, N> pack;
        if constexpr (Aligned)
            pack = *(const Pack<S, N>*)source;
        else
#pragma unroll
            for (int k = 0; k < N; k++)
                pack.e[k] = source[k];
#pragma unroll
        for (int k = 0; k < N; k++)
            values[k] = S::decode(pack.e[k], unit);
    }
    else
        load<S, N, Aligned>(array, index, values);
}

template <typename S, int N, bool Aligned, typename T>
__device__ __forceinline__ void storeMoment(const DeviceArray& array, long long index, const T (&values)[N], Staged& staged, int moment, int slot)
{
    if constexpr (S::blockwise)
    {
#pragma unroll
        for (int k = 0; k < N; k++)
        {
            const unsigned int magnitude = __float_as_uint(values[k]) & 0x7FFFFFFFu;
            staged.values[moment][slot + k][threadIdx.x] = values[k];
            if (magnitude > staged.largest[moment][threadIdx.x])
                staged.largest[moment][threadIdx.x] = magnitude;
        }
    }
    else
        store<S, N, Aligned>(array, index, values);
}

/// Encodes this thread's elements of a block of 256 that begins `block` elements into the chunk.
template <typename S>
__device__ __forceinline__ void encodeMoment(const DeviceArray& array, const DeviceChunk& chunk, int block, const Staged& staged, int moment)
{
    if constexpr (S::blockwise)
    {
        const unsigned int lane = threadIdx.x % TEAM, first = threadIdx.x - lane;
        unsigned int largest = 0;
        for (int t = 0; t < TEAM; t++)
            if (staged.largest[moment][first + t] > largest)
                largest = staged.largest[moment][first + t];

        // Rounded up to two bits of mantissa; not a number if anything is not finite.
        const unsigned int up = (largest + 0x1FFFFFu) & ~0x1FFFFFu;
        const unsigned int bits = largest >= 0x7F800000u ? 0x7FC00000u : up < 0x7F7FFFFFu ? up : 0x7F7FFFFFu;
        const float scale = __uint_as_float(bits);
        const float inverse = bits >= 0x00800000u && bits < 0x7F800000u ? 1.0f / scale : 0.0f;
        if (lane == 0)
            ((float*)array.scales)[(chunk.start + block) / SCALED] = scale;
        for (int slot = 0; slot < EACH; slot++)
        {
            const int i = block + slot / 4 * (SCALED / 2) + lane * 4 + slot % 4;
            if (i < chunk.length)
                ((typename S::Element*)array.data)[chunk.start + i] =
                    S::encode(staged.values[moment][slot][threadIdx.x], inverse, uniform(array.randomKey, (unsigned int)(chunk.start + i)));
        }
    }
}

template <typename Rule, typename T, typename Theta, typename A, typename B, typename C, int N, bool Aligned>
__device__ __forceinline__ void updateStaged(const TensorRow& row, const Rule& rule, T scale, long long i, Staged& staged, int slot)
{
    T theta[N], g[N], a[N], b[N], c[N];
    load<Theta, N, Aligned>(row.theta, i, theta);
    load<Theta, N, Aligned>(row.gradient, i, g);
    loadMoment<A, N, Aligned>(row.a, i, a);
    loadMoment<B, N, Aligned>(row.b, i, b);
    loadMoment<C, N, Aligned>(row.c, i, c);
#pragma unroll
    for (int k = 0; k < N; k++)
        rule.update(theta[k], g[k] * scale, a[k], b[k], c[k]);
    store<Theta, N, Aligned>(row.theta, i, theta);
    storeMoment<A, N, Aligned>(row.a, i, a, staged, 0, slot);
    storeMoment<B, N, Aligned>(row.b, i, b, staged, 1, slot);
    storeMoment<C, N, Aligned>(row.c, i, c, staged, 2, slot);
}

template <typename Rule, typename T, typename Theta, typename A, typename B, typename C>
__device__ __forceinline__ void updateScaledChunk(const TensorRow& row, const DeviceChunk& chunk, T scale, Staged& staged)
{
    const bool fits = aligned<Theta, 4>(row.theta) && aligned<Theta, 4>(row.gradient)
        && aligned<A, 4>(row.a) && aligned<B, 4>(row.b) && aligned<C, 4>(row.c);
    for (int round = 0; round < chunk.length; round += ROUND)
    {
        EACH_THREAD
        {
            const Rule rule(row.scalars);
            for (int moment = 0; moment < 3; moment++)
                staged.largest[moment][threadIdx.x] = 0;
            for (int slot = 0; slot < EACH; slot += 4)
            {
                const int i = round + threadIdx.x / TEAM * SCALED + slot / 4 * (SCALED / 2) + threadIdx.x % TEAM * 4;
                if (fits && i + 4 <= chunk.length)
                    updateStaged<Rule, T, Theta, A, B, C, 4, true>(row, rule, scale, chunk.start + i, staged, slot);
                else
                    for (int k = 0; k < 4 && i + k < chunk.length; k++)
                        updateStaged<Rule, T, Theta, A, B, C, 1, false>(row, rule, scale, chunk.start + i + k, staged, slot + k);
            }
        }
        __syncthreads();
        EACH_THREAD
        {
            const int block = round + threadIdx.x / TEAM * SCALED;
            if (block < chunk.length)
            {
                encodeMoment<A>(row.a, chunk, block, staged, 0);
                encodeMoment<B>(row.b, chunk, block, staged, 1);
                encodeMoment<C>(row.c, chunk, block, staged, 2);
            }
        }
        __syncthreads();
    }
}

// --- Sums of squares, in double, in an order that depends on nothing but the lengths --------------------------------

template <typename S, typename T, bool Aligned>
__device__ __forceinline__ double squares(const DeviceArray& gradient, const DeviceChunk& chunk)
{
    constexpr int N = 16 / sizeof(typename S::Element);
    const int whole = chunk.length / N * N;
    double sum = 0;
    for (int i = threadIdx.x * N; i < whole; i += BLOCK * N)
    {
        T g[N];
        load<S, N, Aligned>(gradient, chunk.start + i, g);
#pragma unroll
        for (int k = 0; k < N; k++)
            sum += (double)g[k] * (double)g[k];
    }
    for (int i = whole + threadIdx.x; i < chunk.length; i += BLOCK)
    {
        T g[1];
        load<S, 1, Aligned>(gradient, chunk.start + i, g);
        sum += (double)g[0] * (double)g[0];
    }
    return sum;
}

template <typename S, typename T>
__device__ __forceinline__ double squaresOf(const DeviceArray& gradient, const DeviceChunk& chunk)
{
    return aligned<S, 16 / sizeof(typename S::Element)>(gradient)
        ? squares<S, T, true>(gradient, chunk) : squares<S, T, false>(gradient, chunk);
}

/// Adds neighbours at half the distance until one sum is left in partial[0].
template <int THREADS>
__device__ __forceinline__ void reduce(double* partial)
{
    for (unsigned int stride = THREADS / 2; stride > 0; stride /= 2)
    {
        __syncthreads();
        EACH_THREAD
        {
            if (threadIdx.x < stride)
                partial[threadIdx.x] += partial[threadIdx.x + stride];
        }
    }
    __syncthreads();
}

// --- The three launches of a step -----------------------------------------------------------------------------------

/// sums[chunk] = the sum of squares of the chunk's gradient; one block per chunk.
extern "C" __global__ void __launch_bounds__(BLOCK) sum_squares(const TensorRow* rows, const DeviceChunk* chunks, double* sums)
{
    __shared__ double partial[BLOCK];
    const DeviceChunk chunk = chunks[blockIdx.x];
    const DeviceArray gradient = rows[chunk.row].gradient;
    EACH_THREAD
    {
        partial[threadIdx.x] = gradient.format == FORMAT_FLOAT64 ? squaresOf<Float64, double>(gradient, chunk)
            : gradient.format == FORMAT_BFLOAT16 ? squaresOf<BFloat16, float>(gradient, chunk)
            : squaresOf<Float32, float>(gradient, chunk);
    }
    reduce<BLOCK>(partial);
    EACH_THREAD
    {
        if (threadIdx.x == 0)
            sums[blockIdx.x] = partial[0];
    }
}

/// clip[0] = the factor that brings the global norm down to limit, as clip_grad_norm_ has it; clip[1] = the norm. One block.
extern "C" __global__ void __launch_bounds__(REDUCE_BLOCK) clip_factor(const double* sums, int count, double limit, double* clip)
{
    __shared__ double partial[REDUCE_BLOCK];
    EACH_THREAD
    {
        double sum = 0;
        for (int i = threadIdx.x; i < count; i += REDUCE_BLOCK)
            sum += sums[i];
        partial[threadIdx.x] = sum;
    }
    reduce<REDUCE_BLOCK>(partial);
    EACH_THREAD
    {
        if (threadIdx.x == 0)
        {
            const double norm = __dsqrt_rn(partial[0]);
            const double factor = limit / (norm + 1e-6);
            clip[0] = factor >= 1 ? 1 : factor;     // a NaN stays one
            clip[1] = norm;
        }
    }
}

template <typename Rule, typename T, typename Theta, typename A, typename B, typename C>
__device__ __forceinline__ void updateChunk(const TensorRow& row, const DeviceChunk& chunk, double factor, Staged& staged)
{
    if constexpr (A::blockwise || B::blockwise || C::blockwise)
        updateScaledChunk<Rule, T, Theta, A, B, C>(row, chunk, T(factor), staged);
    else
        updatePlainChunk<Rule, T, Theta, A, B, C>(row, chunk, T(factor));
}

/// Updates all rows; one block per chunk. The gradients are scaled by clip[0] or, where clip is null, by scale.
extern "C" __global__ void __launch_bounds__(BLOCK) update(const TensorRow* rows, const DeviceChunk* chunks, const double* clip, double scale)
{
    const DeviceChunk chunk = chunks[blockIdx.x];
    const TensorRow row = rows[chunk.row];     // a copy: the stores below cannot change it
    __shared__ Staged staged;       // takes no memory where no kind has scales
    const double factor = clip ? clip[0] : scale;
    switch (row.kind)
    {
#define ADEMAMIX_CASE(number, Rule, T, Theta, A, B, C) \
        case number: updateChunk<Rule<T>, T, Theta, A, B, C>(row, chunk, factor, staged); break;
        ADEMAMIX_KINDS(ADEMAMIX_CASE)
#undef ADEMAMIX_CASE
    }
}
