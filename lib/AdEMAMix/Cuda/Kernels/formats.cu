// Storage: how elements lie in memory, and their loads and stores. The mirror of Formats/*.cs.

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

/// The bits of an element that moment 0, 1 or 2 takes, in the lowest places.
__device__ __forceinline__ unsigned int randomBits(unsigned int key, unsigned int position, int moment)
{
    return mix(position * 0x9E3779B9u ^ key) >> (13 * moment / 2);
}

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
    __device__ static __forceinline__ float encode(float x, unsigned int) { return x; }
};

struct Float64
{
    typedef double Element;
    static constexpr bool exists = true, blockwise = false;
    __device__ static __forceinline__ double decode(double x) { return x; }
    __device__ static __forceinline__ double encode(double x, unsigned int) { return x; }
};

/// The upper half of a float, rounded to nearest, ties to even; a NaN stays a NaN.
struct BFloat16
{
    typedef unsigned short Element;
    static constexpr bool exists = true, blockwise = false;
    __device__ static __forceinline__ float decode(unsigned short x) { return __uint_as_float((unsigned int)x << 16); }
    __device__ static __forceinline__ unsigned short encode(float x, unsigned int)
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
    __device__ static __forceinline__ unsigned short encode(float x, unsigned int random)
    {
        const unsigned int bits = __float_as_uint(x);
        if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
            return (unsigned short)(bits >> 16 | 0x40u);
        const bool finite = (bits & 0x7FFFFFFFu) < 0x7F800000u;
        return (unsigned short)((finite ? bits + (random & 0xFFFFu) : bits) >> 16);
    }
};

// Eight bits per element, blocks of 256 with one scale each: EightBit.cs, where the codes are explained.

constexpr int SCALED = 256;             // elements that share a scale

constexpr unsigned int CODE_FRACTION = 19, CODE_BELOW = (1u << CODE_FRACTION) - 1u, CODE_ZERO = 0x40000000u;

struct Signed8
{
    typedef unsigned char Element;
    static constexpr bool exists = true, blockwise = true;
    static constexpr float span = 256.0f * 31.0f / 16.0f - 2.0f;
    __device__ static __forceinline__ float unit(float scale) { return scale * (1.0f / span); }
    __device__ static __forceinline__ float decode(unsigned char code, float unit)
    {
        const float magnitude = (__uint_as_float((code & 0x7Fu) << CODE_FRACTION | CODE_ZERO) - 2.0f) * unit;
        return __uint_as_float(__float_as_uint(magnitude) | (code & 0x80u) << 24);
    }
    __device__ static __forceinline__ unsigned char encode(float x, float inverse, unsigned int rounding)
    {
        const unsigned int bits = __float_as_uint(x);
        const unsigned int y = __float_as_uint(__uint_as_float(bits & 0x7FFFFFFFu) * inverse + 2.0f) + rounding;
        constexpr unsigned int top = CODE_ZERO + (127u << CODE_FRACTION);
        return (unsigned char)(((y < top ? y : top) >> CODE_FRACTION & 0x7Fu) | (bits >> 24 & 0x80u));
    }
};

struct Unsigned8
{
    typedef unsigned char Element;
    static constexpr bool exists = true, blockwise = true;
    static constexpr float span = 65536.0f * 31.0f / 16.0f - 2.0f;
    __device__ static __forceinline__ float unit(float scale) { return scale * (1.0f / span); }
    __device__ static __forceinline__ float decode(unsigned char code, float unit)
    {
        return (__uint_as_float((unsigned int)code << CODE_FRACTION | CODE_ZERO) - 2.0f) * unit;
    }
    __device__ static __forceinline__ unsigned char encode(float x, float inverse, unsigned int rounding)
    {
        const unsigned int bits = __float_as_uint(x), y = __float_as_uint(x * inverse + 2.0f) + rounding;
        constexpr unsigned int top = CODE_ZERO + (255u << CODE_FRACTION);
        const unsigned int code = (y < top ? y : top) >> CODE_FRACTION;
        const unsigned int least = (CODE_ZERO >> CODE_FRACTION) + (bits == 0 ? 0u : 1u);
        return (unsigned char)(code < least ? least : code);
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
__device__ __forceinline__ void store(const DeviceArray& array, long long index, const T (&values)[N], int moment)
{
    if constexpr (S::exists)
    {
        typename S::Element* target = (typename S::Element*)array.data + index;
        Pack<S, N> pack;
#pragma unroll
        for (int k = 0; k < N; k++)
            pack.e[k] = S::encode(values[k], randomBits(array.randomKey, (unsigned int)(index + k), moment));
        if constexpr (Aligned)
            *(Pack<S, N>*)target = pack;
        else
#pragma unroll
            for (int k = 0; k < N; k++)
                target[k] = pack.e[k];
    }
}
