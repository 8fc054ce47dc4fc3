// Runs a kernel of ademamix.cu block after block, and tells the layout of its tables.

/// The sizes of a kernel's arguments; returns how many it has, 0 for an unknown kernel.
extern "C" int shim_arguments(const char* kernel, int* sizes)
{
    static const struct { const char* name; int count; int sizes[4]; } known[] = {
        { "sum_squares", 3, { 8, 8, 8 } }, { "clip_factor", 4, { 8, 4, 8, 8 } }, { "update", 4, { 8, 8, 8, 8 } } };
    for (const auto& k : known)
        if (!std::strcmp(k.name, kernel))
        {
            std::memcpy(sizes, k.sizes, sizeof k.sizes);
            return k.count;
        }
    return 0;
}

extern "C" int shim_launch(const char* kernel, unsigned int blocks, unsigned int threads, void** a)
{
    gridDim.x = blocks;
    blockDim.x = threads;
    for (blockIdx.x = 0; blockIdx.x < blocks; ++blockIdx.x)
        if (!std::strcmp(kernel, "sum_squares") && threads == BLOCK)
            sum_squares(*(TensorRow**)a[0], *(DeviceChunk**)a[1], *(double**)a[2]);
        else if (!std::strcmp(kernel, "clip_factor") && threads == REDUCE_BLOCK && blocks == 1)
            clip_factor(*(double**)a[0], *(int*)a[1], *(double*)a[2], *(double**)a[3]);
        else if (!std::strcmp(kernel, "update") && threads == BLOCK)
            update(*(TensorRow**)a[0], *(DeviceChunk**)a[1], *(double**)a[2], *(double*)a[3]);
        else
            return 1;
    return 0;
}

/// Sizes and offsets, in the order that KernelLayoutTests names them.
extern "C" int shim_layout(long long* out)
{
    const long long layout[] = {
        sizeof(DeviceArray), offsetof(DeviceArray, data), offsetof(DeviceArray, scales), offsetof(DeviceArray, randomKey), offsetof(DeviceArray, format),
        sizeof(StepScalars), offsetof(StepScalars, learningRate), offsetof(StepScalars, weightDecay), offsetof(StepScalars, epsilon),
        offsetof(StepScalars, alpha), offsetof(StepScalars, beta1), offsetof(StepScalars, oneMinusBeta1), offsetof(StepScalars, oneMinusBeta2),
        offsetof(StepScalars, oneMinusBeta3), offsetof(StepScalars, inverseBias1), offsetof(StepScalars, inverseRootBias2),
        offsetof(StepScalars, gradientScale), offsetof(StepScalars, oneMinusBeta2Silent),
        sizeof(TensorRow), offsetof(TensorRow, theta), offsetof(TensorRow, gradient), offsetof(TensorRow, a), offsetof(TensorRow, b), offsetof(TensorRow, c),
        offsetof(TensorRow, scalars), offsetof(TensorRow, length), offsetof(TensorRow, kind), offsetof(TensorRow, reserved),
        sizeof(DeviceChunk), offsetof(DeviceChunk, start), offsetof(DeviceChunk, row), offsetof(DeviceChunk, length),
        CHUNK, BLOCK, REDUCE_BLOCK, FORMAT_FLOAT32, FORMAT_FLOAT64, FORMAT_BFLOAT16 };
    std::memcpy(out, layout, sizeof layout);
    return sizeof layout / sizeof *layout;
}
