// A stand-in for libcuda and libnvrtc on machines without a GPU: "device" memory is host memory, kernels are compiled by g++
// through shim.h, and what CUDA does asynchronously is put off until something waits for it, so that a table overwritten or
// freed too early shows. Calls out of order (no current context, memory freed while in use) are errors, as on a device.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <dlfcn.h>
#include <fstream>
#include <functional>
#include <mutex>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace
{
    struct Kernel { void* library; std::string name; std::vector<int> sizes; };
    struct Event { long long position = 0; };
    struct Program { std::string source, log, image; };

    std::recursive_mutex gate;
    std::string folder, compiler;
    std::deque<std::function<void()>> queue;
    long long queued, done, launches, copies, waits;
    int depth;
    bool eager;

    enum { OK = 0, INVALID_VALUE = 1, INVALID_CONTEXT = 201, NOT_FOUND = 500, ILLEGAL_STATE = 401 };

    void drain(long long position)
    {
        if (done < position)
            waits++;
        for (; done < position; done++)
        {
            queue.front()();
            queue.pop_front();
        }
    }

    int enqueue(std::function<void()> work)
    {
        queue.push_back(std::move(work));
        queued++;
        if (eager)
        {
            drain(queued);
            waits--;
        }
        return OK;
    }
}

#define API extern "C" __attribute__((visibility("default")))
#define IN_CONTEXT std::lock_guard<std::recursive_mutex> lock(gate); if (depth <= 0) return INVALID_CONTEXT

// --- What the tests set and read ------------------------------------------------------------------------------------

API void stand_in_configure(const char* sources, const char* cxx) { folder = sources; compiler = cxx; }
API void stand_in_eager(int on) { std::lock_guard<std::recursive_mutex> lock(gate); drain(queued); eager = on; }
API void stand_in_drain() { std::lock_guard<std::recursive_mutex> lock(gate); drain(queued); }
API void stand_in_counts(long long* out)
{
    std::lock_guard<std::recursive_mutex> lock(gate);
    const long long counts[] = { launches, copies, waits, depth };
    std::memcpy(out, counts, sizeof counts);
}

// --- libcuda --------------------------------------------------------------------------------------------------------

API int cuInit(unsigned) { return OK; }
API int cuDriverGetVersion(int* version) { *version = 12080; return OK; }
API int cuDeviceGetCount(int* count) { *count = 1; return OK; }
API int cuDeviceGet(int* device, int ordinal) { *device = 40 + ordinal; return ordinal == 0 ? OK : 101; }
API int cuDeviceGetName(char* name, int length, int) { std::snprintf(name, length, "Stand-in"); return OK; }
API int cuDeviceGetAttribute(int* value, int attribute, int) { *value = attribute == 75 ? 9 : attribute == 76 ? 0 : -1; return OK; }
API int cuDevicePrimaryCtxRetain(void** context, int device) { *context = (void*)(long)device; return OK; }
API int cuCtxPushCurrent_v2(void* context) { std::lock_guard<std::recursive_mutex> lock(gate); depth++; return context == (void*)40 ? OK : INVALID_CONTEXT; }
API int cuCtxPopCurrent_v2(void** context) { std::lock_guard<std::recursive_mutex> lock(gate); *context = (void*)40; return depth-- > 0 ? OK : INVALID_CONTEXT; }
API int cuModuleLoadData(void** module, const void* image) { IN_CONTEXT; return (*module = dlopen((const char*)image, RTLD_NOW | RTLD_LOCAL)) ? OK : INVALID_VALUE; }
API int cuModuleGetFunction(void** function, void* module, const char* name)
{
    IN_CONTEXT;
    int sizes[8];
    const int count = ((int (*)(const char*, int*))dlsym(module, "shim_arguments"))(name, sizes);
    if (count == 0)
        return NOT_FOUND;
    *function = new Kernel { module, name, std::vector<int>(sizes, sizes + count) };
    return OK;
}
API int cuMemAlloc_v2(unsigned long long* address, size_t bytes) { IN_CONTEXT; void* p = std::malloc(bytes); std::memset(p, 0xCD, bytes); *address = (unsigned long long)p; return OK; }
API int cuMemFree_v2(unsigned long long address) { IN_CONTEXT; if (done < queued) return ILLEGAL_STATE; std::free((void*)address); return OK; }
API int cuMemAllocHost_v2(void** address, size_t bytes) { IN_CONTEXT; *address = std::malloc(bytes); std::memset(*address, 0xCD, bytes); return OK; }
API int cuMemFreeHost(void* address) { IN_CONTEXT; if (done < queued) return ILLEGAL_STATE; std::free(address); return OK; }
API int cuMemcpyHtoDAsync_v2(unsigned long long target, const void* source, size_t bytes, void* stream)
{
    IN_CONTEXT;
    if (stream)
        return INVALID_VALUE;
    copies++;
    return enqueue([=] { std::memcpy((void*)target, source, bytes); });
}
API int cuMemcpyDtoH_v2(void* target, unsigned long long source, size_t bytes) { IN_CONTEXT; drain(queued); std::memcpy(target, (void*)source, bytes); return OK; }
API int cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void* stream, void** arguments, void** extra)
{
    IN_CONTEXT;
    if (gx == 0 || gy != 1 || gz != 1 || bx == 0 || bx > 1024 || by != 1 || bz != 1 || shared || stream || extra)
        return INVALID_VALUE;
    auto* kernel = (Kernel*)function;
    std::vector<std::vector<char>> copy;
    for (size_t i = 0; i < kernel->sizes.size(); i++)
        copy.emplace_back((char*)arguments[i], (char*)arguments[i] + kernel->sizes[i]);
    launches++;
    return enqueue([=]() mutable {
        std::vector<void*> pointers;
        for (auto& argument : copy)
            pointers.push_back(argument.data());
        auto launch = (int (*)(const char*, unsigned, unsigned, void**))dlsym(kernel->library, "shim_launch");
        if (launch(kernel->name.c_str(), gx, bx, pointers.data()))
        {
            std::fprintf(stderr, "stand_in: %s cannot be launched with %u blocks of %u threads\n", kernel->name.c_str(), gx, bx);
            std::abort();
        }
    });
}
API int cuEventCreate(void** event, unsigned) { IN_CONTEXT; *event = new Event; return OK; }
API int cuEventRecord(void* event, void*) { IN_CONTEXT; ((Event*)event)->position = queued; return OK; }
API int cuEventSynchronize(void* event) { IN_CONTEXT; drain(((Event*)event)->position); return OK; }
API int cuEventDestroy_v2(void* event) { IN_CONTEXT; delete (Event*)event; return OK; }
API int cuStreamSynchronize(void*) { IN_CONTEXT; drain(queued); return OK; }
API int cuGetErrorName(int error, const char** name) { *name = error == INVALID_CONTEXT ? "CUDA_ERROR_INVALID_CONTEXT" : "CUDA_ERROR"; return OK; }
API int cuGetErrorString(int, const char** text) { *text = "said by the stand-in"; return OK; }

