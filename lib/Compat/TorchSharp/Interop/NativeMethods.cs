// The functions of native/compat_torch.cpp, and where the library that holds them is looked for.

using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchSharp.Native;

[StructLayout(LayoutKind.Sequential)]
internal struct Value
{
    internal ValueKind Kind;
    internal long Bits;
    internal long Count;
}

internal enum ValueKind : long
{
    None = 0, Tensor = 1, Int = 2, Double = 3, Bool = 4, IntList = 5, TensorList = 6, Device = 7, Text = 8, Default = 9, DoubleList = 10, Generator = 11,
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Facts
{
    internal long Numel, Dimensions, ElementSize, Offset;
    internal long* Sizes, Strides;
    internal int Dtype, DeviceType, DeviceIndex, RequiresGrad, IsLeaf, IsContiguous, IsSparse;
}

internal static unsafe partial class NativeMethods
{
    internal const string Library = "CompatTorch";

    static NativeMethods()
    {
        NativeLibrary.SetDllImportResolver(typeof(NativeMethods).Assembly, Resolve);
    }

    static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library) return 0;
        var folder = Path.GetDirectoryName(assembly.Location);
        if (string.IsNullOrEmpty(folder)) folder = AppContext.BaseDirectory;
        var file = Path.Combine(folder, "libCompatTorch.so");
        if (!File.Exists(file))
            throw new NotSupportedException("The binding to libtorch (libCompatTorch.so) is missing: run 'environment/workbook setup', which finds libtorch and compiles it.");
        BlasKernels.Choose();
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (DllNotFoundException e)
        {
            // The runtime's message ends with the loader's own words.
            var cause = e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1];
            throw new NotSupportedException($"libtorch cannot be loaded: run 'environment/workbook setup', with TORCH_HOME set if libtorch lies where it does not look ({cause}).", e);
        }
    }

    [LibraryImport(Library)] internal static partial nint ct_error();
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial nint ct_operator(string name, string overload);
    [LibraryImport(Library)] internal static partial long ct_call(nint op, Value* arguments, long count, Value* results, long capacity);

    [LibraryImport(Library)] internal static partial void ct_free(nint tensor);
    [LibraryImport(Library)] internal static partial nint ct_alias(nint tensor);
    [LibraryImport(Library), SuppressGCTransition] internal static partial nint THSTensor_data(nint tensor);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int ct_facts(nint tensor, Facts* facts);
    [LibraryImport(Library)] internal static partial nint ct_from_bytes(void* bytes, long* sizes, long dimensions, int dtype);

    [LibraryImport(Library)] internal static partial int ct_backward(nint tensor, nint gradient, int retainGraph, int createGraph);
    [LibraryImport(Library), SuppressGCTransition] internal static partial nint ct_grad(nint tensor);
    [LibraryImport(Library)] internal static partial int ct_set_grad(nint tensor, nint gradient);
    [LibraryImport(Library)] internal static partial int ct_set_requires_grad(nint tensor, int value);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int ct_grad_enabled();
    [LibraryImport(Library), SuppressGCTransition] internal static partial void ct_set_grad_enabled(int value);

    [LibraryImport(Library)] internal static partial int ct_manual_seed(long seed);
    [LibraryImport(Library)] internal static partial nint ct_generator(ulong seed);
    [LibraryImport(Library)] internal static partial nint ct_default_generator();
    [LibraryImport(Library)] internal static partial void ct_generator_free(nint generator);
    [LibraryImport(Library)] internal static partial int ct_generator_seed(nint generator, long seed);
    [LibraryImport(Library)] internal static partial long ct_generator_initial_seed(nint generator);
    [LibraryImport(Library)] internal static partial nint ct_generator_state(nint generator);
    [LibraryImport(Library)] internal static partial int ct_generator_set_state(nint generator, nint state);
    [LibraryImport(Library)] internal static partial int ct_set_num_threads(int threads);
    [LibraryImport(Library)] internal static partial int ct_get_num_threads();
    [LibraryImport(Library)] internal static partial int ct_set_num_interop_threads(int threads);
    [LibraryImport(Library)] internal static partial int ct_get_num_interop_threads();
    [LibraryImport(Library)] internal static partial int ct_cuda_is_available();
    [LibraryImport(Library)] internal static partial int ct_cuda_device_count();
    [LibraryImport(Library)] internal static partial int ct_cuda_synchronize(long device);
    [LibraryImport(Library)] internal static partial nint ct_about(int what);

    /// <summary>Throws with libtorch's own message.</summary>
    internal static void Throw() => throw new ExternalException(Marshal.PtrToStringUTF8(ct_error()));

    internal static void Check(int status)
    {
        if (status < 0) Throw();
    }

    internal static string About(int what) => Marshal.PtrToStringUTF8(ct_about(what)) ?? "";
}
