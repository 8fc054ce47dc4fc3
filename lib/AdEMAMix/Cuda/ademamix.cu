// The optimizers' step as one pass over device memory: the mirror of Kernels/*.cs and Formats/*.cs in CUDA C++.
//
// Compiled at run time by NVRTC, so it includes nothing: the program puts the files of Kernels/ before this one, and before
// those a line that lists the kinds of rows in use (ADEMAMIX_KINDS), so that a step is compiled for what it meets and no more.
//
// The arithmetic is the CPU's, operation for operation: every sum, product, quotient and root is rounded once (compiled with
// --fmad=false, quotients and roots correctly rounded), so an element ends with the same bits as on the CPU. Only the norm of
// the gradients, for clipping, adds up in another order; its last bits may differ, and with them the clipping factor.

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
