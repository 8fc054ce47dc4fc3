// One pass over a chunk whose moments have scales, one per block of 256.
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
        store<S, N, Aligned>(array, index, values, moment);
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
        const unsigned int up = (largest + 0x1FFFFBu) & ~0x1FFFFFu;
        const unsigned int bits = largest >= 0x7F800000u ? 0x7FC00000u : up < 0x7F7FFFFFu ? up : 0x7F7FFFFFu;
        const float scale = __uint_as_float(bits);
        const float unit = S::unit(scale);
        const unsigned int ofUnit = __float_as_uint(unit);
        const float inverse = ofUnit >= 0x00800000u && ofUnit < 0x7F800000u ? 1.0f / unit : 0.0f;
        if (lane == 0)
            ((float*)array.scales)[(chunk.start + block) / SCALED] = scale;
        for (int slot = 0; slot < EACH; slot++)
        {
            const int i = block + slot / 4 * (SCALED / 2) + lane * 4 + slot % 4;
            if (i < chunk.length)
                ((typename S::Element*)array.data)[chunk.start + i] =
                    S::encode(staged.values[moment][slot][threadIdx.x], inverse, randomBits(array.randomKey, (unsigned int)(chunk.start + i), moment) & CODE_BELOW);
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
    store<Theta, N, Aligned>(row.theta, i, theta, 0);
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

template <typename Rule, typename T, typename Theta, typename A, typename B, typename C>
__device__ __forceinline__ void updateChunk(const TensorRow& row, const DeviceChunk& chunk, double factor, Staged& staged)
{
    if constexpr (A::blockwise || B::blockwise || C::blockwise)
        updateScaledChunk<Rule, T, Theta, A, B, C>(row, chunk, T(factor), staged);
    else
        updatePlainChunk<Rule, T, Theta, A, B, C>(row, chunk, T(factor));
}
