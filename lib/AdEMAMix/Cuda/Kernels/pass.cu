// One pass over the elements of a chunk: load, update, store.

/// Neighbours that a thread takes at once: 16 bytes of the narrowest array, and never more than 8 elements.
template <typename First, typename... Rest>
__device__ constexpr int width()
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
    store<Theta, N, Aligned>(row.theta, i, theta, 0);
    store<A, N, Aligned>(row.a, i, a, 0);
    store<B, N, Aligned>(row.b, i, b, 1);
    store<C, N, Aligned>(row.c, i, c, 2);
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