// --- libnvrtc -------------------------------------------------------------------------------------------------------

API int nvrtcVersion(int* major, int* minor) { *major = 12; *minor = 8; return 0; }
API int nvrtcGetNumSupportedArchs(int* count) { *count = 2; return 0; }
API int nvrtcGetSupportedArchs(int* archs) { archs[0] = 80; archs[1] = 90; return 0; }
API int nvrtcCreateProgram(void** program, const char* source, const char*, int headers, const char* const*, const char* const*)
{
    *program = new Program { source, "", "" };
    return headers;
}
API int nvrtcCompileProgram(void* handle, int count, const char* const* options)
{
    auto* program = (Program*)handle;
    std::string all;
    for (int i = 0; i < count; i++)
        all += std::string(options[i]) + ' ';
    for (const char* needed : { "--gpu-architecture=sm_90 ", "--fmad=false ", "--prec-div=true ", "--prec-sqrt=true ", "--ftz=false ", "--std=c++17 " })
        if (all.find(needed) == std::string::npos)
        {
            program->log = std::string("error: the option is missing: ") + needed;
            return 5;
        }
    static int number;
    const std::string base = folder + "/kernels-" + std::to_string(getpid()) + '-' + std::to_string(number++);
    std::ofstream(base + ".cpp") << "#include \"shim.h\"\n" << program->source << "\n#include \"shim_launch.h\"\n";
    const std::string command = compiler + " -std=c++17 -O1 -fno-math-errno -ffp-contract=off -fPIC -shared -I'" + folder + "' '" + base + ".cpp' -o '" + base + ".so' 2>'" + base + ".log'";
    const int status = std::system(command.c_str());
    std::stringstream log;
    log << std::ifstream(base + ".log").rdbuf();
    program->log = log.str();
    std::remove((base + ".log").c_str());
    std::remove((base + ".cpp").c_str());
    program->image = base + ".so";
    return status ? 6 : 0;
}
API int nvrtcDestroyProgram(void** program) { delete (Program*)*program; return 0; }
API int nvrtcGetProgramLogSize(void* program, size_t* size) { *size = ((Program*)program)->log.size() + 1; return 0; }
API int nvrtcGetProgramLog(void* program, char* log) { std::strcpy(log, ((Program*)program)->log.c_str()); return 0; }
API int nvrtcGetCUBINSize(void* program, size_t* size) { *size = ((Program*)program)->image.size() + 1; return 0; }
API int nvrtcGetCUBIN(void* program, char* image) { std::strcpy(image, ((Program*)program)->image.c_str()); return 0; }
API int nvrtcGetPTXSize(void* program, size_t* size) { return nvrtcGetCUBINSize(program, size); }
API int nvrtcGetPTX(void* program, char* image) { return nvrtcGetCUBIN(program, image); }
API const char* nvrtcGetErrorString(int error) { return error == 6 ? "NVRTC_ERROR_COMPILATION" : error == 5 ? "NVRTC_ERROR_INVALID_OPTION" : "NVRTC_ERROR"; }
