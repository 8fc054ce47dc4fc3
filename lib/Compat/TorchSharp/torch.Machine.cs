// Threads and CUDA: what concerns the process rather than one tensor.

using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The libtorch that the native binding was compiled for. (In TorchSharp: the one that package was made for.)</summary>
    public static string __version__ => NativeMethods.About(0);

    public static void set_num_threads(int num) => NativeMethods.Check(NativeMethods.ct_set_num_threads(num));
    public static int get_num_threads() => NativeMethods.ct_get_num_threads();
    public static void set_num_interop_threads(int num) => NativeMethods.Check(NativeMethods.ct_set_num_interop_threads(num));
    public static int get_num_interop_threads() => NativeMethods.ct_get_num_interop_threads();

    public static partial class cuda
    {
        public static bool is_available() => NativeMethods.ct_cuda_is_available() != 0;
        public static int device_count() => NativeMethods.ct_cuda_device_count();
        public static void synchronize(Device? device = null) => NativeMethods.Check(NativeMethods.ct_cuda_synchronize(device?.index ?? -1));
    }
}
