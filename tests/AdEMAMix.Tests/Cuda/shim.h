// What CUDA C++ has and plain C++ has not, so that ademamix.cu compiles with g++. A block's threads are a loop (EACH_THREAD),
// a grid's blocks another one (shim_launch.h).
// No header is included either: a kernel compiles in a fraction of the time.

struct ShimIndex { unsigned int x; };
static thread_local ShimIndex threadIdx, blockIdx, blockDim, gridDim;

#define __global__
#define __device__
#define __forceinline__ inline
#define __shared__ static thread_local
#define __launch_bounds__(threads)
#define EACH_THREAD for (threadIdx.x = 0; threadIdx.x < blockDim.x; ++threadIdx.x)

static inline void __syncthreads() { }
static inline float __fsqrt_rn(float x) { return __builtin_sqrtf(x); }
static inline double __dsqrt_rn(double x) { return __builtin_sqrt(x); }
static inline unsigned int __float_as_uint(float x) { unsigned int bits; __builtin_memcpy(&bits, &x, 4); return bits; }
static inline float __uint_as_float(unsigned int bits) { float x; __builtin_memcpy(&x, &bits, 4); return x; }
