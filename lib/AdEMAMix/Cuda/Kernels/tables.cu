// What the program uploads: the same layout as in DeviceLayout.cs. And how a block's threads are written.

// Between two __syncthreads() the work of the threads of a block stands in EACH_THREAD { }, and nothing but __shared__
// memory outlives such a block. On a device that is an ordinary block; compiled as plain C++ it is a loop over the threads,
// and so the tests run this very text on machines without a device.
#ifndef EACH_THREAD
#define EACH_THREAD
#endif

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
