// Runs a kernel of ademamix.cu block after block, and tells the layout of its tables.

/// The sizes of a kernel's arguments; returns how many it has, 0 for an unknown kernel.
extern "C" int shim_arguments(const char* kernel, int* sizes)
{
    static const struct { const char* name; int count; int sizes[4]; } known[] = {
        { "sum_squares", 3, { 8, 8, 8 } }, { "clip_factor", 4, { 8, 4, 8, 8 } }, { "update", 4, { 8, 8, 8, 8 } } };
    for (const auto& k : known)
        if (!__builtin_strcmp(k.name, kernel))
        {
            __builtin_memcpy(sizes, k.sizes, sizeof k.sizes);
            return k.count;
        }
    return 0;
}

extern "C" int shim_launch(const char* kernel, unsigned int blocks, unsigned int threads, void** a)
{
    gridDim.x = blocks;
    blockDim.x = threads;
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x)
        if (!__builtin_strcmp(kernel, "sum_squares") && threads == BLOCK)
            sum_squares(*(TensorRow**)a[0], *(DeviceChunk**)a[1], *(double**)a[2]);
        else if (!__builtin_strcmp(kernel, "clip_factor") && threads == REDUCE_BLOCK && blocks == 1)
            clip_factor(*(double**)a[0], *(int*)a[1], *(double*)a[2], *(double**)a[3]);
        else if (!__builtin_strcmp(kernel, "update") && threads == BLOCK)
            update(*(TensorRow**)a[0], *(DeviceChunk**)a[1], *(double**)a[2], *(double*)a[3]);
        else
            return 1;
    return 0;
}

/// Sizes and offsets, in the order that KernelLayoutTests names them.
extern "C" int shim_layout(long long* out)
{
    const long long layout[] = {
        sizeof(DeviceArray), __builtin_offsetof(DeviceArray, data), __builtin_offsetof(DeviceArray, scales), __builtin_offsetof(DeviceArray, randomKey), __builtin_offsetof(DeviceArray, format),
        sizeof(StepScalars), __builtin_offsetof(StepScalars, learningRate), __builtin_offsetof(StepScalars, weightDecay), __builtin_offsetof(StepScalars, epsilon),
        __builtin_offsetof(StepScalars, alpha), __builtin_offsetof(StepScalars, beta1), __builtin_offsetof(StepScalars, oneMinusBeta1), __builtin_offsetof(StepScalars, oneMinusBeta2),
        __builtin_offsetof(StepScalars, oneMinusBeta3), __builtin_offsetof(StepScalars, inverseBias1), __builtin_offsetof(StepScalars, inverseRootBias2),
        __builtin_offsetof(StepScalars, gradientScale), __builtin_offsetof(StepScalars, oneMinusBeta2Silent),
        sizeof(TensorRow), __builtin_offsetof(TensorRow, theta), __builtin_offsetof(TensorRow, gradient), __builtin_offsetof(TensorRow, a), __builtin_offsetof(TensorRow, b), __builtin_offsetof(TensorRow, c),
        __builtin_offsetof(TensorRow, scalars), __builtin_offsetof(TensorRow, length), __builtin_offsetof(TensorRow, kind), __builtin_offsetof(TensorRow, reserved),
        sizeof(DeviceChunk), __builtin_offsetof(DeviceChunk, start), __builtin_offsetof(DeviceChunk, row), __builtin_offsetof(DeviceChunk, length),
        CHUNK, BLOCK, REDUCE_BLOCK, FORMAT_FLOAT32, FORMAT_FLOAT64, FORMAT_BFLOAT16 };
    __builtin_memcpy(out, layout, sizeof layout);
    return sizeof layout / sizeof *layout;
}
