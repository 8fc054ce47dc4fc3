// CUDA's keywords and intrinsics for clang without the CUDA toolkit.
#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(threads) __attribute__((launch_bounds(threads)))
struct ThreadX { __device__ operator unsigned int() const { return __nvvm_read_ptx_sreg_tid_x(); } };
struct BlockX { __device__ operator unsigned int() const { return __nvvm_read_ptx_sreg_ctaid_x(); } };
struct ThreadIndex { ThreadX x; };
struct BlockIndex { BlockX x; };
#define threadIdx (ThreadIndex{})
#define blockIdx (BlockIndex{})
__device__ inline float __fsqrt_rn(float x) { return __nvvm_sqrt_rn_f(x); }
__device__ inline double __dsqrt_rn(double x) { return __nvvm_sqrt_rn_d(x); }
__device__ inline unsigned int __float_as_uint(float x) { return __builtin_bit_cast(unsigned int, x); }
__device__ inline float __uint_as_float(unsigned int x) { return __builtin_bit_cast(float, x); }
