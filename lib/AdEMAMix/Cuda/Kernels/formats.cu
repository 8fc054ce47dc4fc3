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

/// 1 / sqrt(x) to 5e-6, the same bits as EightBit.cs.
__device__ __forceinline__ float inverseRoot(float x)
{
    const float half = x * 0.5f;
    float r = __uint_as_float(0x5F375A86u - (__float_as_uint(x) >> 1));
    r *= 1.5f - half * r * r;
    r *= 1.5f - half * r * r;
    return r;
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
        const float k = (float)(int)(y * inverseRoot(y));
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
        const float k = (float)(int)inverseRoot(inverseRoot(y));
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
